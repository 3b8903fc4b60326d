#pragma once
#include "handles.hpp"
#include "plan_rows.hpp"
#include "ports/journal.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>

namespace wardline {

/// Administrators' acts on their way; one more is refused as overloaded.
inline constexpr std::size_t admin_acts_max = 16;

/// Pointers are main's and outlive every actor.
struct admin_parts {
  const ports::reader* rows = nullptr;
  const rules::clinic_board* board = nullptr;
  rules::duty_board* duty = nullptr;
  store_actor store;
  directory_actor directory;
};

/// What the administrator of the box sets while the daemon runs: each act is looked at whole, committed with
/// its leaf, and then shown to the house.
struct admin_state {
  static inline const char* name = "admin";

  admin_actor::pointer self = nullptr;
  admin_parts parts;
  std::size_t on_way = 0;

  caf::result<admin_answer> on(const admin_act& m);

private:
  using promise = caf::typed_response_promise<admin_answer>;
  caf::result<admin_answer> set(const admin::set_roster& m, time_ms now);
  caf::result<admin_answer> set(const admin::set_chain& m, time_ms now);
  caf::result<admin_answer> set(const admin::set_gate& m, time_ms now);
  caf::result<admin_answer> set(const admin::note_backup& m, time_ms now);
  caf::result<admin_answer> commit(rows::plan_kind kind, const party_id& role, bytes row, time_ms now,
                                   std::vector<admin::problem> warnings,
                                   std::function<void(rules::duty_plan&)> adopt);
  /// `then`: once it is durable.
  caf::result<admin_answer> commit(act a, std::vector<admin::problem> warnings, std::function<void()> then);
};

admin_actor::behavior_type admin_acts(admin_actor::stateful_pointer<admin_state> self, admin_parts parts);

} // namespace wardline
