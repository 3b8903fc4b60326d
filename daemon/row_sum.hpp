#pragma once
// Which rows there are, in 32 bytes: a keyed multiset hash (MSet-Add-Hash, Clarke et al., ASIACRYPT 2003),
// the sum of a BLAKE2b of each row. Sealing binds a value to its row; the sum binds the rows to each other
// and to a time: a row deleted, put back or replaced by its own older value changes it. Who has no key can
// neither read the sum nor say what a row adds to it.
#include "ports/storage.hpp"
#include "wire/secret.hpp"
#include <array>

namespace wardline {

/// table meta, key "store/rows", sealed like any value.
///   u8 version 1 | 32 B key | u64 rows | 4 x u64 sum
class row_sum {
public:
  /// Of no rows.
  explicit row_sum(secret32 key);

  /// Not the log's own tables: the tree pins leaves, entries and nodes, and a log row is written once and
  /// named by a row that counts. They are most of the bytes.
  [[nodiscard]] static bool counts(ports::table where, bytes_view key);

  void add(ports::table where, bytes_view key, bytes_view sealed);
  void remove(ports::table where, bytes_view key, bytes_view sealed);

  /// The rows of another sum with the same key, too: nobody's row is in both.
  void add(const row_sum& other);

  [[nodiscard]] row_sum copy() const;
  /// The same key, and no rows.
  [[nodiscard]] row_sum empty() const;
  [[nodiscard]] std::uint64_t rows() const { return rows_; }
  /// The same rows, if both have the same key.
  friend bool operator==(const row_sum& a, const row_sum& b);

  [[nodiscard]] wiped_bytes encode() const;
  /// Nothing unless the bytes are exactly one such row.
  static std::optional<row_sum> decode(bytes_view raw);

private:
  using lanes = std::array<std::uint64_t, 4>;
  [[nodiscard]] lanes of(ports::table where, bytes_view key, bytes_view sealed) const;

  secret32 key_;
  std::uint64_t rows_ = 0;
  lanes sum_{};
};

bytes row_sum_key();
bool is_row_sum(ports::table where, bytes_view key);

} // namespace wardline
