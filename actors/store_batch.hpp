#pragma once
// One transaction in the making: writes go in whole or not at all, and come out as rows.
#include "audit_rows.hpp"
#include "ports/random.hpp"
#include <string>
#include <unordered_map>

namespace wardline {

/// Keys, values, log rows and details of a write: what it costs the batch.
std::size_t bytes_of(const write& w);

/// What can be said about a write without looking at the disk: malformed_request (no act, a table or row of
/// the store's own, a key out of range), count_too_large, object_too_large; none if it may wait.
refusal check(const write& w);

/// Collects the writes of one commit. Pure but for reads: it changes nothing until its rows are committed.
class store_batch {
public:
  store_batch(const ports::reader& disk, ports::random& dice, store_head from);
  store_batch(const store_batch&) = delete;
  store_batch& operator=(const store_batch&) = delete;
  /// Values that may hold a secret (lock shares, second factors) are wiped once they are on the disk.
  ~store_batch();

  /// The stamps of the write's acts. precondition_failed: nothing of the write is in, its neighbours are
  /// unharmed. The write has passed check().
  expected<std::vector<stamp>> add(write&& w);

  /// One leaf without changes, for the store's own acts.
  void add_leaf(const rules::audit_entry& entry);

  /// A row of the store's own.
  void add_row(ports::change row);

  /// Everything to commit, the new head included. Call once, last.
  std::span<const ports::change> rows();

  [[nodiscard]] bool empty() const { return rows_.empty(); }
  [[nodiscard]] const store_head& head() const { return head_; }

private:
  bool holds(const precondition& p, const write& w, std::size_t acts_before,
             const std::vector<stamp>& stamps) const;
  void append(ports::change row);

  const ports::reader& disk_;
  ports::random& dice_;
  store_head head_;
  std::vector<ports::change> rows_;
  std::unordered_map<std::string, std::size_t> newest_; ///< table | key -> its last change in rows_
};

} // namespace wardline
