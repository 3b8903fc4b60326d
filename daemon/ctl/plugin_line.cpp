#include "plugin_line.hpp"
#include "box_questions.hpp"
#include "files.hpp"
#include "plugin_files.hpp"
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

using plugins = std::vector<daemon::plugin_config>;

struct grant_options {
  std::string name;
  std::string key; ///< 64 hex digits
  std::string address;
  std::vector<std::string> rights;
};

/// Connections of each, as long as the daemon runs; without it they are not known.
std::optional<admin::status_report> connections_now(const daemon::config& conf) {
  auto status = ask_status(conf.admin_socket);
  return status ? std::optional{std::move(*status)} : std::nullopt;
}

admin::plugin_connections connections_of(const std::optional<admin::status_report>& now,
                                         const std::string& name) {
  for (const auto& p : now ? now->plugins : std::vector<admin::plugin_connections>{})
    if (p.plugin == name)
      return p;
  return {name};
}

int list(const daemon::config& conf, bool json) {
  plugins all;
  if (auto problems = daemon::read_plugins(conf.plugins_dir, all); !problems.empty())
    return say_problems(bad_config, problems, json);
  auto now = connections_now(conf);
  auto shown = nlohmann::json::array();
  for (const auto& p : all) {
    auto c = connections_of(now, p.name);
    shown.push_back({{"name", p.name},
                     {"address", p.address},
                     {"rights", p.rights},
                     {"keys", p.keys.size()},
                     {"links", c.links},
                     {"channels", c.channels}});
  }
  if (json)
    return say_json({{"ok", true}, {"running", now.has_value()}, {"plugins", std::move(shown)}}), fine;
  for (const auto& p : all) {
    std::string rights;
    for (const auto& right : p.rights)
      rights += (rights.empty() ? "" : ", ") + right;
    std::printf("%s\n  address  %s\n  may      %s\n  keys     %zu\n", p.name.c_str(), p.address.c_str(),
                rights.empty() ? "nothing" : rights.c_str(), p.keys.size());
    if (now) {
      auto c = connections_of(now, p.name);
      std::printf("  now      %u connections, %u devices\n", c.links, c.channels);
    }
  }
  if (!now)
    std::puts("The daemon does not run, so nobody is connected.");
  return fine;
}

/// Where the key stands already, or nothing.
std::string holder_of(const plugins& all, const public_key& key) {
  for (const auto& p : all)
    for (const auto& held : p.keys)
      if (held == key)
        return p.name;
  return {};
}

/// The plugin's file as it shall be, or what is wrong.
expected<std::string> next_text(const std::filesystem::path& file, const grant_options& o,
                                const public_key& key, bool there) {
  if (!there)
    return new_plugin_text({o.name,
                            o.address.empty() ? "ipc:///run/wardline/link/" + o.name + ".sock" : o.address,
                            o.rights,
                            {key}});
  auto before = read_small_file(file);
  return before ? with_key(file, *before, key) : before;
}

int grant(const grant_options& o, const daemon::config& conf, bool json) {
  auto raw = from_hex(o.key);
  auto key = raw ? fixed<32>(*raw) : std::nullopt;
  if (!key)
    return say_problem(wrong_usage, "KEY is a CURVE public key: 64 hex digits", json);
  plugins all;
  if (auto problems = daemon::read_plugins(conf.plugins_dir, all); !problems.empty())
    return say_problems(bad_config, problems, json);
  if (auto holder = holder_of(all, *key); !holder.empty())
    return say_problem(refused_code,
                       "This key is one of plugin " + holder + "'s already. Nothing was changed.", json);
  auto file = conf.plugins_dir / (o.name + ".yaml");
  bool there = std::any_of(all.begin(), all.end(), [&](const auto& p) { return p.name == o.name; });
  if (there && (!o.address.empty() || !o.rights.empty()))
    return say_problem(refused_code,
                       file.string() +
                           " is there: its address and rights are changed in the file. Nothing was "
                           "changed.",
                       json);
  if (!there && o.rights.empty())
    return say_problem(wrong_usage, "There is no such plugin yet: say with --right what it may do", json);
  auto text = next_text(file, o, *key, there);
  daemon::plugin_config made;
  auto problems = text ? daemon::read_plugin_text(file, *text, made) : daemon::config_problems{};
  if (!problems.empty())
    return say_problems(refused_code, problems, json);
  if (!text)
    return say_problem(refused_code,
                       text.why() == refusal::malformed_request
                           ? file.string() + ": add the key by hand; its list is not written as this "
                                             "program expects. Nothing was changed."
                           : file.string() + ": " + said(text.why()),
                       json);
  if (replace_file(file, *text) != refusal::none)
    return say_problem(unwritable, file.string() + " cannot be written. Nothing was changed.", json);
  if (json)
    return say_json(
               {{"ok", true}, {"file", file.string()}, {"new_plugin", !there}, {"keys", made.keys.size()}}),
           fine;
  std::printf("%s: plugin %s has %zu key%s now. It counts after: systemctl reload wardlined\n", file.c_str(),
              o.name.c_str(), made.keys.size(), made.keys.size() == 1 ? "" : "s");
  if (!there)
    std::puts("A new plugin's address is opened at the next start: systemctl restart wardlined");
  return fine;
}

} // namespace

void add_plugin(CLI::App& app, command_line& line) {
  auto* plugin = app.add_subcommand("plugin", "Programs that may connect, and their keys");
  plugin->require_subcommand(1);
  auto* listed = plugin->add_subcommand("list", "Who may connect, may do what, and is connected");
  add_config(*listed, line);
  listed->callback([&line] {
    line.run = [&line] {
      return with_settings(line, [&](const daemon::config& conf) { return list(conf, line.json); });
    };
  });
  auto o = std::make_shared<grant_options>();
  auto* grants = plugin->add_subcommand("grant", "Let one more key connect as this plugin, or a new plugin");
  grants->add_option("name", o->name, "Of the plugin: its file in plugins_dir without .yaml")->required();
  grants->add_option("key", o->key, "CURVE public key, 64 hex digits")->required();
  grants->add_option("--address", o->address, "Of a new plugin: ipc:///path or tcp://host:port");
  grants->add_option("--right", o->rights, "Of a new plugin: channels, wakeup.message");
  add_config(*grants, line);
  grants->callback([&line, o] {
    line.run = [&line, o] {
      return with_settings(line, [&](const daemon::config& conf) { return grant(*o, conf, line.json); });
    };
  });
}

} // namespace wardline::ctl
