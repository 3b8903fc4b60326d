#pragma once
// The files of a backup (DESIGN 9, security 5.4), final:
//   bulk-<time>/rows          the snapshot's rows as they lie, sealed: u8 table | v16 key | v32 value, each
//   bulk-<time>/manifest      backup_manifest and its signature
//   bulk-<time>/blobs.sha256  what sha256sum writes: against rot, not against forgers
//   blobs/<id>                attachments as they lie, sealed; shared by all bulks
//   current-table             "WLCT" | u8 1 | b32 recovery key | crypto_box_seal(current_table)
// A bulk holds no usable key. The current table holds all of them, and everything but messages: whoever has
// it and the recovery key has everything that was not destroyed by then.
#include "credentials.hpp"
#include "keyring.hpp"
#include "restoring.hpp"
#include "wire/expected.hpp"

namespace wardline::daemon {

inline constexpr std::size_t manifest_bytes_max = 16'384;
/// A keyring is at most 4 MiB; the rest are people, devices, groups and conversations.
inline constexpr std::size_t current_table_bytes_max = 256u << 20;

/// Of the last key turn: its number and phase in one. Rows that were copied before it went on are of no use
/// with the keys after it.
inline std::uint64_t turn_mark(std::uint64_t number, ports::key_turn::phase at) {
  return number * 4 + static_cast<std::uint64_t>(at);
}

struct backup_manifest {
  clinic_id clinic;
  incarnation_id incarnation;
  std::uint64_t leaves = 0; ///< of the audit log
  std::uint64_t rows = 0;   ///< of all tables
  hash32 rows_hash{};       ///< SHA-256 of the file
  std::uint64_t blobs = 0;
  hash32 blobs_hash{}; ///< SHA-256 of their ids, ascending
  std::uint64_t turn_mark = 0;
  time_ms time = 0;
  bytes root;   ///< certificates: whose the signature is
  bytes server; ///< likewise

  bool operator==(const backup_manifest&) const = default;
};

/// What the daemon's key signs.
bytes manifest_bytes(const backup_manifest& m);
bytes signed_manifest(const backup_manifest& m, const std::function<signature64(bytes_view)>& sign);
/// Complete and bounded; then the certificates and the signature. Refusals: those of decoding, bad_signature.
expected<backup_manifest> read_manifest(bytes_view raw);

struct current_table {
  clinic_id clinic;
  time_ms time = 0;
  std::uint64_t turn_mark = 0;
  credentials keys; ///< but for the KEK: a restored box gets its own
  std::uint64_t keyring_epoch = 0;
  std::map<key_of_segment, secret32> segments;
  std::optional<checkpoint_note> known; ///< newest checkpoint
  std::vector<kept_row> kept;           ///< everything but messages
};

wiped_bytes encode(const current_table& t);
expected<current_table> decode_current_table(bytes_view raw);

bytes seal_current_table(const current_table& t, const public_key& recovery);
/// Refusals: unknown_version, wrong_recovery_key (it is sealed to another one), value_not_openable (damaged).
expected<current_table> open_current_table(bytes_view raw, const secret32& recovery);

void put_row(bytes& to, ports::table where, bytes_view key, bytes_view value);
/// Rows of a file that is read piece by piece. Refuses `truncated` where the file ends inside a row,
/// unknown_value for a table that nobody knows.
class row_pieces {
public:
  void add(bytes_view piece) { left_.insert(left_.end(), piece.begin(), piece.end()); }
  /// The next whole row; nothing: more is needed, or why() says what is wrong.
  std::optional<ports::change> next();
  [[nodiscard]] refusal why() const { return why_; }
  /// At the end of the file.
  [[nodiscard]] bool whole() const { return why_ == refusal::none && at_ == left_.size(); }

private:
  bytes left_;
  std::size_t at_ = 0;
  refusal why_ = refusal::none;
};

} // namespace wardline::daemon
