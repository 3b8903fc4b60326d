#pragma once
// Destruction by key: removing a row destroys nothing (its pages and every copy of them stay readable), a new
// key for what survives and the end of the old one does (security 5.3).
#include "ports/storage.hpp"

namespace wardline::ports {

/// A row by its place. It may be gone already: what its key still opens in old pages dies all the same.
struct row_place {
  table where = table::meta;
  bytes key;

  auto operator<=>(const row_place&) const = default;
};

constexpr std::size_t turn_rows_max = 4096; ///< destroyed by one turn; their removal is one transaction
constexpr std::size_t turn_ticket_bytes_max = 65'536;
constexpr std::size_t turn_step_rows_max = 512;       ///< looked at by one step
constexpr std::size_t turn_step_bytes_max = 1u << 20; ///< re-sealed by one step, and one value more

/// How far the newest turn is. Durable but for the counts, which are of this process.
struct key_turn {
  enum class phase : std::uint8_t {
    none = 0,      ///< there never was one
    resealing = 1, ///< new keys stand beside the old ones, and survivors move over to them
    resealed = 2,  ///< the rows are gone, all survivors have moved; the old keys still exist
    over = 3,      ///< the old keys are overwritten in both copies and read back
  };
  phase at = phase::none;
  std::uint64_t number = 0; ///< of the turn, from 1
  std::uint32_t segments = 0;
  std::uint32_t rows = 0; ///< to destroy, or destroyed
  bytes ticket;           ///< what begin() was given
  std::uint64_t resealed_rows = 0;
  std::uint64_t skipped_rows = 0; ///< survivors that could not be opened before: they are lost with their key
};

/// One turn at a time; its state is in the store, so that a crash at any point goes on where it was. Called
/// by the writer alone (the store actor), one call at a time.
struct key_turns {
  virtual ~key_turns() = default;

  [[nodiscard]] virtual key_turn current() const = 0;

  /// Durable when `committed`: from now on step() ends in the destruction of these rows. refused: too many
  /// (turn_rows_max, turn_ticket_bytes_max), none, a key out of range, a turn under way, or the disk is full.
  [[nodiscard]] virtual commit_result begin(std::span<const row_place> doomed, bytes_view ticket) = 0;

  /// One bounded piece of the work; whoever calls asks current() how far it is. refused (disk or keyring
  /// full) and unknown as for a commit. Nothing to do: committed.
  [[nodiscard]] virtual commit_result step() = 0;
};

} // namespace wardline::ports
