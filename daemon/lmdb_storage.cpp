#include "lmdb_storage.hpp"
#include "durable_file.hpp"
#include "lmdb_file.hpp"
#include "lmdb_storage_handles.hpp"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

namespace wardline {

namespace {

using namespace lmdb;

using ports::commit_result;
using ports::read_status;
using ports::row;
using ports::table;

/// LMDB answers a short write of a filling disk with EIO. Below this much free space we look closer.
constexpr std::uint64_t short_write_free_bytes = 16u << 20;

/// By their numbers; LMDB keeps them as names.
// clang-format off
constexpr std::array<const char*, ports::table_max + 1> table_names{
    "", "meta", "log", "index", "leaf", "entry", "node", "idempotency", "object", "device", "user", "party",
    "conversation", "item", "invitation", "link_key", "session", "seed_seal", "due", "waiting",
    "plan", "blob"};
// clang-format on

bool starts_with(bytes_view key, bytes_view prefix) {
  return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
}

bool less(bytes_view a, bytes_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end());
}

/// A table that LMDB could not walk on: whoever reads must see that rows are missing here.
row broken_row(bytes_view near) {
  row out{to_bytes(near), {}, false};
  out.key.push_back(0);
  return out;
}

bool out_of_space(int rc) {
  return rc == MDB_MAP_FULL || rc == MDB_TXN_FULL || rc == ENOSPC || rc == EDQUOT || rc == EFBIG;
}

/// LMDB's own invariants failed: its state cannot be known any more. No abort(): a core would hold values.
void broken_invariant(MDB_env*, const char* what) {
  std::fprintf(stderr, "wardlined: lmdb: %s\n", what);
  std::_Exit(EXIT_FAILURE);
}

} // namespace

lmdb_storage::lmdb_storage(std::filesystem::path folder, ports::journal& journal)
    : folder_{std::move(folder)}, journal_{journal} {}

lmdb_storage::~lmdb_storage() {
  if (env_ != nullptr)
    mdb_env_close(env_);
  if (lock_ >= 0)
    ::close(lock_);
}

expected<std::unique_ptr<lmdb_storage>> lmdb_storage::open(const std::filesystem::path& folder,
                                                           ports::journal& journal, std::size_t map_bytes) {
  std::unique_ptr<lmdb_storage> out{new lmdb_storage{folder, journal}};
  if (auto why = out->start(map_bytes); why != refusal::none)
    return why;
  return out;
}

refusal lmdb_storage::start(std::size_t map_bytes) {
  // Our own lock: LMDB itself would let a second daemon in.
  lock_ = ::open((folder_ / "owner.lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock_ < 0) {
    complain("lmdb_folder_not_usable", errno);
    return refusal::storage_refused;
  }
  if (::flock(lock_, LOCK_EX | LOCK_NB) != 0)
    return refusal::store_locked;
  auto data_file = folder_ / "data.mdb";
  auto found = make_lmdb_file_readable(data_file);
  if (found == lmdb_file::damaged)
    return refusal::log_corrupt;
  int rc = open_environment(map_bytes);
  if (rc != 0) {
    complain("lmdb_not_opened", rc);
    return rc == MDB_INVALID || rc == MDB_CORRUPTED || rc == MDB_VERSION_MISMATCH ? refusal::log_corrupt
                                                                                  : refusal::storage_refused;
  }
  if (auto why = make_tables(); why != refusal::none)
    return why;
  if (found == lmdb_file::was_short) {
    if (!walk_all())
      return refusal::log_corrupt;
    forget_lmdb_file_was_short(data_file);
  }
  check_readers();
  return refusal::none;
}

int lmdb_storage::open_environment(std::size_t map_bytes) {
  if (int rc = mdb_env_create(&env_); rc != 0)
    return rc;
  mdb_env_set_assert(env_, broken_invariant);
  for (int rc : {mdb_env_set_maxdbs(env_, ports::table_max + 1),
                 mdb_env_set_maxreaders(env_, lmdb_readers_max), mdb_env_set_mapsize(env_, map_bytes)})
    if (rc != 0)
      return rc;
  return mdb_env_open(env_, folder_.c_str(), MDB_NOTLS | MDB_NORDAHEAD, 0600);
}

refusal lmdb_storage::make_tables() {
  txn t{env_, 0};
  int rc = t.rc;
  for (std::size_t i = 1; rc == 0 && i < table_names.size(); ++i)
    rc = mdb_dbi_open(t.raw, table_names[i], MDB_CREATE, &tables_[i]);
  if (rc == 0)
    rc = t.commit();
  // The new file's name must be durable before anything in it is acknowledged.
  if (rc == 0 && !sync_folder(folder_))
    rc = errno;
  if (rc == 0)
    return refusal::none;
  complain("lmdb_tables_not_opened", rc);
  return rc == MDB_CORRUPTED || rc == MDB_PAGE_NOTFOUND ? refusal::log_corrupt : refusal::storage_refused;
}

/// Every row of every table, and the first byte of its value (sealed values begin with their format, never
/// 0).
bool lmdb_storage::walk_all() const {
  txn t{env_, MDB_RDONLY};
  for (std::size_t i = 1; i < table_names.size(); ++i) {
    cursor c{t, tables_[i]};
    MDB_val key{}, value{};
    int rc = c.rc;
    for (auto op = MDB_FIRST; rc == 0; op = MDB_NEXT) {
      rc = mdb_cursor_get(c.raw, &key, &value, op);
      if (rc == 0 && value.mv_size > 0 && *static_cast<const std::uint8_t*>(value.mv_data) == 0)
        return false;
    }
    if (rc != MDB_NOTFOUND) {
      complain("lmdb_file_truncated", rc);
      return false;
    }
  }
  return true;
}

ports::read_result lmdb_storage::read(table where, bytes_view key) const {
  if (key.empty() || key.size() > ports::key_bytes_max)
    return {};
  txn t{env_, MDB_RDONLY};
  auto k = val(key);
  MDB_val value{};
  int rc = t.rc != 0 ? t.rc : mdb_get(t.raw, tables_[static_cast<std::size_t>(where)], &k, &value);
  if (rc == 0)
    return {read_status::found, to_bytes(view_of(value))};
  if (rc == MDB_NOTFOUND)
    return {};
  complain("lmdb_read_failed", rc);
  return {read_status::not_openable, {}};
}

std::vector<row> lmdb_storage::scan(table where, bytes_view prefix, bytes_view after,
                                    std::size_t limit) const {
  std::vector<row> out;
  limit = std::min(limit, ports::scan_rows_max);
  txn t{env_, MDB_RDONLY};
  cursor c{t, tables_[static_cast<std::size_t>(where)]};
  auto from = less(prefix, after) ? after : prefix;
  auto key = val(from);
  MDB_val value{};
  int rc = c.rc != 0 ? c.rc : mdb_cursor_get(c.raw, &key, &value, from.empty() ? MDB_FIRST : MDB_SET_RANGE);
  while (rc == 0 && out.size() < limit && starts_with(view_of(key), prefix)) {
    if (after.empty() || less(after, view_of(key)))
      out.push_back({to_bytes(view_of(key)), to_bytes(view_of(value)), true});
    rc = mdb_cursor_get(c.raw, &key, &value, MDB_NEXT);
  }
  if (rc != 0 && rc != MDB_NOTFOUND) {
    complain("lmdb_scan_failed", rc);
    out.push_back(broken_row(out.empty() ? from : bytes_view{out.back().key}));
  }
  return out;
}

std::optional<row> lmdb_storage::last(table where, bytes_view prefix) const {
  txn t{env_, MDB_RDONLY};
  cursor c{t, tables_[static_cast<std::size_t>(where)]};
  // The smallest key behind all that start with the prefix; none if the prefix is empty or all 255.
  auto behind = to_bytes(prefix);
  while (!behind.empty() && behind.back() == 255)
    behind.pop_back();
  if (!behind.empty())
    ++behind.back();
  auto key = val(behind);
  MDB_val value{};
  int rc = c.rc;
  if (rc == 0)
    rc = behind.empty() ? MDB_NOTFOUND : mdb_cursor_get(c.raw, &key, &value, MDB_SET_RANGE);
  if (rc == 0 || rc == MDB_NOTFOUND)
    rc = mdb_cursor_get(c.raw, &key, &value, rc == 0 ? MDB_PREV : MDB_LAST);
  if (rc == 0 && starts_with(view_of(key), prefix))
    return row{to_bytes(view_of(key)), to_bytes(view_of(value)), true};
  if (rc == 0 || rc == MDB_NOTFOUND)
    return std::nullopt;
  complain("lmdb_scan_failed", rc);
  return broken_row(prefix);
}

int lmdb_storage::put_all(void* raw, std::span<const ports::change> changes) const {
  auto* t = static_cast<MDB_txn*>(raw);
  for (const auto& c : changes) {
    auto dbi = tables_[static_cast<std::size_t>(c.where)];
    auto key = val(c.key);
    auto value = val(c.value);
    int rc = MDB_KEYEXIST;
    if (c.what == ports::change::kind::del) {
      rc = mdb_del(t, dbi, &key, nullptr);
      rc = rc == MDB_NOTFOUND ? 0 : rc;
    } else {
      // Appending fills pages whole and searches nothing; LMDB refuses it unless the key is the greatest.
      if (ports::is_monotone(c.where))
        rc = mdb_put(t, dbi, &key, &value, MDB_APPEND);
      if (rc == MDB_KEYEXIST)
        rc = mdb_put(t, dbi, &key, &value, 0);
    }
    if (rc != 0)
      return rc;
  }
  return 0;
}

commit_result lmdb_storage::commit(std::span<const ports::change> changes) {
  for (const auto& c : changes)
    if (!ports::in_range(c, ports::sealing_bytes_max))
      return commit_result::refused;
  MDB_envinfo before{};
  mdb_env_info(env_, &before);
  int rc = 0;
  {
    txn t{env_, 0};
    rc = t.rc != 0 ? t.rc : put_all(t.raw, changes);
    if (rc == 0)
      rc = t.commit();
  }
  if (rc == 0)
    return commit_result::committed;
  complain("lmdb_commit_failed", rc);
  return judge(rc, before.me_last_txnid);
}

commit_result lmdb_storage::judge(int rc, std::uint64_t last_transaction) const {
  if (out_of_space(rc))
    return commit_result::refused;
  if (rc == EIO && nothing_happened_for_lack_of_space(last_transaction))
    return commit_result::refused;
  return commit_result::unknown;
}

/// mdb_page_flush says EIO for a short write, which is how a filling disk begins ("filesystem full?", mdb.c).
/// It is that, and not a dying disk, if there is no room, the environment is not in panic (the meta page was
/// not touched) and the last transaction is still the one before.
bool lmdb_storage::nothing_happened_for_lack_of_space(std::uint64_t last_transaction) const {
  struct statvfs disk {};
  if (::statvfs(folder_.c_str(), &disk) != 0 ||
      static_cast<std::uint64_t>(disk.f_bavail) * disk.f_frsize > short_write_free_bytes)
    return false;
  txn alive{env_, 0};
  MDB_envinfo now{};
  return alive.rc == 0 && mdb_env_info(env_, &now) == 0 && now.me_last_txnid == last_transaction;
}

lmdb_usage lmdb_storage::usage() const {
  MDB_envinfo info{};
  MDB_stat stat{};
  mdb_env_info(env_, &info);
  mdb_env_stat(env_, &stat);
  return {(info.me_last_pgno + 1) * stat.ms_psize, info.me_mapsize};
}

disk_space lmdb_storage::space() const {
  struct statvfs disk {};
  if (::statvfs(folder_.c_str(), &disk) != 0)
    return {};
  auto bytes_of = [&](auto blocks) { return static_cast<std::uint64_t>(blocks) * disk.f_frsize; };
  return {bytes_of(disk.f_blocks), bytes_of(disk.f_bavail)};
}

std::uint64_t lmdb_reserve_of(std::uint64_t all_bytes) {
  return std::min<std::uint64_t>(lmdb_reserve_bytes, all_bytes / lmdb_reserve_part);
}

/// Pages that LMDB may use again are not counted: how many there are only a walk would tell. So it says so
/// early, and after much was deleted for longer than it must.
bool lmdb_storage::nearly_full() const {
  auto map = usage();
  auto disk = space();
  return map.map_bytes - std::min(map.used_bytes, map.map_bytes) < lmdb_reserve_of(map.map_bytes) ||
         disk.free_bytes < lmdb_reserve_of(disk.all_bytes);
}

bool lmdb_storage::empty() const {
  for (std::uint8_t i = 1; i <= ports::table_max; ++i)
    if (last(static_cast<table>(i), {}))
      return false;
  return true;
}

int lmdb_storage::check_readers() {
  int dead = 0;
  if (mdb_reader_check(env_, &dead) == 0 && dead > 0)
    journal_.write(ports::severity::notice, "lmdb_dead_readers", {{"count", dead}});
  return dead;
}

void lmdb_storage::complain(ports::word event, int rc) const {
  journal_.write(ports::severity::error, event, {{"code", rc}});
}

} // namespace wardline
