#pragma once
// What `wardctl backup` asks a running daemon: one consistent copy in bounded pieces. What comes back is
// sealed: rows and files under keys of segments, the current table to the recovery key.
#include "ports/blobs.hpp"
#include "wire/expected.hpp"
#include <variant>

namespace wardline::admin {

/// Bytes of one piece; leaves room in a frame.
inline constexpr std::size_t backup_piece_bytes_max = 192 * 1'024;

/// A snapshot is taken, and held until its manifest was given, another one is begun, or nobody asked for
/// backup_idle_ms. `whole` = false: for the current table alone.
struct begin_backup {
  bool whole = true;
  bool operator==(const begin_backup&) const = default;
};
/// The next rows of the snapshot (daemon/backup_format.hpp); an empty piece is the end.
struct backup_rows {
  std::uint64_t session = 0;
  bool operator==(const backup_rows&) const = default;
};
/// Attachments of the snapshot: 16 bytes each, ascending; from the first after this one.
struct backup_blobs {
  std::uint64_t session = 0;
  ports::blob_id after; ///< none = from the first
  bool operator==(const backup_blobs&) const = default;
};
/// The file of an attachment as it lies; not_found: its message was destroyed meanwhile.
struct backup_blob {
  std::uint64_t session = 0;
  ports::blob_id blob;
  std::uint64_t offset = 0;
  bool operator==(const backup_blob&) const = default;
};
struct backup_current_table {
  std::uint64_t session = 0;
  std::uint64_t offset = 0;
  bool operator==(const backup_current_table&) const = default;
};
/// Signed; after all rows were given.
struct backup_manifest {
  std::uint64_t session = 0;
  bool operator==(const backup_manifest&) const = default;
};

using backup_question =
    std::variant<begin_backup, backup_rows, backup_blobs, backup_blob, backup_current_table, backup_manifest>;

/// One shape for all; what a question does not ask for is empty.
struct backup_report {
  refusal why = refusal::none;
  std::uint64_t session = 0;
  std::uint64_t turn_mark = 0; ///< to begin: of the last key turn (backup_format.hpp)
  std::uint64_t leaves = 0;    ///< to begin: of the audit log, for progress
  std::uint64_t size = 0;      ///< bytes of the whole file or table that the piece is of
  bytes piece;                 ///< at most backup_piece_bytes_max
  bool operator==(const backup_report&) const = default;
};

/// By its first two bytes; false for every act.
bool is_backup_question(bytes_view frame);

bytes encode(const backup_question& q);
bytes encode(const backup_report& r);
/// Complete and bounded, or a refusal.
expected<backup_question> decode_backup_question(bytes_view raw);
expected<backup_report> decode_backup_report(bytes_view raw);

} // namespace wardline::admin
