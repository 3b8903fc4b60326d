#pragma once
#include "handles.hpp"
#include "ports/journal.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <functional>

namespace wardline {

/// Slips that wait for a look at their signature; a conversation looks at further ones itself.
inline constexpr std::size_t slips_unverified_max = 8'192;

/// What it works with. Pointers are main's and outlive every actor.
struct signatures_parts {
  ports::journal* journal = nullptr;
  store_actor store;
  /// Called once, on its own thread where it has one: others come first on the processor. So it shares no
  /// snapshot with them: whoever is put aside while it holds one would hold up all. May be empty.
  std::function<void()> yield_to_others{};
};

/// Looks at the signatures of slips that were acknowledged (DESIGN 5). Readers always look themselves, so a
/// bad one costs nobody anything but is an alarm: only the channel's own device can have sent it. A crash or
/// a stop: what was not looked at is not looked at here any more.
struct signatures_state {
  static inline const char* name = "signatures";

  signatures_actor::pointer self = nullptr;
  signatures_parts parts;

  void on(const verify_slip& m);
};

signatures_actor::behavior_type signatures(signatures_actor::stateful_pointer<signatures_state> self,
                                           signatures_parts parts);

} // namespace wardline
