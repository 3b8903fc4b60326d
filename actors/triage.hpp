#pragma once
#include "handles.hpp"
#include "item_rows.hpp"
#include "ports/journal.hpp"
#include "rules/duty_plan.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <unordered_map>

namespace wardline {

/// Items held in memory; above it, the least urgent are left out of inboxes until others are answered.
inline constexpr std::size_t items_held_max = 262'144;

/// Pointers are main's and outlive every actor.
struct triage_parts {
  const ports::reader* rows = nullptr;
  const rules::clinic_board* board = nullptr;
  const rules::duty_board* duty = nullptr;
  ports::journal* journal = nullptr;
  std::size_t held_max = items_held_max;
};

/// What waits for whom. Holds nothing that is not in the rows: it reads them when it is spawned, and each one
/// again when somebody says that it changed, so that it does not matter in which order it hears.
struct triage_state {
  static inline const char* name = "triage";

  triage_actor::pointer self = nullptr;
  triage_parts parts;
  std::unordered_map<message_id, rows::item> items; // not answered; without their chains
  std::size_t left_out = 0;

  void load();
  void on(const item_changed& m);
  void on(const conversation_gone& m);
  outcome on(const ask_inbox& m) const;

private:
  /// How a viewer sees an item; nothing: it is none of the viewer's.
  struct sight {
    rules::inbox_place place;
    party_id by;
    bool by_role = false; ///< the one that was asked for
  };
  [[nodiscard]] std::optional<sight> look(const message_id& message, const rows::item& item,
                                          const ask_inbox& m, const rules::clinic& known,
                                          const rules::duty_plan& plan) const;
  void hold(const message_id& message, rows::item item);
};

triage_actor::behavior_type triage(triage_actor::stateful_pointer<triage_state> self, triage_parts parts);

} // namespace wardline
