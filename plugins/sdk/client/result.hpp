#pragma once
// How asynchronous acts of a device end: with a value, or with a refusal and what it carries.
#include "wire/device.hpp"
#include <functional>

namespace wardline::client {

using wire::device::refused;

/// A value, or `no` with the refusal (whose party, user, time are set where e2ee 5 says so).
template <class T>
struct [[nodiscard]] result {
  std::optional<T> value;
  refused no;

  result(T v) : value{std::move(v)} {}
  result(refused r) : no{std::move(r)} {}
  result(refusal why) { no.why = why; }

  explicit operator bool() const { return value.has_value(); }
  T& operator*() { return *value; }
  const T& operator*() const { return *value; }
  T* operator->() { return &*value; }
  const T* operator->() const { return &*value; }
  [[nodiscard]] refusal why() const { return no.why; }
};

struct nothing {};

/// Called once, from within a later call of the driver or before the act's own call returns.
template <class T>
using done = std::function<void(result<T>)>;

} // namespace wardline::client
