#pragma once
// When the next try of a password is allowed (security 7.5). Counted per (person, device): a stranger's tries
// cannot lock a nurse out of her own device.
#include "wire/ids.hpp"
#include <algorithm>

namespace wardline::rules {

inline constexpr std::uint32_t free_tries_max = 5;     ///< wrong passwords in a row without a delay
inline constexpr time_ms first_delay_ms = 30'000;      ///< before the sixth; doubles with each further one
inline constexpr time_ms delay_ms_max = 3'600'000;     ///< one hour
inline constexpr std::size_t sign_ins_waiting_max = 8; ///< of one person at the password workers
inline constexpr std::uint64_t session_ms_max = 12ull * 3'600'000; ///< absolute end (security 7.6)

/// A second factor counts as fresh for so long: acts that change who may come in ask for one.
inline constexpr std::uint64_t proved_ms_max = 5 * 60'000;

/// One that was given in the future, by a clock that was set back since, is not fresh.
constexpr bool proved_lately(time_ms proved, time_ms now) {
  return proved != 0 && proved <= now && now - proved <= proved_ms_max;
}

struct tries {
  std::uint32_t wrong = 0; ///< in a row
  time_ms last = 0;
};

/// The earliest time of the next try; 0 = now.
inline time_ms next_try_at(const tries& t) {
  if (t.wrong < free_tries_max)
    return 0;
  auto doublings = std::min<std::uint32_t>(t.wrong - free_tries_max, 7); // 30 s * 2^7 is over an hour
  return t.last + std::min(first_delay_ms << doublings, delay_ms_max);
}

} // namespace wardline::rules
