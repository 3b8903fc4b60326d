#pragma once
// Seals every value of every table under its segment's key; keys stay clear (sealed_value.hpp). And keeps,
// in the same transaction, the sum of the rows there are (row_sum.hpp).
#include "key_turn_row.hpp"
#include "keyring.hpp"
#include "ports/random.hpp"
#include "row_sum.hpp"
#include "sealed_value.hpp"
#include <functional>
#include <set>

namespace wardline {

constexpr std::uint64_t segment_rows = 4096; ///< of tables log, leaf, entry
constexpr std::uint32_t segment_shards = 64; ///< of every other table, by the first byte of the key
constexpr std::uint32_t segments_ahead =
    4; ///< made at once, so that backups of keys are never behind the log

/// Where a new value of this row goes. Nothing for a monotone table's key that is no row number, or out of
/// range.
std::optional<segment> segment_of(ports::table where, bytes_view key);

/// Which of its segment's keys seals this value; 0 if it is no sealed value.
std::uint32_t key_epoch_of(bytes_view sealed);

/// A decorator: any storage below, the same promises above. A value that was damaged, moved to another row or
/// table, or whose key is gone is `not_openable`, never wrong and never absent. It turns keys, too: it alone
/// knows which values hang on which key (sealed_storage_turn.cpp).
class sealed_storage : public ports::storage, public ports::key_turns {
public:
  /// `below` and `keys` outlive it. Nonces: 16 random bytes of this object, then a counter.
  sealed_storage(ports::storage& below, keyring& keys, ports::random& dice);

  ports::read_result read(ports::table where, bytes_view key) const override;
  std::vector<ports::row> scan(ports::table where, bytes_view prefix, bytes_view after,
                               std::size_t limit) const override;
  std::optional<ports::row> last(ports::table where, bytes_view prefix) const override;

  bool nearly_full() const override { return below_.nearly_full(); }

  /// Makes segment keys first, if any are missing, and durably: a row is never on disk before its key.
  ports::commit_result commit(std::span<const ports::change> changes) override;

  /// Before anything else is done: are the rows those of the last commit? Looks at every one that counts,
  /// some seconds for a million messages; tells how many it has seen. Refuses: rows_changed,
  /// value_not_openable (the row of the sum itself).
  refusal check_rows(const std::function<void(std::uint64_t)>& progress = {});
  /// The rows as they are now are those of the last commit; the next one writes it down. For a person who
  /// was told `rows_changed` and knows why.
  void accept_rows();

  /// Before anything is served: reads how far the last key turn was, and ends it if nothing but its old keys
  /// is left. Refuses: keyring_older (a key file from before the last turn was put back), value_not_openable,
  /// storage_refused.
  refusal resume_turn();

  [[nodiscard]] ports::key_turn current() const override;
  [[nodiscard]] ports::commit_result begin(std::span<const ports::row_place> doomed,
                                           bytes_view ticket) override;
  [[nodiscard]] ports::commit_result step() override;

private:
  [[nodiscard]] ports::commit_result make_keys(std::span<const ports::change> changes);
  [[nodiscard]] bytes seal(const ports::change& c);
  [[nodiscard]] ports::commit_result commit_sealed(std::vector<ports::change> sealed);
  [[nodiscard]] bool find_sum();
  [[nodiscard]] std::optional<ports::row> last_but_sum(bytes_view prefix) const;
  void add_rows(row_sum& to, ports::table where, std::uint8_t first_byte) const;
  [[nodiscard]] row_sum sum_now(const std::function<void(std::uint64_t)>& progress) const;
  [[nodiscard]] ports::commit_result commit_turn(turn_row next, std::vector<ports::change> with);
  [[nodiscard]] ports::commit_result reseal_some();
  [[nodiscard]] std::vector<ports::row> next_of_segment(const key_of_segment& in);
  [[nodiscard]] ports::commit_result destroy_old_keys();
  [[nodiscard]] std::optional<bytes> open(ports::table where, bytes_view key, bytes_view sealed) const;
  [[nodiscard]] std::optional<ports::row> opened(ports::table where, ports::row sealed) const;

  ports::storage& below_;
  keyring& keys_;
  std::array<std::uint8_t, 16> nonce_prefix_{};
  secret32 fresh_sum_key_; ///< of a store without rows
  // Of commit's one caller:
  std::optional<row_sum> sum_; ///< as it is on disk; read at first need
  std::uint64_t nonce_counter_ = 0;
  std::array<std::uint32_t, ports::table_max + 1> ready_until_{}; ///< segments below have keys, and so has it
  turn_row turn_;
  std::set<ports::row_place> doomed_; ///< turn_.doomed, to look up
  // How far re-sealing is; a restart begins anew and skips what has moved already.
  std::size_t turn_segment_ = 0;
  unsigned turn_prefix_ = 0; ///< of a shard: which of its first bytes
  bytes turn_after_;         ///< the last key looked at
  std::uint64_t resealed_rows_ = 0, skipped_rows_ = 0;
};

} // namespace wardline
