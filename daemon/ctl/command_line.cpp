#include "command_line.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

void add_json(CLI::App& to, command_line& line) {
  to.add_flag("--json", line.json, "Answer in JSON");
}

void add_config(CLI::App& to, command_line& line) {
  to.add_option("--config", line.config, "Settings of the box")->capture_default_str();
  add_json(to, line);
}

void say_json(const nlohmann::json& what) {
  std::puts(what.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

int say_problems(int code, const std::vector<std::string>& what, bool json) {
  if (json)
    say_json({{"ok", false}, {"problem", what.front()}, {"problems", what}});
  else
    for (const auto& one : what)
      std::fprintf(stderr, "wardctl: %s\n", one.c_str());
  return code;
}

int say_problem(int code, const std::string& what, bool json) {
  return say_problems(code, {what}, json);
}

int with_settings(const command_line& line, const std::function<int(const daemon::config&)>& what) {
  daemon::config conf;
  if (auto problems = daemon::read_config(line.config, conf); !problems.empty())
    return say_problems(bad_config, problems, line.json);
  return what(conf);
}

} // namespace wardline::ctl
