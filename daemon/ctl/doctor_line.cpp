#include "doctor_line.hpp"
#include "../system_clock.hpp"
#include "../yaml_file.hpp"
#include "box_facts.hpp"
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

constexpr int warned = 1, failed = 2;

void show(const std::vector<rules::check_result>& all) {
  for (const auto& c : all) {
    std::printf("%-8s %-15s %s\n", std::string{word_of(c.state)}.c_str(), c.name.c_str(),
                daemon::shown_line(c.what).c_str());
    if (!c.fix.empty())
      std::printf("%-8s %-15s -> %s\n", "", "", daemon::shown_line(c.fix).c_str());
  }
}

int doctor(const command_line& line) {
  auto all = rules::check_box(facts_of(line.config, daemon::system_clock{}.now_ms()));
  auto worst = std::max_element(all.begin(), all.end(),
                                [](const auto& a, const auto& b) { return a.state < b.state; });
  bool bad = worst->state == rules::check_state::bad;
  if (line.json) {
    auto checks = nlohmann::json::array();
    for (const auto& c : all)
      checks.push_back({{"name", c.name}, {"state", word_of(c.state)}, {"what", c.what}, {"fix", c.fix}});
    nlohmann::json out = {{"ok", !bad}, {"worst", word_of(worst->state)}, {"checks", std::move(checks)}};
    if (bad)
      out["problem"] = worst->what;
    say_json(out);
  } else {
    show(all);
  }
  return bad ? failed : worst->state == rules::check_state::warning ? warned : static_cast<int>(fine);
}

} // namespace

void add_doctor(CLI::App& app, command_line& line) {
  auto* sub = app.add_subcommand(
      "doctor", "Checks the box, and says what to mend; exit code 1 with a warning, 2 if something is bad");
  add_config(*sub, line);
  sub->callback([&line] { line.run = [&line] { return doctor(line); }; });
}

} // namespace wardline::ctl
