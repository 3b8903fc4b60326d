#include "status_line.hpp"
#include "box_questions.hpp"
#include "rules/erasure_claim.hpp"
#include "time_words.hpp"
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace wardline::ctl {

namespace {

nlohmann::json json_of(const admin::status_report& s) {
  auto plugins = nlohmann::json::array();
  for (const auto& p : s.plugins)
    plugins.push_back({{"name", p.plugin}, {"links", p.links}, {"channels", p.channels}});
  return {{"ok", true},
          {"version", s.version},
          {"now", s.now},
          {"since", s.since},
          {"clinic", hex(s.clinic.view())},
          {"incarnation", hex(s.incarnation.view())},
          {"store",
           {{"map_bytes", s.map_bytes},
            {"used_bytes", s.used_bytes},
            {"reserve_bytes", s.reserve_bytes},
            {"disk_bytes", s.disk_bytes},
            {"disk_free_bytes", s.disk_free_bytes},
            {"nearly_full", s.nearly_full}}},
          {"log",
           {{"entries", s.log_size},
            {"checkpoint_entries", s.checkpoint_size},
            {"checkpoint_at", s.checkpoint_time}}},
          {"people", s.people},
          {"devices",
           {{"in_use", s.devices},
            {"emergency_role", s.emergency_devices},
            {"certificates_ending", s.ending},
            {"certificates_ended", s.ended}}},
          {"plugins", std::move(plugins)},
          {"open", {{"now", s.open_now}, {"urgent", s.open_urgent}, {"more", s.open_more}}},
          {"erasure_claim", word_of(static_cast<rules::erasure_claim>(s.erasure_claim))},
          {"process",
           {{"open_files", s.open_files},
            {"files_max", s.files_max},
            {"locked_bytes_max", s.locked_bytes_max},
            {"core_files", s.core_files}}}};
}

std::string connections(const admin::status_report& s) {
  std::string out;
  for (const auto& p : s.plugins)
    out += (out.empty() ? "" : ", ") + p.plugin +
           (p.links == 0
                ? " not connected"
                : " " + std::to_string(p.links) + " links with " + std::to_string(p.channels) + " channels");
  return out.empty() ? "none granted" : out;
}

std::string checkpoint(const admin::status_report& s) {
  return s.checkpoint_size == 0 ? "no checkpoint yet"
                                : "checkpoint of " + std::to_string(s.checkpoint_size) + " entries signed " +
                                      utc_time(s.checkpoint_time);
}

void show(const admin::status_report& s) {
  auto row = [](const char* name, const std::string& text) { std::printf("%-14s %s\n", name, text.c_str()); };
  row("wardlined", s.version + ", serving since " + utc_time(s.since) + " (" +
                       duration(s.now - std::min(s.now, s.since)) + ")");
  row("clinic", hex(s.clinic.view()));
  row("incarnation", hex(s.incarnation.view()));
  row("store", bytes_text(s.used_bytes) + " of " + bytes_text(s.map_bytes) + " used, reserve " +
                   bytes_text(s.reserve_bytes) +
                   (s.nearly_full ? "; NEARLY FULL: only urgent messages are taken" : ""));
  row("disk", bytes_text(s.disk_free_bytes) + " of " + bytes_text(s.disk_bytes) + " free");
  row("audit log", std::to_string(s.log_size) + " entries, " + checkpoint(s));
  row("people", std::to_string(s.people) + " with " + std::to_string(s.devices) +
                    " devices; certificates: " + std::to_string(s.ending) + " end within 30 days, " +
                    std::to_string(s.ended) + " have ended");
  row("plugins", connections(s));
  row("waiting", std::to_string(s.open_now) + " for now, " + std::to_string(s.open_urgent) + " urgent" +
                     (s.open_more ? ", and more than were counted" : ""));
  row("erasure", std::string{word_of(static_cast<rules::erasure_claim>(s.erasure_claim))} +
                     " (`wardctl erasure` explains)");
}

int status(const command_line& line) {
  return with_settings(line, [&](const daemon::config& conf) {
    auto said = ask_status(conf.admin_socket);
    if (!said)
      return say_problem(unavailable, not_answered(conf.admin_socket, said.why()), line.json);
    if (line.json)
      say_json(json_of(*said));
    else
      show(*said);
    return static_cast<int>(fine);
  });
}

} // namespace

void add_status(CLI::App& app, command_line& line) {
  auto* sub =
      app.add_subcommand("status", "What the running daemon says about itself; nothing of its people");
  add_config(*sub, line);
  sub->callback([&line] { line.run = [&line] { return status(line); }; });
}

} // namespace wardline::ctl
