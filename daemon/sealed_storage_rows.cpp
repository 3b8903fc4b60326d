// The sum of the rows there are: written with every commit, compared at a start. A crash anywhere: the sum is
// in the transaction of the rows that it counts, so both are as before or both are new.
#include "sealed_storage.hpp"
#include <algorithm>
#include <tuple>
#include <utility>

namespace wardline {

namespace {

using ports::change;
using ports::commit_result;
using ports::read_status;
using ports::table;

/// Of those that count, one for each row: later changes win over earlier ones.
std::vector<const change*> last_words(const std::vector<change>& changes) {
  std::vector<const change*> sorted, out;
  for (const auto& c : changes)
    if (row_sum::counts(c.where, c.key))
      sorted.push_back(&c);
  std::stable_sort(sorted.begin(), sorted.end(), [](const change* a, const change* b) {
    return std::tie(a->where, a->key) < std::tie(b->where, b->key);
  });
  for (const auto* c : sorted) {
    if (!out.empty() && std::tie(out.back()->where, out.back()->key) == std::tie(c->where, c->key))
      out.pop_back();
    out.push_back(c);
  }
  return out;
}

} // namespace

/// All of them are sealed.
commit_result sealed_storage::commit_sealed(std::vector<change> sealed) {
  if (!find_sum())
    return commit_result::refused;
  auto next = sum_->copy();
  for (const auto* c : last_words(sealed)) {
    auto before = below_.read(c->where, c->key);
    if (before.status == read_status::not_openable)
      return commit_result::refused; // the disk does not say what lies there
    if (before)
      next.remove(c->where, c->key, before.value);
    if (c->what == change::kind::put)
      next.add(c->where, c->key, c->value);
  }
  auto row = ports::put(table::meta, row_sum_key(), std::move(next.encode().value));
  if (auto made = make_keys({&row, 1}); made != commit_result::committed)
    return made;
  wiped_bytes plain{std::exchange(row.value, seal(row))};
  sealed.push_back(std::move(row));
  auto result = below_.commit(sealed);
  if (result == commit_result::committed)
    sum_ = std::move(next);
  return result;
}

bool sealed_storage::find_sum() {
  if (sum_)
    return true;
  auto stored = below_.read(table::meta, row_sum_key());
  if (stored.status == read_status::absent) {
    // Only a store that never had a row has no sum.
    auto none = [this](table t) { return below_.scan(t, {}, {}, 1).empty(); };
    for (std::uint8_t t = 1; t <= ports::table_max; ++t)
      if (!none(static_cast<table>(t)))
        return false;
    sum_ = row_sum{fresh_sum_key_.copy()};
    return true;
  }
  auto value = open(table::meta, row_sum_key(), stored.value);
  if (!value)
    return false;
  wiped_bytes plain{std::move(*value)};
  sum_ = row_sum::decode(plain.value);
  return sum_.has_value();
}

/// Nobody above sees the row of the sum. The rows of meta are few.
std::optional<ports::row> sealed_storage::last_but_sum(bytes_view prefix) const {
  std::optional<ports::row> out;
  bytes after;
  for (;;) {
    auto page = scan(table::meta, prefix, after, ports::scan_rows_max);
    if (page.empty())
      return out;
    after = page.back().key;
    out = std::move(page.back());
  }
}

row_sum sealed_storage::sum_now(const std::function<void(std::uint64_t)>& progress) const {
  auto out = sum_->empty();
  for (std::uint8_t t = 1; t <= ports::table_max; ++t) {
    auto where = static_cast<table>(t);
    if (ports::is_monotone(where) || where == table::node)
      continue;
    bytes after;
    for (;;) {
      auto page = below_.scan(where, {}, after, ports::scan_rows_max);
      for (const auto& r : page)
        if (row_sum::counts(where, r.key))
          out.add(where, r.key, r.value);
      if (progress)
        progress(out.rows());
      if (page.size() < ports::scan_rows_max)
        break;
      after = page.back().key;
    }
  }
  return out;
}

refusal sealed_storage::check_rows(const std::function<void(std::uint64_t)>& progress) {
  if (!find_sum())
    return below_.read(table::meta, row_sum_key()) ? refusal::value_not_openable : refusal::rows_changed;
  return sum_now(progress) == *sum_ ? refusal::none : refusal::rows_changed;
}

void sealed_storage::accept_rows() {
  if (!find_sum())
    sum_ = row_sum{fresh_sum_key_.copy()};
  sum_ = sum_now({});
}

} // namespace wardline
