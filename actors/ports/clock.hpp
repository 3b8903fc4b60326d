#pragma once
#include "wire/ids.hpp"

namespace wardline::ports {

/// Wall and steady time. Only edges read it (main, plugin_host, ticks); rules and handlers get `now` as a
/// value.
struct clock {
  virtual ~clock() = default;
  /// Milliseconds since 1970 UTC; may jump.
  [[nodiscard]] virtual time_ms now_ms() const = 0;
  /// Milliseconds since some start; never goes back. For waits and rates.
  [[nodiscard]] virtual std::uint64_t steady_ms() const = 0;
};

} // namespace wardline::ports
