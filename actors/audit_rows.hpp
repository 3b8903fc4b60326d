#pragma once
// The audit tree as it lies in the store: keys, rows, and the look at it before the daemon serves. Not an
// actor: store, audit and main read through these functions, from any thread.
#include "ports/storage.hpp"
#include "rules/audit_entry.hpp"
#include "rules/audit_tree.hpp"
#include "store_messages.hpp"
#include "wire/expected.hpp"

namespace wardline {

/// Key of table node: u8 level | u64 BE index.
bytes node_key(unsigned level, std::uint64_t index);

/// Leaf hashes from table leaf, subtree hashes from table node. `disk` must outlive what is returned.
rules::tree_rows tree_rows_of(const ports::reader& disk);

/// An entry as it was committed to: hash the salt and these very bytes, never a re-encoding.
struct stored_entry {
  rules::audit_salt salt{};
  bytes entry;
};

/// Refuses: not_found (no such leaf), value_not_openable (destroyed or damaged), log_corrupt (it is not what
/// the leaf commits to).
expected<stored_entry> read_entry(const ports::reader& disk, std::uint64_t index);

/// Everything the store numbers: the tree's right edge and the next row of table log.
struct store_head {
  rules::frontier tree;
  std::uint64_t next_log = 0;

  bool operator==(const store_head&) const = default;
};

/// What stands in the store at start.
struct store_start {
  store_head head;
  std::optional<checkpoint_note> checkpoint;
  time_ms checkpoint_time = 0;
};

// Rows of the store's own in table meta. u8 version 1 | u64 next log row | frontier, and
// u8 version 1 | u64 time | u64 size | b32 root | note.
bytes head_row_key();
bytes checkpoint_row_key();
bytes encode(const store_head& head);
bytes encode(const checkpoint_note& checkpoint, time_ms time);

/// The newest checkpoint on disk. Refuses: not_found (none was signed yet), value_not_openable.
expected<checkpoint_note> read_checkpoint(const ports::reader& disk);
/// When it was signed; 0 where read_checkpoint refuses.
time_ms read_checkpoint_time(const ports::reader& disk);

/// The look before READY (security 2.3): the last rows are where the head says, the frontier recomputed from
/// nodes and right edge is the stored one, the tree holds the last checkpoint unchanged. Refuses:
/// log_corrupt, value_not_openable. An empty store is a good start.
expected<store_start> load_store(const ports::reader& disk);

} // namespace wardline
