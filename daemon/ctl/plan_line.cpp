#include "plan_line.hpp"
#include "../system_clock.hpp"
#include "plan_commands.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

/// A problem that the administrator mends in the file, or a daemon that does not answer.
int say_plan(const plan_outcome& said, const std::string& what, bool json) {
  if (json) {
    nlohmann::json out = {
        {"ok", said.done}, {"problems", said.problems}, {"warnings", said.warnings}, {"leaf", said.leaf}};
    if (!said.problems.empty())
      out["problem"] = said.problems.front();
    std::puts(out.dump().c_str());
  } else {
    for (const auto* lines : {&said.problems, &said.warnings})
      for (const auto& one : *lines)
        std::fprintf(stderr, "wardctl: %s\n", one.c_str());
    if (said.done)
      std::printf(
          "%s is in force (audit leaf %llu). Messages that wait already keep the chain they began with.\n",
          what.c_str(), static_cast<unsigned long long>(said.leaf));
  }
  return said.done ? fine : said.answered ? bad_config : unavailable;
}

int set_plan(const command_line& line, const std::string& file, bool roster) {
  return with_settings(line, [&](const daemon::config& conf) {
    return roster ? say_plan(set_roster_from(file, conf.admin_socket, daemon::system_clock{}.now_ms()),
                             "The roster", line.json)
                  : say_plan(set_chain_from(file, conf.admin_socket), "The chain", line.json);
  });
}

/// `wardctl NAME set FILE`.
void add_plan(CLI::App& app, command_line& line, bool roster, const std::string& name,
              const std::string& what, const std::string& keys) {
  auto file = std::make_shared<std::string>();
  auto* of = app.add_subcommand(name, what);
  of->require_subcommand(1);
  auto* set = of->add_subcommand("set", "Check a file whole, and put it in force");
  set->add_option("file", *file, keys)->required();
  add_config(*set, line);
  set->callback(
      [file, &line, roster] { line.run = [file, &line, roster] { return set_plan(line, *file, roster); }; });
}

} // namespace

void add_plans(CLI::App& app, command_line& line) {
  add_plan(app, line, true, "roster", "Duty rosters: whom a role's messages wake",
           "YAML file: role, zone, start, shift, people, overrides");
  add_plan(app, line, false, "escalation", "Chains of escalation: who is woken when nobody answers",
           "YAML file: role, steps, lapse");
}

} // namespace wardline::ctl
