#pragma once
// One 32-byte key per segment, in one file of two copies, sealed under the KEK, overwritten in place
// (security 5.2, 5.3). Never in LMDB, never in a bulk backup.
#include "ports/journal.hpp"
#include "ports/storage.hpp"
#include "wire/expected.hpp"
#include "wire/secret.hpp"
#include <filesystem>
#include <map>
#include <memory>
#include <shared_mutex>

namespace wardline {

/// What one key seals: 4 096 consecutive rows of a monotone table, or a shard of another
/// (sealed_storage.hpp).
struct segment {
  ports::table where = ports::table::meta;
  std::uint32_t number = 0;

  auto operator<=>(const segment&) const = default;
};

/// One key of a segment. A key turn gives the segment the next epoch and then destroys the one before.
struct key_of_segment {
  segment of;
  std::uint32_t epoch = 0;

  auto operator<=>(const key_of_segment&) const = default;
};

constexpr std::size_t keyring_copy_bytes = 4u << 20; ///< of one copy, 4 KiB aligned; the file has two
constexpr std::size_t keyring_slot_bytes = 48; ///< u8 table | 3 zero | u32 segment | u32 epoch | 4 zero | key
constexpr std::size_t keyring_header_bytes = 64;
/// 87 379 keys. 10 million messages (20 M log rows, 30 M leaves with entries) take some 20 400.
constexpr std::size_t keyring_keys_max =
    (keyring_copy_bytes - keyring_header_bytes - 16) / keyring_slot_bytes;
constexpr std::size_t keyring_alarm_percent = 80;

/// The file: two copies of
///   "WLKR" | u8 version 1 | u8 copy (0, 1) | 2 zero | u64 epoch of the file | u32 keys | 20 zero | 24 B
///   nonce | XChaCha20-Poly1305 under the KEK of all slots, AAD = lab("wardline keyring v1") | header | tag
/// A crash may tear one copy, never both: the second is written after the first was read back.
class keyring {
public:
  /// A new file. Refuses already_exists, storage_refused. Durable, with its folder, when it returns.
  static expected<std::unique_ptr<keyring>> create(const std::filesystem::path& file, const secret32& kek,
                                                   ports::journal& journal);

  /// Heals a torn or older copy from the other. Refuses not_found, keyring_not_openable (wrong KEK, or both
  /// copies damaged), storage_refused.
  static expected<std::unique_ptr<keyring>> open(const std::filesystem::path& file, const secret32& kek,
                                                 ports::journal& journal);
  /// A new file with the keys of another one (a restore), under this KEK and no older than that one. Refusals
  /// as create().
  static expected<std::unique_ptr<keyring>> restore(const std::filesystem::path& file, const secret32& kek,
                                                    std::map<key_of_segment, secret32> keys,
                                                    std::uint64_t file_epoch, ports::journal& journal);
  ~keyring();
  keyring(const keyring&) = delete;
  keyring& operator=(const keyring&) = delete;

  /// Makes the keys that are missing; every one is durable in both copies before this returns `committed`.
  /// refused: the keyring is full. unknown: the disk did not say; the process must end. One caller at a time.
  ports::commit_result ensure(std::span<const segment> wanted);

  /// Makes these keys beside those that are there (step 1 of a key turn); like ensure().
  ports::commit_result add(std::span<const key_of_segment> wanted);

  /// Destroys every key of these segments that is older than the one named (step 3 of a key turn):
  /// overwritten in place in both copies and read back before this returns `committed`. refused: the disk is
  /// full, the old keys may still be there; ask again. unknown: the process must end.
  ports::commit_result destroy_before(std::span<const key_of_segment> kept);

  [[nodiscard]] bool has(const segment& s) const;
  /// 0: the segment has no key.
  [[nodiscard]] std::uint32_t newest_epoch(const segment& s) const;

  /// Calls f(u32 key epoch, key) with the segment's newest key. False: there is none. Thread-safe.
  template <class F>
  bool with_newest(const segment& s, F f) const {
    std::shared_lock hold{mutex_};
    auto behind = keys_.upper_bound({s, UINT32_MAX});
    if (behind == keys_.begin() || std::prev(behind)->first.first != s)
      return false;
    --behind;
    f(behind->first.second, behind->second.view());
    return true;
  }

  /// Calls f(key) with the key of this epoch. False: there is none (destroyed, or never made). Thread-safe.
  template <class F>
  bool with(const segment& s, std::uint32_t key_epoch, F f) const {
    std::shared_lock hold{mutex_};
    auto found = keys_.find({s, key_epoch});
    if (found == keys_.end())
      return false;
    f(found->second.view());
    return true;
  }

  /// Every key, for a backup's current table; they are in use as soon as this returns, or were a moment ago.
  template <class F>
  void for_each(F f) const {
    std::shared_lock hold{mutex_};
    for (const auto& [of, key] : keys_)
      f(key_of_segment{of.first, of.second}, key.view());
  }

  [[nodiscard]] std::size_t size() const;
  /// Of the file; grows by one with every overwriting.
  [[nodiscard]] std::uint64_t file_epoch() const;

private:
  using key_map = std::map<std::pair<segment, std::uint32_t>, secret32>;
  struct copy_state;

  keyring(std::filesystem::path file, const secret32& kek, ports::journal& journal);
  bool write_copy(std::uint8_t copy, const key_map& keys, std::uint64_t epoch);
  [[nodiscard]] std::optional<copy_state> read_copy(std::uint8_t copy) const;
  ports::commit_result replace(key_map next);
  [[nodiscard]] key_map copied() const;
  refusal load();
  void alarm_if_filling();

  std::filesystem::path path_;
  secret32 kek_;
  ports::journal& journal_;
  int fd_ = -1;
  mutable std::shared_mutex mutex_;
  key_map keys_;
  std::uint64_t file_epoch_ = 0;
  std::size_t written_keys_ = 0; ///< the most that any copy holds: so much is overwritten
};

} // namespace wardline
