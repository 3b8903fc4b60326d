#include "client/lmdb_device_store.hpp"
#include "wire/hash.hpp"
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <lmdb.h>
#include <sodium.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardline::client {

namespace {

constexpr mode_t owner_only = 0600;
/// A cell's file: SHA-256 of the content, then the content.
constexpr std::size_t cell_head_bytes = 32;

/// An open file; closed at the end of its scope.
class file {
public:
  file(const std::string& path, int flags) : fd_{::open(path.c_str(), flags | O_CLOEXEC, owner_only)} {}
  file(const file&) = delete;
  file& operator=(const file&) = delete;
  ~file() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }

  [[nodiscard]] bool overwrite(bytes_view all) const {
    std::size_t at = 0;
    while (at < all.size()) {
      auto n = ::pwrite(fd_, all.data() + at, all.size() - at, static_cast<off_t>(at));
      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return false;
      at += static_cast<std::size_t>(n);
    }
    return true;
  }
  [[nodiscard]] bool sync() const { return ::fsync(fd_) == 0; }
  [[nodiscard]] bool cut(std::size_t size) const { return ::ftruncate(fd_, static_cast<off_t>(size)) == 0; }

private:
  int fd_;
};

MDB_val val(bytes_view b) {
  return {b.size(),
          const_cast<std::uint8_t*>(b.data())}; // LMDB's C type has no const; it writes nothing here
}

bytes_view view_of(const MDB_val& v) {
  return {static_cast<const std::uint8_t*>(v.mv_data), v.mv_size};
}

bytes placed(table where, bytes_view key) {
  bytes out{static_cast<std::uint8_t>(where)};
  out.insert(out.end(), key.begin(), key.end());
  return out;
}

bool starts_with(bytes_view all, bytes_view prefix) {
  return all.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), all.begin());
}

/// A transaction; aborted unless committed.
class transaction {
public:
  transaction(MDB_env* env, unsigned flags) {
    if (mdb_txn_begin(env, nullptr, flags, &txn_) != 0)
      txn_ = nullptr;
  }
  transaction(const transaction&) = delete;
  transaction& operator=(const transaction&) = delete;
  ~transaction() {
    if (txn_ != nullptr)
      mdb_txn_abort(txn_);
  }
  [[nodiscard]] bool ok() const { return txn_ != nullptr; }
  [[nodiscard]] MDB_txn* get() const { return txn_; }
  int commit() { return mdb_txn_commit(std::exchange(txn_, nullptr)); }

private:
  MDB_txn* txn_ = nullptr;
};

/// Disk or map is full: LMDB has changed nothing that counts (DESIGN 1, principle 7).
bool is_full(int error) {
  return error == MDB_MAP_FULL || error == MDB_TXN_FULL || error == ENOSPC || error == EDQUOT;
}

/// Key of the one row of table store: u8 version 1 | b16 instance | b32 SHA-256(machine id) | u64 inode.
constexpr std::uint8_t store_key[] = {'i'};
constexpr std::uint8_t store_row_version = 1;

/// What a copy does not take along: the machine, and the data file's own number on its disk. Device numbers
/// of disks change from start to start and are left out.
std::optional<bytes> place_of(const std::string& data_file) {
  struct stat facts {};
  if (::stat(data_file.c_str(), &facts) != 0)
    return std::nullopt;
  bytes machine(64);
  file id{"/etc/machine-id", O_RDONLY};
  auto n = id.ok() ? ::pread(id.fd(), machine.data(), machine.size(), 0) : 0;
  machine.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  auto out = to_bytes(sha256(machine));
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(static_cast<std::uint64_t>(facts.st_ino) >> shift));
  return out;
}

class lmdb_device_store final : public device_store {
public:
  lmdb_device_store(std::string directory, std::unique_ptr<file> lock)
      : directory_{std::move(directory)}, lock_{std::move(lock)} {}
  ~lmdb_device_store() override {
    if (env_ != nullptr)
      mdb_env_close(env_);
  }

  refusal open() {
    if (mdb_env_create(&env_) != 0)
      return refusal::store_not_openable;
    mdb_env_set_mapsize(env_, device_store_map_bytes);
    // One process has the lock above, so LMDB's own reader table is not needed.
    auto path = directory_ + "/store.mdb";
    if (mdb_env_open(env_, path.c_str(), MDB_NOSUBDIR | MDB_NOTLS | MDB_NOLOCK, owner_only) != 0)
      return refusal::store_not_openable;
    transaction t{env_, 0};
    if (!t.ok() || mdb_dbi_open(t.get(), nullptr, 0, &rows_) != 0 || t.commit() != 0)
      return refusal::store_not_openable;
    // What a crash in write_cell left: an older secret, or a newer one that nobody was promised.
    bool clean = burn_leftovers(secret_cell::local_half) && burn_leftovers(secret_cell::enrolment);
    return clean ? find_instance(path) : refusal::store_not_openable;
  }

  [[nodiscard]] store_instance instance() const override { return instance_; }

  [[nodiscard]] std::optional<bytes> get(table where, bytes_view key) const override {
    transaction t{env_, MDB_RDONLY};
    auto place = placed(where, key);
    auto k = val(place);
    MDB_val v{};
    if (!t.ok() || mdb_get(t.get(), rows_, &k, &v) != 0)
      return std::nullopt;
    return to_bytes(view_of(v));
  }

  [[nodiscard]] std::vector<store_row> scan(table where, bytes_view prefix, bytes_view after,
                                            std::size_t rows_max) const override {
    std::vector<store_row> out;
    transaction t{env_, MDB_RDONLY};
    MDB_cursor* cursor = nullptr;
    if (!t.ok() || mdb_cursor_open(t.get(), rows_, &cursor) != 0)
      return out;
    auto head = placed(where, prefix);
    auto from = placed(where, after.empty() ? prefix : after);
    auto k = val(from);
    MDB_val v{};
    for (auto found = mdb_cursor_get(cursor, &k, &v, MDB_SET_RANGE); found == 0 && out.size() < rows_max;
         found = mdb_cursor_get(cursor, &k, &v, MDB_NEXT)) {
      auto key = view_of(k);
      if (!starts_with(key, head))
        break;
      bool same = key.size() == from.size() && std::equal(key.begin(), key.end(), from.begin());
      if (!after.empty() && same)
        continue;
      out.push_back({to_bytes(key.subspan(1)), to_bytes(view_of(v))});
    }
    mdb_cursor_close(cursor);
    return out;
  }

  store_result commit(std::span<const store_change> changes) override {
    transaction t{env_, 0};
    if (!t.ok())
      return store_result::refused;
    for (const auto& change : changes) {
      auto place = placed(change.where, change.key);
      auto k = val(place);
      int done = 0;
      if (change.value) {
        auto v = val(*change.value);
        done = mdb_put(t.get(), rows_, &k, &v, 0);
      } else {
        done = mdb_del(t.get(), rows_, &k, nullptr);
        if (done == MDB_NOTFOUND)
          done = 0;
      }
      if (done != 0)
        return store_result::refused; // aborted: nothing was changed
    }
    auto done = t.commit();
    if (done == 0)
      return store_result::committed;
    return is_full(done) ? store_result::refused : store_result::unknown;
  }

  [[nodiscard]] std::optional<wiped_bytes> read_cell(secret_cell which) const override {
    file f{path_of(which), O_RDONLY};
    if (!f.ok())
      return std::nullopt;
    wiped_bytes all{cell_head_bytes + secret_cell_bytes_max};
    auto n = ::pread(f.fd(), all.value.data(), all.value.size(), 0);
    if (n <= static_cast<ssize_t>(cell_head_bytes))
      return std::nullopt;
    bytes_view content{all.value.data() + cell_head_bytes, static_cast<std::size_t>(n) - cell_head_bytes};
    auto sum = sha256(content);
    if (!std::equal(sum.begin(), sum.end(), all.value.begin()))
      return std::nullopt; // damaged
    return wiped_bytes{to_bytes(content)};
  }

  store_result write_cell(secret_cell which, bytes_view content) override {
    if (content.size() > secret_cell_bytes_max)
      return store_result::refused;
    auto sum = sha256(content);
    wiped_bytes all{to_bytes(sum)};
    all.value.reserve(cell_head_bytes + content.size());
    all.value.insert(all.value.end(), content.begin(), content.end());
    if (!burn_leftovers(which))
      return store_result::unknown;
    if (!make_beside(which, all.value))
      return burn_leftovers(which) ? store_result::refused : store_result::unknown;
    // The old content keeps a name until the new one has the cell's: it can be found and burned after a
    // crash. Where the file system has no second names, it is burned through what is still open.
    auto path = path_of(which);
    file before{path, O_RDWR};
    bool named = ::link(path.c_str(), (path + old_suffix).c_str()) == 0;
    bool done = (!named || sync_directory()) && ::rename((path + new_suffix).c_str(), path.c_str()) == 0 &&
                sync_directory() && (named || !before.ok() || wipe_file(before)) && burn_leftovers(which);
    return done ? store_result::committed : store_result::unknown;
  }

  store_result burn_cell(secret_cell which) override {
    bool done = burn_leftovers(which) && burn_file(path_of(which)); // the cell itself last
    return done ? store_result::committed : store_result::unknown;
  }

private:
  static constexpr const char* new_suffix = ".new"; ///< written, not yet the cell
  static constexpr const char* old_suffix = ".old"; ///< was the cell; a second name of it until the rename

  /// The new content, durable, beside the cell.
  [[nodiscard]] bool make_beside(secret_cell which, bytes_view all) const {
    file f{path_of(which) + new_suffix, O_RDWR | O_CREAT | O_EXCL};
    return f.ok() && f.overwrite(all) && f.sync() && sync_directory();
  }

  /// What a write that came to its end, or did not, left beside the cell.
  [[nodiscard]] bool burn_leftovers(secret_cell which) const {
    auto path = path_of(which);
    auto old = path + old_suffix;
    struct stat cell {};
    struct stat kept {};
    bool same = ::stat(path.c_str(), &cell) == 0 && ::stat(old.c_str(), &kept) == 0 &&
                cell.st_ino == kept.st_ino && cell.st_dev == kept.st_dev;
    if (same && (::unlink(old.c_str()) != 0 || !sync_directory())) // the rename never came: it is the cell
      return false;
    return burn_file(old) && burn_file(path + new_suffix);
  }

  [[nodiscard]] bool burn_file(const std::string& path) const {
    file f{path, O_RDWR};
    if (!f.ok())
      return errno == ENOENT; // never written, or burned before
    return wipe_file(f) && f.cut(0) && f.sync() && ::unlink(path.c_str()) == 0 && sync_directory();
  }

  /// Copied, or restored from a backup: another store by its own word, so that the daemon refuses it.
  refusal find_instance(const std::string& data_file) {
    auto place = place_of(data_file);
    if (!place)
      return refusal::store_not_openable;
    auto held = get(table::store, store_key);
    constexpr std::size_t head = 1 + std::tuple_size_v<store_instance>;
    bool whole = held && held->size() == head + place->size() && held->front() == store_row_version;
    if (whole && std::equal(place->begin(), place->end(), held->begin() + head)) {
      std::copy_n(held->begin() + 1, instance_.size(), instance_.begin());
      return refusal::none;
    }
    randombytes_buf(instance_.data(), instance_.size());
    bytes row{store_row_version};
    row.insert(row.end(), instance_.begin(), instance_.end());
    row.insert(row.end(), place->begin(), place->end());
    std::vector<store_change> change{{table::store, to_bytes(store_key), std::move(row)}};
    return commit(change) == store_result::committed ? refusal::none : refusal::store_not_openable;
  }

  [[nodiscard]] std::string path_of(secret_cell which) const {
    return directory_ + (which == secret_cell::local_half ? "/local_half" : "/enrolment");
  }

  /// Zeros over what the file holds, on the medium as far as it obeys.
  static bool wipe_file(const file& f) {
    struct stat facts {};
    if (::fstat(f.fd(), &facts) != 0)
      return false;
    return f.overwrite(bytes(static_cast<std::size_t>(facts.st_size))) && f.sync();
  }

  [[nodiscard]] bool sync_directory() const {
    file d{directory_, O_RDONLY | O_DIRECTORY};
    return d.ok() && d.sync();
  }

  std::string directory_;
  std::unique_ptr<file> lock_; ///< held as long as this object lives
  MDB_env* env_ = nullptr;
  MDB_dbi rows_ = 0;
  store_instance instance_{};
};

} // namespace

expected<std::unique_ptr<device_store>> open_lmdb_device_store(const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error || ::chmod(directory.c_str(), 0700) != 0)
    return refusal::store_not_openable;
  auto lock = std::make_unique<file>(directory + "/lock", O_RDWR | O_CREAT);
  if (!lock->ok())
    return refusal::store_not_openable;
  if (::flock(lock->fd(), LOCK_EX | LOCK_NB) != 0)
    return refusal::store_locked;
  auto store = std::make_unique<lmdb_device_store>(directory, std::move(lock));
  if (auto why = store->open(); why != refusal::none)
    return why;
  return std::unique_ptr<device_store>{std::move(store)};
}

} // namespace wardline::client
