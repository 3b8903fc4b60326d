#pragma once
// Orders of destruction: written in the transaction that denies the release, deleted with the leaf that says
// that the keys are gone. What is in between is pending, and is taken up again by every start.
#include "message_rows.hpp"

namespace wardline::rows {

enum class wipe_kind : std::uint8_t {
  message = 1,  ///< its body
  conversation, ///< slips, bodies, places and acknowledgements of all its messages
  device,       ///< lock shares and session, which its revocation has removed
};

/// table meta, key_of_order, stamped.
struct wipe_order {
  wipe_kind what = wipe_kind::message;
  std::array<std::uint8_t, 16> id{}; ///< of the message, conversation or device
  conversation_id conversation;      ///< of the message
  std::uint64_t body_row = 0;        ///< of the message, in table log
  time_ms time = 0;                  ///< ordered
};

inline constexpr std::string_view order_prefix = "wipe/";
bytes key_of_order(std::span<const std::uint8_t, 16> id);
bytes encode(const wipe_order& r);

} // namespace wardline::rows
