#include "erasure_line.hpp"
#include "../disk_facts.hpp"
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

/// What destroying a message would prove on this box.
int erasure(const daemon::config& conf, bool json) {
  auto file = conf.state_dir / "keyring";
  auto claim = rules::claim_of(daemon::disk_facts_of(std::filesystem::exists(file) ? file : conf.state_dir));
  if (!json)
    return std::puts(rules::text_of(claim).c_str()), fine;
  auto limits = nlohmann::json::array();
  for (auto limit : claim.limits)
    limits.push_back(word_of(limit));
  std::puts(nlohmann::json{{"ok", true},
                           {"claim", word_of(claim.level)},
                           {"limits", std::move(limits)},
                           {"text", rules::text_of(claim)}}
                .dump()
                .c_str());
  return fine;
}

} // namespace

void add_erasure(CLI::App& app, command_line& line) {
  auto* erase = app.add_subcommand("erasure", "What destroying a message proves on this box's disk");
  add_config(*erase, line);
  erase->callback([&line] {
    line.run = [&line] {
      return with_settings(line, [&](const daemon::config& conf) { return erasure(conf, line.json); });
    };
  });
}

} // namespace wardline::ctl
