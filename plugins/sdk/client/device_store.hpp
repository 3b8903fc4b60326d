#pragma once
// Where a device keeps its state: a small ordered key-value store with all-or-nothing commits, and a few
// secret cells that can be overwritten in place.
//
// Contract (e2ee 11, rule 1). Whatever moves together stands in one commit: slip and cursor, link and head
// and seed, outbox row and its number, pin and what was accepted under it. The caller changes its memory
// after the commit, never before. A commit either happened whole or not at all, also after a crash or a torn
// write. One process per store; never copy, back up or sync one (e2ee 11, rule 4).
#include "wire/secret.hpp"
#include <optional>
#include <span>

namespace wardline::client {

/// The tables of the store. Numbers are final: they stand in keys and in the ad of sealed rows.
enum class table : std::uint8_t {
  // Outer part: readable while the device is locked.
  device = 1, ///< one row: who this device is, keys of channel and link, pinned objects
  pin = 2,    ///< one row: incarnation and checkpoint of the audit log
  wrap = 3,   ///< u32 share number -> wrap of the store key (e2ee 5.13)
  store = 4,  ///< one row: the store's own instance id, and where it was made
  // Inner part: every value is sealed under the device store key.
  keys = 16,          ///< one row: signing seed and sealing key
  parties = 17,       ///< party -> kind and head's members; party | u32 n -> core of link n
  seeds = 18,         ///< party | u32 n -> seed
  conversations = 19, ///< conversation -> link, cursor
  messages = 20,      ///< conversation | u64 seq -> slip, K, what happened to it
  outbox = 21,        ///< message -> slip, body, state
  acts = 22,          ///< message -> act on its way
  listing = 23,       ///< one row: what the numbers of the last inbox meant
  turns = 24,         ///< party -> link made here and not yet seen at the daemon
  objects =
      25, ///< object hash -> place in the log, and certificate, invitation, registrar, grant or revocation
  changes = 26, ///< one row: up to which leaf grants and revocations are known here
  uploads = 27, ///< message -> its attachments, until it is accepted
  chunks = 28,  ///< message | attachment | u32 index -> chunk to be uploaded
};

/// Tables from here on are sealed.
inline constexpr std::uint8_t inner_table_min = 16;

struct store_row {
  bytes key;
  bytes value;
};

struct store_change {
  table where = table::device;
  bytes key;
  std::optional<bytes> value; ///< nothing: the row goes
};

enum class store_result : std::uint8_t {
  committed, ///< durable
  refused,   ///< nothing was changed (disk or map full): say so and go on
  unknown,   ///< nobody knows: stop, and start again from what the disk says
};

/// Secrets outside the database, because a database leaves old pages behind.
enum class secret_cell : std::uint8_t {
  local_half = 1, ///< 32 bytes, half of what opens the store key (e2ee 5.13); burned by a wipe
  enrolment = 2,  ///< keys of an enrolment on its way, until the inner part exists; then burned
};

/// Bytes of a cell's content.
inline constexpr std::size_t secret_cell_bytes_max = 8'192;
/// Rows in one page of a scan.
inline constexpr std::size_t scan_rows_max = 512;

/// Made with the store, and made anew when the store finds itself at another place: the daemon refuses a
/// second one under the same device (e2ee 11, rule 4).
using store_instance = std::array<std::uint8_t, 16>;

class device_store {
public:
  virtual ~device_store() = default;

  [[nodiscard]] virtual store_instance instance() const = 0;

  [[nodiscard]] virtual std::optional<bytes> get(table where, bytes_view key) const = 0;
  /// Up to `rows_max` rows whose key begins with `prefix` and is greater than `after` (empty: from the
  /// first), in the order of their keys.
  [[nodiscard]] virtual std::vector<store_row> scan(table where, bytes_view prefix, bytes_view after,
                                                    std::size_t rows_max = scan_rows_max) const = 0;
  /// All changes or none; durable when it says committed.
  virtual store_result commit(std::span<const store_change> changes) = 0;

  [[nodiscard]] virtual std::optional<wiped_bytes> read_cell(secret_cell which) const = 0;
  /// Durable and whole when it says committed, and what it held before is burned. A crash on the way leaves
  /// what it held before or the new content, whole; what is left of the other is burned at the next opening.
  virtual store_result write_cell(secret_cell which, bytes_view content) = 0;
  /// Overwritten in place, then empty. Best effort against the medium: SSDs keep what they keep.
  virtual store_result burn_cell(secret_cell which) = 0;
};

} // namespace wardline::client
