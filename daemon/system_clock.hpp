#pragma once
#include "ports/clock.hpp"
#include <chrono>

namespace wardline::daemon {

/// The daemon's only wall clock.
class system_clock final : public ports::clock {
public:
  [[nodiscard]] time_ms now_ms() const override { return since(std::chrono::system_clock::now()); }
  [[nodiscard]] std::uint64_t steady_ms() const override { return since(std::chrono::steady_clock::now()); }

private:
  template <class Point>
  static std::uint64_t since(Point p) {
    auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(p.time_since_epoch()).count();
    return static_cast<std::uint64_t>(ms);
  }
};

} // namespace wardline::daemon
