#pragma once
// The storage port on LMDB 0.9.24: default syncs, no WRITEMAP, no DUPSORT, no thread-local readers (security
// 3).
#include "lmdb_snapshot.hpp"
#include "ports/journal.hpp"
#include "ports/storage.hpp"
#include "wire/expected.hpp"
#include <filesystem>
#include <memory>

struct MDB_env;

namespace wardline {

/// Address space, not disk: the file is sparse and grows with its data. Never set LimitAS (security 8.5).
constexpr std::size_t lmdb_map_bytes = 64ull << 30;
/// Kept for leaves, keys and level 1-2 when the disk is full: even deletes need free pages. Of a small map or
/// file system an eighth.
constexpr std::size_t lmdb_reserve_bytes = 256u << 20;
constexpr std::size_t lmdb_reserve_part = 8;
constexpr unsigned lmdb_readers_max = 512; ///< one slot per read in progress; threads are far fewer

struct lmdb_usage {
  std::uint64_t used_bytes = 0; ///< pages ever used; LMDB never gives them back
  std::uint64_t map_bytes = 0;
};

/// The file system below; zeros if it does not say.
struct disk_space {
  std::uint64_t all_bytes = 0;
  std::uint64_t free_bytes = 0; ///< for this user
};

/// What is kept of so much room.
std::uint64_t lmdb_reserve_of(std::uint64_t all_bytes);

/// Owns one environment; open it once in a process, never on a remote file system.
class lmdb_storage : public ports::storage {
public:
  /// Makes the folder's database if there is none. Refuses: store_locked (another process has it),
  /// log_corrupt (the file is shorter than its tables), storage_refused (folder missing, rights, disk full).
  static expected<std::unique_ptr<lmdb_storage>>
  open(const std::filesystem::path& folder, ports::journal& journal, std::size_t map_bytes = lmdb_map_bytes);
  ~lmdb_storage() override;
  lmdb_storage(const lmdb_storage&) = delete;
  lmdb_storage& operator=(const lmdb_storage&) = delete;

  ports::read_result read(ports::table where, bytes_view key) const override;
  std::vector<ports::row> scan(ports::table where, bytes_view prefix, bytes_view after,
                               std::size_t limit) const override;
  std::optional<ports::row> last(ports::table where, bytes_view prefix) const override;
  ports::commit_result commit(std::span<const ports::change> changes) override;

  /// The map or the file system has less left than the reserve.
  bool nearly_full() const override;

  /// The last committed state, for a copy of it.
  [[nodiscard]] std::unique_ptr<lmdb_snapshot> snapshot() const {
    return std::make_unique<lmdb_snapshot>(env_, tables_);
  }

  [[nodiscard]] lmdb_usage usage() const;
  [[nodiscard]] disk_space space() const;
  /// No row in any table.
  [[nodiscard]] bool empty() const;
  /// Frees slots of readers that died; at start and every 30 s. How many there were.
  int check_readers();

private:
  lmdb_storage(std::filesystem::path folder, ports::journal& journal);

  refusal start(std::size_t map_bytes);
  int open_environment(std::size_t map_bytes);
  refusal make_tables();
  int put_all(void* txn, std::span<const ports::change> changes) const;
  [[nodiscard]] ports::commit_result judge(int rc, std::uint64_t last_transaction) const;
  [[nodiscard]] bool nothing_happened_for_lack_of_space(std::uint64_t last_transaction) const;
  [[nodiscard]] bool walk_all() const;
  void complain(ports::word event, int rc) const;

  std::filesystem::path folder_;
  ports::journal& journal_;
  int lock_ = -1;
  MDB_env* env_ = nullptr;
  std::array<unsigned, ports::table_max + 1> tables_{};
};

} // namespace wardline
