#pragma once
// The row that names the live epoch of what a key turn touches (security 5.2): how far the turn is, on disk.
#include "keyring.hpp"
#include "ports/key_turns.hpp"

namespace wardline {

/// table meta, key "store/turn".
///   u8 version 1 | u8 phase | u64 number | u64 keyring epoch | u32 rows | u16 n | n x (u8 table | u32
///   segment | u32 epoch) | u32 size | ticket | u16 n | n x (u8 table | u16 size | key)
struct turn_row {
  ports::key_turn::phase at = ports::key_turn::phase::none;
  std::uint64_t number = 0;
  std::uint64_t keyring_epoch = 0;      ///< the key file is of this epoch or later, or it was put back
  std::vector<key_of_segment> segments; ///< touched, with the epoch of their new key
  bytes ticket;
  std::vector<ports::row_place> doomed; ///< removed together with phase `resealed`
  std::uint32_t rows = 0;               ///< how many they were
};

bytes turn_row_key();
bytes encode(const turn_row& row);
/// Nothing unless the bytes are exactly one such row.
std::optional<turn_row> decode_turn_row(bytes_view raw);

} // namespace wardline
