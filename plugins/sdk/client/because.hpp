#pragma once
// A refusal of this side, in the shape of the daemon's.
#include "client/result.hpp"

namespace wardline::client {

inline refused because(refusal why) {
  refused out;
  out.why = why;
  return out;
}

} // namespace wardline::client
