#pragma once
// Lives of a store (e2ee 6.6): a restore brings back the log up to a leaf and goes on under a new incarnation
// and a new origin. The entries that came back keep their places, and the first entry behind them opens the
// life: it names the life before and what was known of its log. Public half.
//
// e2ee 5.15 lets the new log begin with that entry and asks for a proof from the pin to the checkpoint which
// it embeds. No such proof can be made where the checkpoint is newer than what came back: the entries in
// between are gone. So the old entries stay in front, where one proof covers them and everything after, and
// whoever has seen more than came back has that written into the new log before it is believed. The epoch in
// the origin is the second of the restore: one bulk may be restored twice, and two logs never share an
// origin.
#include "e2ee/checkpoint.hpp"

namespace wardline::e2ee {

/// Kind of the entry that opens a life (object = its incarnation), and of the one that admits what a device
/// had seen (device = who showed it, object = incarnation of the earlier life, hash = root, detail = u64
/// size).
inline constexpr std::uint8_t entry_life_opened = 14;
inline constexpr std::uint8_t entry_pin_shown = 45;

/// Detail of an entry that opens a later life than the first, final:
///   u32 log epoch | b16 earlier | u64 restored | u64 known | v16 note
struct opened_life {
  std::uint32_t log_epoch = 2; ///< of the origin: seconds since 1970, and above the one before
  incarnation_id earlier;      ///< the life before
  std::uint64_t restored = 0;  ///< leaves that came back, >= 1; the number of this entry
  std::uint64_t known = 0; ///< leaves of the newest checkpoint known of the earlier life; 0: none was known
  std::string note{};      ///< that checkpoint, signed; evidence for people, at most note_kept_bytes_max

  bool operator==(const opened_life&) const = default;
};
inline constexpr std::size_t note_kept_bytes_max = 4'096;

bytes encode(const opened_life& l);
/// Complete and bounded.
expected<opened_life> decode_opened_life(bytes_view raw);

/// One whose entry the caller has proved to stand in the new log, at the leaf that it names.
struct life_entry {
  incarnation_id incarnation;
  opened_life what;
};

/// "…/audit/2" of the same log as "…/audit/1", and later: its epoch; nothing if it is another log.
std::optional<std::uint64_t> later_epoch(std::string_view pinned_origin, std::string_view origin);

/// How many leaves that the pin covers are in this log; the pin's size: all of them. A life that `lives` do
/// not come from was itself lost: then what all lives have in common counts.
std::uint64_t leaves_kept(const log_pin& pin, std::span<const life_entry> lives);

/// The pin after restores. `lives`: those since the pinned one, in order, or all if the pinned one is none of
/// theirs; `next`: a checkpoint of the last of them, whose signature the caller has checked. Refuses:
/// log_other_origin (another log, an epoch or an incarnation does not follow), log_forked (`consistency`,
/// from the pin's size, does not hold), log_rolled_back (the pin covers more than came back, and `admitted`
/// does not say that the new log says so about this very pin).
expected<log_pin> adopt_life(const log_pin& pin, const incarnation_id& now, const checkpoint& next,
                             std::span<const life_entry> lives, std::span<const hash32> consistency,
                             bool admitted);

} // namespace wardline::e2ee
