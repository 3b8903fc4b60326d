#pragma once
#include "handles.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <functional>

namespace wardline {

/// Objects proved in one answer; the answer has to fit one device message anyway.
inline constexpr std::size_t proofs_per_answer_max = 1'024;
/// Questions waiting for a checkpoint; one more is refused as overloaded.
inline constexpr std::size_t audit_questions_max = 1'024;

/// Answers questions about the log out of committed rows. Proofs are to the newest *signed* checkpoint; holds
/// nothing itself.
struct audit_state {
  static inline const char* name = "audit";

  audit_actor::pointer self = nullptr;
  const ports::reader* rows = nullptr; // owned by main, outlives every actor
  store_actor store;
  std::size_t waiting = 0;

  caf::result<outcome> on(add_proofs& m);
  caf::result<outcome> on(const consistency& m);

private:
  using on_note = std::function<outcome(const checkpoint_note&)>;
  void with_checkpoint(caf::typed_response_promise<outcome> answer, std::uint64_t size_min, time_ms now,
                       on_note then);
  void with_newest(caf::typed_response_promise<outcome> answer, const on_note& then);
};

audit_actor::behavior_type audit(audit_actor::stateful_pointer<audit_state> self, const ports::reader* rows,
                                 store_actor store);

} // namespace wardline
