#pragma once
// What the STORE takes and answers. Included by messages.hpp; the allowances for CAF stand at the end.
#include "caf_words.hpp"
#include "ports/key_turns.hpp"
#include "rules/audit_entry.hpp"
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/typed_actor.hpp>

namespace wardline {

/// A row as it must be when the write commits; looked at in the committed state and in all earlier writes.
struct precondition {
  ports::table where = ports::table::meta;
  bytes key;
  std::optional<bytes> equals; ///< nothing: the row must be absent. Of a stamped row: the stamp belongs to it
};

/// A change; if stamped, its stored value is 16 bytes of stamp (u64 BE leaf | u64 BE log), then change.value.
struct stamped_change {
  ports::change change;
  bool stamped = false;
};

/// What was done, as one audit leaf, and what it changes. No change without an act.
/// Tables log, leaf, entry and node, and meta keys that start with "store/", are the store's own.
struct act {
  rules::audit_entry entry;
  std::vector<bytes> log; ///< 0..act_log_rows_max rows appended to table log; the store numbers them
  std::vector<stamped_change> changes;
  std::vector<precondition> only_if;
};

constexpr std::size_t act_log_rows_max = 2;
constexpr std::size_t stamp_bytes = 16;
constexpr std::size_t write_acts_max = 64;
constexpr std::size_t write_bytes_max = 8u << 20; ///< keys, values, log rows and details of one write

/// Where an act stands: its leaf, and the number of its first log row (the next free one if it has none).
struct stamp {
  std::uint64_t leaf = 0;
  std::uint64_t log = 0;

  bool operator==(const stamp&) const = default;
};

/// A stored value that begins with a stamp. Nothing if it is too short.
struct stamped_value {
  stamp at;
  bytes_view value; ///< into the bytes that were given
};
std::optional<stamped_value> split_stamp(bytes_view stored);

/// All acts of one write commit together, or nothing of them. Refusals: precondition_failed (this write
/// alone), overloaded, storage_refused, object_too_large, malformed_request (a table of the store's own, no
/// act, ...).
struct write {
  std::vector<act> acts;
};

/// The write is durable. One stamp per act, in their order.
struct committed {
  std::vector<stamp> stamps;
};

/// To self: commit what waits by now.
struct flush {};

/// Once a second, from outside: sign a checkpoint if there are new leaves; after 60 idle seconds, a heartbeat
/// leaf first, so that silence is visible.
struct sign_checkpoint {
  time_ms now = 0;
};

/// Asks for the newest checkpoint that is on disk; refused by not_found before the first.
struct get_checkpoint {};

/// A signed C2SP note over the tree's first `size` leaves.
struct checkpoint_note {
  std::uint64_t size = 0;
  hash32 root{};
  std::string note;
};

/// Asks the store to commit a small row: the watchdog is fed by its answer, not by a timer (security 8.5).
struct probe {
  time_ms now = 0;
};

/// The store is alive, and the disk answered just now.
struct probed {
  std::uint64_t leaves = 0;  ///< size of the audit tree
  std::uint64_t waiting = 0; ///< writes that wait for the next batch
  bool writable = false;     ///< false: the disk refuses (full): a state to live in, not a stop
};

/// Destroys rows by a key turn (ports/key_turns.hpp). Refusals: storage_refused (too many, another turn is
/// under way, the disk is full), unknown_request (this store turns no keys).
struct begin_turn {
  std::vector<ports::row_place> doomed;
  bytes ticket; ///< comes back with every turn_state
};

/// One bounded step of the turn under way, between writes; nothing if there is none. Refusals as above.
struct step_turn {};

struct turn_state {
  ports::key_turn turn;
};

/// The STORE is the only writer: it puts what waits into one transaction, answers when that is durable, and
/// owns the audit tree's right edge.
using store_actor = caf::typed_actor<answers<write, committed>, takes<flush>, takes<sign_checkpoint>,
                                     answers<get_checkpoint, checkpoint_note>, answers<probe, probed>,
                                     answers<begin_turn, turn_state>, answers<step_turn, turn_state>>;

} // namespace wardline

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::write)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::flush)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::sign_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::get_checkpoint)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::checkpoint_note)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::probe)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::probed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::begin_turn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::step_turn)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::turn_state)
