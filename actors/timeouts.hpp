#pragma once
// How long an actor waits for another one. A timeout is never taken for an answer: the device asks again by
// its request id. And what an error of a request means to the one who asked.
#include "wire/refusals.hpp"
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <chrono>

namespace wardline {

/// A commit is 1-20 ms; a disk that takes longer than this is a failed disk.
inline constexpr std::chrono::seconds store_timeout{30};
/// Argon2 is 170 ms a password, two at once, eight waiting a person (security 7.1).
inline constexpr std::chrono::seconds password_timeout{30};
/// A device session waits a little longer than whoever it asks.
inline constexpr std::chrono::seconds answer_timeout{40};

/// A refusal that travelled as a CAF error; anything else (timeout, a crashed neighbour) is timed_out.
inline refusal refusal_of(const caf::error& e) {
  if (e.category() == caf::atom("refusal"))
    return static_cast<refusal>(e.code());
  return refusal::timed_out;
}

} // namespace wardline
