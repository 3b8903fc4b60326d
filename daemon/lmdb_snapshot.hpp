#pragma once
// Every row of one committed state, as it lies: what a backup copies while the daemon goes on writing.
#include "ports/storage.hpp"
#include <memory>

struct MDB_env;

namespace wardline {

/// Holds LMDB's pages of that state: the file grows while it lives, so it must not live long. One thread at a
/// time.
class lmdb_snapshot {
public:
  lmdb_snapshot(MDB_env* env, std::array<unsigned, ports::table_max + 1> tables);
  ~lmdb_snapshot();
  lmdb_snapshot(const lmdb_snapshot&) = delete;
  lmdb_snapshot& operator=(const lmdb_snapshot&) = delete;

  struct raw_row {
    ports::table where = ports::table::meta;
    bytes_view key;   ///< good until the next call
    bytes_view value; ///< likewise
  };
  enum class step : std::uint8_t { row, end, failed };
  /// Table by table, keys ascending.
  step next(raw_row& out);
  /// One value of that state.
  [[nodiscard]] ports::read_result read(ports::table where, bytes_view key) const;
  /// Keys of one table behind `after`, at most `limit`.
  [[nodiscard]] std::vector<bytes> keys(ports::table where, bytes_view after, std::size_t limit) const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace wardline
