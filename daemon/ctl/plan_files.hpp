#pragma once
// Rosters and chains of escalation as an administrator writes them.
//
//   role: physicians                      role: physicians
//   zone: Europe/Vienna                   steps:
//   start: 2026-11-23 08:00                 - wake: [on duty]
//   shift: 12h                                wait: {now: 2m, urgent: 10m, today: 2h}
//   people: [A. Able, B. Baker]             - wake:
//   overrides:                                  - on duty: charge nurses
//     - replace: [C. Charlie]                   - person: D. Delta
//       from: 2026-12-24 08:00            lapse: {now: 10m, urgent: 30m, today: never}
//       until: 2026-12-26 08:00
//
// Times are wall-clock times of the zone; waits are 90s, 2m, 1h, shifts 12h, 1d, 1w.
#include "../yaml_file.hpp"
#include "admin_words.hpp"

namespace wardline::ctl {

/// Problems (file:line:column: what), or none and `out` is filled. What only the daemon knows, people and
/// roles, it says itself.
daemon::config_problems read_roster(const std::filesystem::path& file, time_ms now, admin::set_roster& out);
daemon::config_problems read_chain(const std::filesystem::path& file, admin::set_chain& out);

/// "2026-11-23 08:00" as wall-clock milliseconds; nothing if it is no date and time.
std::optional<rules::wall_ms> read_wall_time(const std::string& text);
/// A whole number and one of the units given, in seconds: "90s", "2m".
std::optional<std::uint32_t> read_seconds(const std::string& text, const std::string& units);

} // namespace wardline::ctl
