#pragma once
// LMDB's handles as C++ values; included by lmdb_storage.cpp alone.
#include "wire/ids.hpp"
#include <lmdb.h>
#include <utility>

namespace wardline::lmdb {

/// Aborted unless committed. A failed begin is kept in `rc`.
struct txn {
  MDB_txn* raw = nullptr;
  int rc;

  txn(MDB_env* env, unsigned flags) : rc{mdb_txn_begin(env, nullptr, flags, &raw)} {
    while (rc == 0 && (flags & MDB_RDONLY) != 0 && was_overtaken(env)) {
      mdb_txn_abort(std::exchange(raw, nullptr));
      rc = mdb_txn_begin(env, nullptr, flags, &raw);
    }
  }
  txn(const txn&) = delete;
  txn& operator=(const txn&) = delete;
  ~txn() {
    if (raw != nullptr)
      mdb_txn_abort(raw);
  }
  /// LMDB 0.9.24 takes the number n of the last commit, and then copies what stands in the meta page of n
  /// and n + 2 (mdb_txn_renew0). A thread that slept between the two sees commit n + 2, which may not be
  /// synced yet: acknowledged on, and gone after a power cut.
  [[nodiscard]] bool was_overtaken(MDB_env* env) const {
    MDB_envinfo written{}; // the newer meta page, synced or not
    return mdb_env_info(env, &written) == 0 && written.me_last_txnid >= mdb_txn_id(raw) + 2;
  }
  int commit() { return mdb_txn_commit(std::exchange(raw, nullptr)); } // frees it whatever it answers
};

struct cursor {
  MDB_cursor* raw = nullptr;
  int rc;

  cursor(const txn& in, MDB_dbi dbi) : rc{in.rc != 0 ? in.rc : mdb_cursor_open(in.raw, dbi, &raw)} {}
  cursor(const cursor&) = delete;
  cursor& operator=(const cursor&) = delete;
  ~cursor() {
    if (raw != nullptr)
      mdb_cursor_close(raw);
  }
};

/// LMDB takes keys and values as void*, and only reads them.
inline MDB_val val(bytes_view b) {
  return {b.size(), const_cast<std::uint8_t*>(b.data())};
}

inline bytes_view view_of(const MDB_val& v) {
  return {static_cast<const std::uint8_t*>(v.mv_data), v.mv_size};
}

} // namespace wardline::lmdb
