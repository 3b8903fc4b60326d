#pragma once
// A value or a refusal. std::expected is C++23, and clang 14 has none.
#include "wire/refusals.hpp"
#include <cassert>
#include <utility>
#include <variant>

namespace wardline {

template <class T>
class [[nodiscard]] expected {
public:
  expected(T value) : held_{std::in_place_index<0>, std::move(value)} {}
  expected(refusal why) : held_{std::in_place_index<1>, why} { assert(why != refusal::none); }

  explicit operator bool() const { return held_.index() == 0; }
  [[nodiscard]] refusal why() const { return *this ? refusal::none : std::get<1>(held_); }
  T& operator*() { return std::get<0>(held_); }
  const T& operator*() const { return std::get<0>(held_); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }

private:
  std::variant<T, refusal> held_;
};

} // namespace wardline
