#pragma once
// When the next try of a password is allowed, and how long a session lasts (security 7.5, 7.6). Tries are
// counted per (person, device): a stranger's tries cannot lock a nurse out of her own device.
#include "rules/clinic.hpp"
#include <algorithm>

namespace wardline::rules {

inline constexpr std::uint32_t free_tries_max = 5;       ///< wrong ones in a row without a delay
inline constexpr time_ms first_delay_ms = 30'000;        ///< before the sixth; doubles with each further one
inline constexpr time_ms delay_ms_max = 3'600'000;       ///< one hour
inline constexpr std::size_t sign_ins_waiting_max = 8;   ///< of one person at the password workers
inline constexpr std::size_t passwords_waiting_max = 32; ///< of everybody, enrolments included
/// Wrong ones in a row of one person on devices she never logged in on; then one try an hour from those. A
/// device she knows is not touched by it.
inline constexpr std::uint32_t strange_tries_max = 100;

struct tries {
  std::uint32_t wrong = 0; ///< in a row
  time_ms last = 0;
  bool known = false; ///< this person has logged in on this device before
};

/// The earliest time of the next try; 0 = now. A clock that was set back makes nobody wait longer than the
/// delay itself.
inline time_ms next_try_at(const tries& t) {
  if (t.wrong < free_tries_max)
    return 0;
  auto doublings = std::min<std::uint32_t>(t.wrong - free_tries_max, 7); // 30 s * 2^7 is over an hour
  return t.last + std::min(first_delay_ms << doublings, delay_ms_max);
}

/// The same for all of a person's tries on devices that do not know her.
inline time_ms next_strange_try_at(const tries& all) {
  return all.wrong < strange_tries_max ? 0 : all.last + delay_ms_max;
}

// ---- sessions

struct session_limits {
  std::uint64_t idle_ms = 0;  ///< without a request of the person; 0 = no limit
  std::uint64_t whole_ms = 0; ///< absolute
};

inline constexpr std::uint64_t minute_ms = 60'000;
inline constexpr std::uint64_t hour_ms = 60 * minute_ms;

constexpr session_limits limits_of(device_class c) {
  switch (c) {
  case device_class::station:
    return {5 * minute_ms, 12 * hour_ms};
  case device_class::service:
    return {0, 30 * 24 * hour_ms};
  case device_class::personal_staff:
  case device_class::personal_patient:
    break;
  }
  return {15 * minute_ms, 12 * hour_ms};
}

/// A second factor counts as fresh for so long: acts that change who may come in ask for one.
inline constexpr std::uint64_t proved_ms_max = 5 * minute_ms;

/// One that was given in the future, by a clock that was set back since, is not fresh.
constexpr bool proved_lately(time_ms proved, time_ms now) {
  return proved != 0 && proved <= now && now - proved <= proved_ms_max;
}

/// A person on a device as the steady clock sees it, which nobody can set: when she last asked something, and
/// when it ends at the latest.
struct session_use {
  user_id user;
  std::uint64_t last = 0;
  std::uint64_t ends = 0;
};

constexpr bool idle_over(const session_use& u, std::uint64_t steady, std::uint64_t idle_ms) {
  return idle_ms != 0 && steady >= u.last + idle_ms;
}

/// What is left of a session by the wall clock, at most as long as one lasts: a clock that was set back adds
/// nothing.
constexpr std::uint64_t left_by_wall(time_ms until, time_ms now, const session_limits& l) {
  return until <= now ? 0 : std::min<std::uint64_t>(until - now, l.whole_ms);
}

} // namespace wardline::rules
