#pragma once
// Ids and times for whoever plays a clinic.
#include "wire/ids.hpp"
#include <chrono>
#include <sodium.h>

namespace wardline::bench {

template <class Id>
Id fresh() {
  Id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

/// The wall clock: certificates and slips carry it.
inline time_ms wall_ms() {
  return static_cast<time_ms>(std::chrono::duration_cast<std::chrono::milliseconds>(
                                  std::chrono::system_clock::now().time_since_epoch())
                                  .count());
}

} // namespace wardline::bench
