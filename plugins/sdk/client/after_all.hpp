#pragma once
// Waiting for several questions at once.
#include "wire/refusals.hpp"
#include <functional>
#include <memory>

namespace wardline::client {

/// Ends once, when all of `count` have; with the first refusal.
inline std::function<void(refusal)> after_all(std::size_t count, std::function<void(refusal)> then) {
  auto left = std::make_shared<std::size_t>(count);
  auto first = std::make_shared<refusal>(refusal::none);
  return [left, first, then](refusal why) {
    if (*first == refusal::none)
      *first = why;
    if (--*left == 0)
      then(*first);
  };
}

} // namespace wardline::client
