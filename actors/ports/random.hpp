#pragma once
#include "wire/ids.hpp"

namespace wardline::ports {

/// Unpredictable bytes; seeded in simulations. May be called from any thread.
struct random {
  virtual ~random() = default;
  virtual void fill(std::span<std::uint8_t> out) = 0;

  /// A fresh id of any kind.
  template <class Id>
  Id make() {
    Id out;
    fill(out.value);
    return out;
  }
};

} // namespace wardline::ports
