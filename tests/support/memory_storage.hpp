#pragma once
// The storage port in memory, with disks' lies on demand.
#include "ports/storage.hpp"
#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <set>

namespace wardline {

/// What the next commit does.
enum class storage_fault {
  none,
  fail_and_not_persist,    ///< refused: a full disk
  unknown_and_not_persist, ///< EIO, and nothing is there afterwards
  fail_but_persist,        ///< EIO, and all of it is there afterwards: the error lied
};

/// Copies of `rows` are crash images: hand one to a new memory_storage to start again from it.
struct memory_storage : ports::storage {
  using table_rows = std::map<bytes, bytes>;
  using image = std::array<table_rows, ports::table_max + 1>;

  memory_storage() = default;
  explicit memory_storage(image from) : rows{std::move(from)} {}

  ports::read_result read(ports::table where, bytes_view key) const override {
    std::lock_guard hold{mutex};
    ++reads;
    const auto& in = rows[static_cast<std::size_t>(where)];
    auto found = in.find(to_bytes(key));
    if (found == in.end())
      return {};
    if (poisoned.count({where, found->first}) != 0)
      return {ports::read_status::not_openable, {}};
    return {ports::read_status::found, found->second};
  }

  std::vector<ports::row> scan(ports::table where, bytes_view prefix, bytes_view after,
                               std::size_t limit) const override {
    std::lock_guard hold{mutex};
    const auto& in = rows[static_cast<std::size_t>(where)];
    auto from = std::max(to_bytes(prefix), to_bytes(after));
    std::vector<ports::row> out;
    limit = std::min(limit, ports::scan_rows_max);
    for (auto it = in.lower_bound(from); it != in.end() && out.size() < limit; ++it) {
      if (!starts_with(it->first, prefix))
        break;
      if (after.empty() || it->first > to_bytes(after))
        out.push_back(shown(where, *it));
    }
    return out;
  }

  std::optional<ports::row> last(ports::table where, bytes_view prefix) const override {
    std::lock_guard hold{mutex};
    const auto& in = rows[static_cast<std::size_t>(where)];
    for (auto it = in.rbegin(); it != in.rend(); ++it)
      if (starts_with(it->first, prefix))
        return shown(where, *it);
    return std::nullopt;
  }

  ports::commit_result commit(std::span<const ports::change> changes) override {
    std::lock_guard hold{mutex};
    auto fault = storage_fault::none;
    if (!faults.empty()) {
      fault = faults.front();
      faults.pop_front();
    }
    for (const auto& c : changes)
      if (!ports::in_range(c, ports::sealing_bytes_max))
        return ports::commit_result::refused;
    if (fault == storage_fault::fail_and_not_persist)
      return ports::commit_result::refused;
    if (fault == storage_fault::unknown_and_not_persist)
      return ports::commit_result::unknown;
    for (const auto& c : changes) {
      auto& in = rows[static_cast<std::size_t>(c.where)];
      if (c.what == ports::change::kind::del)
        in.erase(c.key);
      else
        in[c.key] = c.value;
    }
    if (fault == storage_fault::fail_but_persist)
      return ports::commit_result::unknown;
    ++commits;
    return ports::commit_result::committed;
  }

  bool nearly_full() const override { return full; }

  /// The row stays, but nobody can open it.
  void poison(ports::table where, bytes key) {
    std::lock_guard hold{mutex};
    poisoned.insert({where, std::move(key)});
  }

  image rows;
  std::deque<storage_fault> faults;
  bool full = false;       ///< only the reserve is left
  std::size_t commits = 0; ///< those that answered `committed`
  mutable std::size_t reads = 0;

private:
  static bool starts_with(const bytes& key, bytes_view prefix) {
    return key.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), key.begin());
  }

  ports::row shown(ports::table where, const std::pair<const bytes, bytes>& r) const {
    if (poisoned.count({where, r.first}) != 0)
      return {r.first, {}, false};
    return {r.first, r.second, true};
  }

  std::set<std::pair<ports::table, bytes>> poisoned;
  mutable std::mutex mutex;
};

} // namespace wardline
