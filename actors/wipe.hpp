#pragma once
#include "handles.hpp"
#include "ports/journal.hpp"
#include "stored.hpp"
#include "wipe_rows.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <set>

namespace wardline {

/// Orders of one turn: their keys are its ticket.
inline constexpr std::size_t wipe_orders_max = 2048;

/// What wipe works with. Pointers are main's and outlive every actor.
struct wipe_parts {
  const ports::reader* rows = nullptr;
  store_actor store;
  ports::journal* journal = nullptr;
  std::uint8_t claim = 0;          ///< what a destruction proves on this disk (rules/erasure_claim.hpp)
  attachments_actor attachments{}; ///< takes away the files whose keys are gone
};

/// Ends what recalls, destructions and revocations have begun: their orders wait in the store, release is
/// denied already, and each tick gathers them into one key turn, steps it between posts, and writes a leaf
/// for each order whose keys are gone. Nothing is remembered here: after a crash at any point the next
/// process reads orders and turn from the store and goes on.
struct wipe_state {
  static inline const char* name = "wipe";

  wipe_actor::pointer self = nullptr;
  wipe_parts parts;
  time_ms now = 0;
  bool busy = false;    // one request to the store at a time
  bool resumed = false; // the turn of the process before was looked at
  bool told_pending = false;

  void on(const tick& m);

private:
  struct gathered {
    std::vector<ports::row_place> rows;
    bytes ticket;
  };

  void look_for_orders();
  void step();
  void took(const turn_state& s);
  void put_off(const caf::error& e);
  [[nodiscard]] gathered gather() const;
  [[nodiscard]] std::set<ports::row_place> rows_of(const rows::wipe_order& o, std::size_t rows_max) const;
  void settle(const ports::key_turn& turn, std::vector<bytes> orders);
  [[nodiscard]] std::optional<act> settled(const ports::key_turn& turn, const bytes& order) const;
};

/// A plain actor: it waits for the store and reads rows. (wipe() itself is what clears memory.)
wipe_actor::behavior_type run_wipe(wipe_actor::stateful_pointer<wipe_state> self, wipe_parts parts);

} // namespace wardline
