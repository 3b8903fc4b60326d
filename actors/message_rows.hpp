#pragma once
// Stored rows of messages: what a conversation writes with a Post and with an acknowledgement. One struct a
// row, one version byte first, as in people_rows.hpp; rows marked *stamped* stand behind the store's stamp.
#include "people_rows.hpp"
#include "ports/blobs.hpp"
#include "ports/storage.hpp"
#include "wire/secret.hpp"

namespace wardline::rows {

/// table log, first row of a posted message: the slip as received from its author.
struct slip {
  conversation_id conversation;
  std::uint64_t seq = 0; ///< dense in its conversation, from 1
  time_ms time = 0;      ///< when the daemon accepted it
  bytes object;          ///< 1..slip_bytes_max
};

/// An attachment of a posted message, and the key of its file: whatever destroys the body destroys it.
struct stored_file {
  attachment_id attachment;
  ports::blob_id blob;
  secret32 key;
};

/// table log, second row of a posted message. Read only behind a durable leaf "opened" (DESIGN 1, principle
/// 2).
struct body {
  conversation_id conversation;
  std::uint64_t seq = 0;
  message_id message;
  bytes sealed;                     ///< 1..body_bytes_max
  std::vector<stored_file> files{}; ///< at most attachments_max
};

/// table blob, key blob id, stamped: the message that names this file. A file without such a row is garbage;
/// so is one whose message is gone.
struct named_file {
  conversation_id conversation;
  message_id message;
};

/// table index, key conversation | u64 BE seq, stamped: the stamp's log number is the slip's row, the body's
/// is the next one.
struct place {
  message_id message;
  std::uint32_t body_bytes = 0; ///< so that a page of bodies is cut before any body is read
};

/// table idempotency, key message id, stamped: written with the ack, in one transaction, and only then
/// (e2ee 6.5).
struct accepted {
  hash32 h{}; ///< of the slip's header: the identity of the message
  conversation_id conversation;
  std::uint64_t seq = 0;
};

/// table idempotency, key_of_recall, stamped: the message was recalled; its body is released to nobody.
struct recalled {
  time_ms time = 0; ///< when the daemon accepted it
  bytes act;        ///< signed object, 1..512 bytes
};

/// table conversation, key_of_destruction, stamped: what stood in the conversation is released to nobody.
/// Links and memberships stay, so that its members hear what became of it and its id is never used again.
struct destroyed {
  time_ms time = 0;
  bytes act; ///< signed object, 1..512 bytes
};

/// Which row of a message could not be opened.
enum class poison : std::uint8_t { slip = 1, body };
/// table meta, key_of_poison: one byte, 1. The row is not looked at again.
bytes key_of_poison(const conversation_id& c, std::uint64_t seq, poison what);
bytes prefix_of_poison(const conversation_id& c);

bytes encode(const slip& r);
bytes encode(const body& r);
bytes encode(const named_file& r);
bytes encode(const place& r);
bytes encode(const accepted& r);
bytes encode(const recalled& r);
bytes encode(const destroyed& r);

bytes key_of_recall(const message_id& m);
bytes key_of_destruction(const conversation_id& c);
bytes key_of_place(const conversation_id& c, std::uint64_t seq);
/// Nothing unless it is a key of table index.
std::optional<std::uint64_t> seq_of_place(bytes_view key);

} // namespace wardline::rows

namespace wardline {

/// The row stands there, readable or not: what is damaged stays denied.
bool is_recalled(const ports::reader& from, const message_id& m);
bool is_destroyed(const ports::reader& from, const conversation_id& c);

} // namespace wardline
