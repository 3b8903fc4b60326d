#pragma once
// Rows about the store's own life: restores that began a new one, backups that were made of it, and what
// devices showed that they had seen before (e2ee 6.6).
#include "people_rows.hpp"
#include "stored.hpp"

namespace wardline::rows {

/// table meta, key_of_life, stamped by the entry that opened it: a later life than the first.
struct life {
  std::uint32_t log_epoch = 2; ///< of its log's origin: seconds since 1970, above the one before
  incarnation_id incarnation;
  incarnation_id earlier;     ///< the life before
  std::uint64_t restored = 0; ///< leaves that came back; the number of the entry that opened this life
};

/// table meta, key_of_shown_pin, stamped: more of an earlier life's log than came back was seen by this
/// device.
struct shown_pin {
  std::uint64_t size = 0;
  hash32 root{};
};

/// table meta, key "backup", stamped: the newest copy that was written and read back whole. Written with 0
/// leaves before the first one is begun: from then on nothing is thrown away that a restore would ask for.
struct backup {
  std::uint64_t leaves = 0; ///< everything below stands in it
  std::uint64_t turn = 0;   ///< mark of the last key turn by then (daemon/backup_format.hpp)
  time_ms time = 0;
};

inline constexpr std::uint32_t lives_max = 64; ///< of one clinic; a further restore is refused
inline constexpr std::string_view life_prefix = "life/";
inline constexpr std::string_view backup_key = "backup";
/// Ascending with the epoch.
bytes key_of_life(std::uint32_t log_epoch);
bytes key_of_shown_pin(const incarnation_id& now, const device_id& d);

bytes encode(const life& r);
bytes encode(const shown_pin& r);
bytes encode(const backup& r);

} // namespace wardline::rows

namespace wardline {

/// All of them in order; nothing if one cannot be read.
std::optional<std::vector<stamped_row<rows::life>>> lives_of(const ports::reader& from);
/// Messages accepted at a lower leaf are in a backup; 0: there is none.
std::uint64_t safe_leaves(const ports::reader& from);
/// One was made, or is being made for the first time.
bool has_backups(const ports::reader& from);

} // namespace wardline
