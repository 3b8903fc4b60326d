#pragma once
// Which code of an authenticator may be used (security 7.2). A code belongs to a step of 30 s and is good
// once.
//
// While the clock goes on, a step must be greater than the last one used. If the clock stands behind the last
// one used by more than the window, it was set back, or was ahead when that code was accepted: then every
// code that was not used is good, because whoever sits there cannot help it, and an alarm says so. What was
// used stays used: the steps are kept, and where they are more than can be kept, everything up to the oldest
// ones counts as used.
#include "wire/ids.hpp"
#include <algorithm>

namespace wardline::rules {

inline constexpr std::uint64_t totp_step_ms = 30'000;
inline constexpr std::uint32_t totp_window_steps = 1;
/// Used steps that a person's row keeps: days of log-ins.
inline constexpr std::size_t used_steps_max = 128;

struct used_steps {
  std::uint32_t forgotten = 0;     ///< this one and all before count as used
  std::vector<std::uint32_t> kept; ///< ascending, all greater than `forgotten`

  [[nodiscard]] std::uint32_t last() const { return kept.empty() ? forgotten : kept.back(); }
};

inline std::uint32_t step_at(time_ms now) {
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(now / totp_step_ms, UINT32_MAX - 1));
}

/// The clock stands behind a code that was accepted: an alarm.
inline bool clock_is_behind(const used_steps& u, std::uint32_t step_now) {
  return u.last() > step_now + totp_window_steps;
}

/// May the code of `step`, which fits the window around `step_now`, be used?
inline bool may_use(const used_steps& u, std::uint32_t step, std::uint32_t step_now) {
  if (!clock_is_behind(u, step_now))
    return step > u.last();
  return step > u.forgotten && !std::binary_search(u.kept.begin(), u.kept.end(), step);
}

/// The same with `step` used.
inline used_steps with_used(used_steps u, std::uint32_t step) {
  auto at = std::lower_bound(u.kept.begin(), u.kept.end(), step);
  if (at == u.kept.end() || *at != step)
    u.kept.insert(at, step);
  if (u.kept.size() > used_steps_max) {
    u.forgotten = u.kept.front();
    u.kept.erase(u.kept.begin());
  }
  return u;
}

} // namespace wardline::rules
