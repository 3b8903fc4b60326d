#include "lmdb_snapshot.hpp"
#include "lmdb_storage_handles.hpp"
#include <optional>

namespace wardline {

using lmdb::val;
using lmdb::view_of;

struct lmdb_snapshot::state {
  lmdb::txn txn;
  std::array<unsigned, ports::table_max + 1> tables;
  std::size_t table = 0; ///< of the open cursor; 0 = before the first
  std::optional<lmdb::cursor> at;
};

lmdb_snapshot::lmdb_snapshot(MDB_env* env, std::array<unsigned, ports::table_max + 1> tables)
    : state_{new state{{env, MDB_RDONLY}, tables, 0, {}}} {}

lmdb_snapshot::~lmdb_snapshot() {
  state_->at.reset(); // before its transaction
}

lmdb_snapshot::step lmdb_snapshot::next(raw_row& out) {
  auto& s = *state_;
  if (s.txn.rc != 0)
    return step::failed;
  for (;;) {
    MDB_val key{}, value{};
    int rc = MDB_NOTFOUND;
    if (s.at)
      rc = mdb_cursor_get(s.at->raw, &key, &value, MDB_NEXT);
    if (rc == 0) {
      out = {static_cast<ports::table>(s.table), view_of(key), view_of(value)};
      return step::row;
    }
    if (rc != MDB_NOTFOUND)
      return step::failed;
    s.at.reset();
    if (s.table == ports::table_max)
      return step::end;
    s.at.emplace(s.txn, s.tables[++s.table]); // MDB_NEXT of a fresh cursor is its first row
    if (s.at->rc != 0)
      return step::failed;
  }
}

ports::read_result lmdb_snapshot::read(ports::table where, bytes_view key) const {
  auto k = val(key);
  MDB_val value{};
  int rc = state_->txn.rc;
  if (rc == 0)
    rc = mdb_get(state_->txn.raw, state_->tables[static_cast<std::size_t>(where)], &k, &value);
  if (rc == 0)
    return {ports::read_status::found, to_bytes(view_of(value))};
  return {rc == MDB_NOTFOUND ? ports::read_status::absent : ports::read_status::not_openable, {}};
}

std::vector<bytes> lmdb_snapshot::keys(ports::table where, bytes_view after, std::size_t limit) const {
  std::vector<bytes> out;
  lmdb::cursor c{state_->txn, state_->tables[static_cast<std::size_t>(where)]};
  auto key = val(after);
  MDB_val value{};
  int rc = c.rc != 0 ? c.rc : mdb_cursor_get(c.raw, &key, &value, after.empty() ? MDB_FIRST : MDB_SET_RANGE);
  for (; rc == 0 && out.size() < limit; rc = mdb_cursor_get(c.raw, &key, &value, MDB_NEXT))
    if (auto found = to_bytes(view_of(key)); found != to_bytes(after))
      out.push_back(std::move(found));
  return out;
}

} // namespace wardline
