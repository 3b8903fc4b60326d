#include "config_line.hpp"
#include "../config_keys.hpp"
#include "../yaml_file.hpp"
#include "box_questions.hpp"
#include "config_diff.hpp"
#include "config_texts.hpp"
#include "time_words.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>

namespace wardline::ctl {

namespace {

struct config_options {
  std::string file; ///< instead of --config
  std::string what; ///< to print
  bool effective = false;
  bool origin = false;
};

struct settings_read {
  daemon::config conf;
  daemon::config_origins origins;
  std::vector<daemon::plugin_config> plugins;
  daemon::config_problems problems; ///< of all files at once
};

settings_read read_all(const std::string& file) {
  settings_read out;
  out.problems = daemon::read_config(file, out.conf, &out.origins);
  // With a file that is wrong elsewhere, the default folder may not be the one that is meant.
  if (out.problems.empty() || out.origins.contains("plugins_dir")) {
    auto more = daemon::read_plugins(out.conf.plugins_dir, out.plugins);
    out.problems.insert(out.problems.end(), more.begin(), more.end());
  }
  return out;
}

int check(const config_options& o, const command_line& line) {
  auto file = o.file.empty() ? line.config : o.file;
  auto read = read_all(file);
  if (!read.problems.empty())
    return say_problems(bad_config, read.problems, line.json);
  if (line.json)
    say_json(
        {{"ok", true}, {"file", file}, {"settings", read.origins.size()}, {"plugins", read.plugins.size()}});
  else
    std::printf("%s and %s are good: %zu settings of this box, %zu plugins.\n", file.c_str(),
                read.conf.plugins_dir.c_str(), read.origins.size(), read.plugins.size());
  return fine;
}

int show(const config_options& o, const command_line& line) {
  daemon::config conf;
  daemon::config_origins origins;
  if (auto problems = daemon::read_config(line.config, conf, &origins); !problems.empty())
    return say_problems(bad_config, problems, line.json);
  auto all = nlohmann::json::array();
  for (const auto& key : daemon::config_keys()) {
    std::string name{key.name};
    auto at = origins.find(name);
    if (at == origins.end() && !o.effective)
      continue;
    nlohmann::json one = {{"key", name}, {"value", daemon::value_of(conf, key)}, {"from", "default"}};
    std::string from = "default";
    if (at != origins.end()) {
      one["from"] = "file";
      one["file"] = line.config;
      one["line"] = at->second;
      from = line.config + ":" + std::to_string(at->second);
    }
    if (!line.json)
      std::printf("%s: %s%s\n", name.c_str(), daemon::value_of(conf, key).c_str(),
                  o.origin ? ("  # " + from).c_str() : "");
    all.push_back(std::move(one));
  }
  if (line.json)
    say_json({{"ok", true}, {"settings", std::move(all)}});
  return fine;
}

nlohmann::json json_of(const config_difference& d) {
  return {{"what", d.what}, {"from", d.from}, {"to", d.to}, {"by", d.on_reload ? "reload" : "restart"}};
}

/// What became of the last reload, if it did not come into force.
std::vector<std::string> failed_reload(const admin::settings_report& running) {
  std::vector<std::string> out;
  if (!running.reload || running.reload->problems.empty())
    return out;
  out.push_back("the reload of " + utc_time(running.reload->at) + " changed nothing, because of:");
  for (const auto& p : running.reload->problems)
    out.push_back("  " + daemon::shown_line(p));
  return out;
}

int say_differences(const admin::settings_report& running, const std::string& file,
                    const std::vector<config_difference>& all, bool json) {
  if (json) {
    auto changes = nlohmann::json::array();
    for (const auto& d : all)
      changes.push_back(json_of(d));
    nlohmann::json out = {{"ok", true},
                          {"same", all.empty()},
                          {"file", file},
                          {"daemon_file", running.file},
                          {"changes", std::move(changes)}};
    if (running.reload)
      out["last_reload"] = {{"at", running.reload->at}, {"problems", running.reload->problems}};
    say_json(out);
    return all.empty() ? fine : differs;
  }
  if (running.file != std::filesystem::absolute(file))
    std::printf("The daemon reads another file: %s\n", daemon::shown_line(running.file).c_str());
  for (const auto& l : failed_reload(running))
    std::printf("%s\n", l.c_str());
  if (all.empty())
    std::printf("What is in force is what %s says.\n", file.c_str());
  for (bool on_reload : {true, false}) {
    bool first = true;
    for (const auto& d : all)
      if (d.on_reload == on_reload) {
        if (std::exchange(first, false))
          std::puts(on_reload ? "A reload would change:" : "A restart would change:");
        std::printf("  %s: %s -> %s\n", d.what.c_str(), daemon::shown_line(d.from).c_str(), d.to.c_str());
      }
  }
  return all.empty() ? fine : differs;
}

int diff(const config_options& o, const command_line& line) {
  auto file = o.file.empty() ? line.config : o.file;
  auto read = read_all(file);
  if (!read.problems.empty())
    return say_problems(bad_config, read.problems, line.json);
  // Where the daemon listens stands in the file that it was started with; FILE may be a new one.
  daemon::config running_conf;
  if (auto problems = daemon::read_config(line.config, running_conf); !problems.empty())
    return say_problems(bad_config, problems, line.json);
  auto running = ask_settings(running_conf.admin_socket);
  if (!running)
    return say_problem(unavailable, not_answered(running_conf.admin_socket, running.why()), line.json);
  return say_differences(*running, file, differences(*running, read.conf, read.plugins), line.json);
}

int print(const config_options& o, const command_line& line) {
  auto text = o.what == "default"  ? config_default_file()
              : o.what == "man"    ? config_manual()
              : o.what == "schema" ? config_schema()
                                   : plugin_schema();
  if (line.json)
    say_json({{"ok", true}, {"text", text}});
  else
    std::fputs(text.c_str(), stdout);
  return fine;
}

} // namespace

void add_config_commands(CLI::App& app, command_line& line) {
  auto o = std::make_shared<config_options>();
  auto* config = app.add_subcommand("config", "Settings of the box: check them, show them, compare them");
  config->require_subcommand(1);
  auto* checks =
      config->add_subcommand("check", "Everything that is wrong with the settings and the plugins' files");
  checks->add_option("file", o->file, "The file, instead of --config");
  checks->callback([o, &line] { line.run = [o, &line] { return check(*o, line); }; });
  auto* shows = config->add_subcommand("show", "Settings that stand in the file");
  shows->add_flag("--effective", o->effective, "Those with their default, too");
  shows->add_flag("--origin", o->origin, "Where each value comes from: file and line, or default");
  shows->callback([o, &line] { line.run = [o, &line] { return show(*o, line); }; });
  auto* compares = config->add_subcommand(
      "diff", "What a reload and what a restart would change in the running daemon; exit code 1 if anything");
  compares->add_option("file", o->file,
                       "The file, instead of --config; which still says where the daemon listens");
  compares->callback([o, &line] { line.run = [o, &line] { return diff(*o, line); }; });
  auto* prints =
      config->add_subcommand("print", "The file with every default, its manual page, or a JSON Schema");
  prints->add_option("what", o->what, "default, man, schema, or plugin-schema")
      ->required()
      ->check(CLI::IsMember({"default", "man", "schema", "plugin-schema"}));
  prints->callback([o, &line] { line.run = [o, &line] { return print(*o, line); }; });
  for (auto* sub : {checks, shows, compares})
    add_config(*sub, line);
  add_json(*prints, line);
}

} // namespace wardline::ctl
