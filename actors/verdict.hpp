#pragma once
// How a request that changes identity is decided: a pure look at what is known, then one write, then what is
// known moves on. Memory changes after the commit, never before.
#include "messages.hpp"
#include "registry.hpp"
#include <functional>
#include <variant>

namespace wardline {

/// Acts that commit together, what is then known, and the answer.
struct decision {
  write what;
  std::function<void(registry&, const committed&)> adopt;
  std::function<outcome(const committed&)> answer;
};

/// An answer at once (a refusal, or the same answer again), or a decision to commit.
using verdict = std::variant<outcome, decision>;

/// What every decision looks at.
struct circumstances {
  const registry& known;
  const ports::reader& rows;
  time_ms now = 0;
};

} // namespace wardline
