#pragma once
// Who is on duty for a role at an instant: one rotation, and overrides (clinical guide 5). Duty decides whom
// to wake and what is shown first, never who may open. Not to be confused with a party's roster links.
#include "wire/ids.hpp"
#include "wire/refusals.hpp"
#include <limits>
#include <utility>

namespace wardline::rules {

/// How far ahead a roster may reach (DESIGN 10): 2 years.
inline constexpr time_ms roster_horizon_ms = 2ull * 366 * 86'400'000;
inline constexpr std::size_t rotation_people_max = 64;
inline constexpr std::size_t overrides_max = 256; ///< of one roster
inline constexpr std::size_t override_people_max = 16;
/// Hours of one shift: an hour to four weeks.
inline constexpr std::uint32_t shift_hours_min = 1;
inline constexpr std::uint32_t shift_hours_max = 28 * 24;
/// Changes of one zone's table: twice a year for a lifetime.
inline constexpr std::size_t zone_changes_max = 256;

/// From `at` on, wall clocks are `offset_s` seconds ahead of UTC.
struct zone_change {
  time_ms at = 0;
  std::int32_t offset_s = 0;
  bool operator==(const zone_change&) const = default;
};

/// A time zone as a value: ascending changes, the first one at 0. Built outside from the machine's zone data.
struct zone {
  std::string name; ///< "Europe/Vienna"
  std::vector<zone_change> changes;
  bool operator==(const zone&) const = default;
};

/// Milliseconds of a wall clock since its 1970-01-01 00:00.
using wall_ms = std::int64_t;

/// What a wall clock shows. A zone without a table counts as UTC.
wall_ms wall_of(const zone& z, time_ms at);

enum class occurrence : std::uint8_t { first, last };

/// When a wall clock shows this. A time that comes twice is taken as asked; one that never comes is the first
/// instant after the gap.
time_ms instant_of(const zone& z, wall_ms wall, occurrence which);

/// People take turns in a fixed order, each for `shift_hours` by the wall clock: Monday 08:00 stays 08:00
/// over a change of the clocks.
struct rotation {
  wall_ms start = 0; ///< of the first one's first shift
  std::uint32_t shift_hours = 0;
  std::vector<user_id> people;
  bool operator==(const rotation&) const = default;
};

/// For [from, until): these as well, not these, or these and nobody else. Later ones win over earlier ones.
struct duty_override {
  enum class kind : std::uint8_t { add = 1, remove, replace };
  kind what = kind::add;
  time_ms from = 0;
  time_ms until = 0;
  std::vector<user_id> people;
  bool operator==(const duty_override&) const = default;
};

struct roster {
  rules::zone zone;
  rules::rotation rotation;
  std::vector<duty_override> overrides;
  bool operator==(const roster&) const = default;
};

/// Ascending; empty: nobody, a state that escalation steps over.
std::vector<user_id> on_duty(const roster& r, time_ms now);

/// When duty may change next: a handover, or a border of an override. Nothing before `until`: nothing.
std::optional<time_ms> next_change(const roster& r, time_ms after, time_ms until);

/// From when nobody is on duty, if that is so anywhere in [from, until). Looks at duty_changes_looked_at_max
/// changes.
std::optional<time_ms> first_gap(const roster& r, time_ms from, time_ms until);
inline constexpr std::size_t duty_changes_looked_at_max = 2 * 366 * 24 + 2 * overrides_max;

/// One thing wrong with a roster: in its rotation, or in the override of this number.
struct roster_problem {
  static constexpr std::size_t of_rotation = std::numeric_limits<std::size_t>::max();
  refusal why = refusal::none;
  std::size_t override_number = of_rotation;
  bool operator==(const roster_problem&) const = default;
};

/// Everything that is wrong, not only the first: roster_empty, roster_shift_length, roster_person_twice,
/// roster_beyond_horizon, roster_override_empty, roster_override_time, count_too_large.
std::vector<roster_problem> problems_of(const roster& r, time_ms now);

} // namespace wardline::rules
