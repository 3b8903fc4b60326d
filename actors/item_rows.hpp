#pragma once
// Stored rows of what waits for somebody: the item of each message, what is due, what is not answered. Item
// and due row always change in one act, so that at no moment an urgent message has neither owner nor step.
#include "rules/escalation.hpp"
#include "stored.hpp"

namespace wardline::rows {

/// table item, key message id, stamped: made with the message.
struct item {
  conversation_id conversation;
  std::uint64_t seq = 0;
  user_id author;
  std::vector<party_id> parties; ///< of the conversation then, ascending
  std::uint8_t level = 0;        ///< as its author wrote it, 0 = unscored
  std::uint8_t type = 0;         ///< of the envelope
  bool needs_ack = false;
  time_ms time = 0; ///< when the daemon accepted it
  rules::item_state state;
  bytes act; ///< the signed word by which somebody has it, or gave it back; empty: nobody said anything
};

bytes encode(const item& r);

/// table due, key u8 lane | u64 BE time | message id: the most urgent first, then what is due first.
struct due_key {
  rules::lane lane = rules::lane::now;
  time_ms at = 0;
  message_id message;
  bool operator==(const due_key&) const = default;
};
bytes encode(const due_key& k);
std::optional<due_key> due_of_key(bytes_view key);

/// table waiting, key conversation | u64 BE seq, value message id: whatever is not answered.
std::optional<message_id> message_of_waiting(bytes_view value);

} // namespace wardline::rows

namespace wardline {

/// The item as stored. not_found; value_not_openable.
expected<stamped_row<rows::item>> read_item(const ports::reader& from, const message_id& message);

/// A new item's rows.
void put_item(act& with, const message_id& message, const rows::item& made);
/// From one state to the next, if nobody changed the row since it was read.
void change_item(act& with, const message_id& message, const stamped_row<rows::item>& before,
                 const rows::item& after);

} // namespace wardline
