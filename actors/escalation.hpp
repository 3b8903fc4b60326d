#pragma once
#include "handles.hpp"
#include "item_rows.hpp"
#include "ports/journal.hpp"
#include "reroute_rows.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>

namespace wardline {

/// Steps on their way at a time; the most urgent go first, the others with a later tick.
inline constexpr std::size_t steps_on_way_max = 256;
/// Milliseconds until a step whose commit was refused (disk full) rings again.
inline constexpr std::uint64_t step_again_ms = 10'000;

/// Rows of what waits that one tick looks at for somebody whose device was turned out.
inline constexpr std::size_t reroute_rows_max = 16 * ports::scan_rows_max;

/// Pointers are main's and outlive every actor.
struct escalation_parts {
  const ports::reader* rows = nullptr;
  ports::journal* journal = nullptr;
  store_actor store;
  directory_actor directory;
  triage_actor triage;
};

/// Runs what is due: wakes the targets of a step, and writes what comes next. Holds no item and no timer:
/// what is due is a row, so a restart loses nothing, and what is overdue by then runs once. First the wake,
/// then the commit: after a crash in between it rings once more, never once too few.
struct escalation_state {
  static inline const char* name = "escalation";

  escalation_actor::pointer self = nullptr;
  escalation_parts parts;
  time_ms now = 0; // of the last tick
  std::uint64_t steady = 0;
  bool ticked = false;
  bool look_everywhere = true;                // also at what is due later: the clock may have been set back
  std::map<message_id, std::uint64_t> on_way; // until when it is left alone, steady; 0 = until it is answered

  /// One look at everything that waits, for one order; the order itself is a row.
  struct reroute_pass {
    bytes key;
    stamped_row<rows::reroute_order> order;
    bytes after;
    bool clean = true;   // nothing of hers was seen in this pass
    bool ending = false; // its end is on its way to the store
  };
  std::optional<reroute_pass> rerouting;
  bool told_reroute = false;

  void on(const tick& m);

private:
  bool look_at_lane(rules::lane lane);
  void run(const message_id& message);
  void wake(const message_id& message, stamped_row<rows::item> item);
  void woke(const message_id& message, const stamped_row<rows::item>& item, std::size_t reached);
  void lapse(const message_id& message, const stamped_row<rows::item>& item);
  void commit(const message_id& message, const stamped_row<rows::item>& before, rules::item_state next,
              act what);
  // escalation_reroute.cpp
  void look_for_reroutes();
  void give_back(const message_id& message, reroute_pass& pass);
  void end_reroute();
};

escalation_actor::behavior_type escalation(escalation_actor::stateful_pointer<escalation_state> self,
                                           escalation_parts parts);

} // namespace wardline
