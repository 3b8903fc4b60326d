// The sum of the rows there are: written with every commit, compared at a start. A crash anywhere: the sum is
// in the transaction of the rows that it counts, so both are as before or both are new.
#include "sealed_storage.hpp"
#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <tuple>
#include <utility>

namespace wardline {

namespace {

using ports::change;
using ports::commit_result;
using ports::read_status;
using ports::table;

/// Beside the caller's thread, while rows are checked: they wait for the disk, hardly for the processor.
constexpr std::uint64_t check_threads_max = 15;
constexpr std::uint64_t rows_worth_a_thread = 20'000;

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

/// Of one table the rows whose key begins with this byte.
void sealed_storage::add_rows(row_sum& to, table where, std::uint8_t first_byte) const {
  bytes after;
  for (;;) {
    auto page = below_.scan(where, {&first_byte, 1}, after, ports::scan_rows_max);
    for (const auto& r : page)
      if (row_sum::counts(where, r.key))
        to.add(where, r.key, r.value);
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

row_sum sealed_storage::sum_now(const std::function<void(std::uint64_t)>& progress) const {
  constexpr unsigned pieces = 256 * (ports::table_max + 1); // table, then first byte of the key
  std::atomic<unsigned> next{0};
  std::atomic<std::uint64_t> seen{0};
  auto some = [&](row_sum& part, const std::function<void(std::uint64_t)>& tell) {
    for (unsigned piece; (piece = next++) < pieces;) {
      auto where = static_cast<table>(piece / 256);
      if (piece < 256 || !row_sum::counts(where, {})) // no key: of the table nothing counts
        continue;
      auto before = part.rows();
      add_rows(part, where, static_cast<std::uint8_t>(piece % 256));
      auto all = seen += part.rows() - before;
      if (tell)
        tell(all);
    }
  };
  std::vector<row_sum> parts;
  parts.reserve(check_threads_max);
  std::vector<std::thread> threads;
  auto beside = std::min<std::uint64_t>(sum_->rows() / rows_worth_a_thread, check_threads_max);
  for (std::uint64_t i = 0; i < beside; ++i)
    threads.emplace_back(some, std::ref(parts.emplace_back(sum_->empty())),
                         std::function<void(std::uint64_t)>{});
  auto out = sum_->empty();
  some(out, progress);
  for (auto& t : threads)
    t.join();
  for (const auto& part : parts)
    out.add(part);
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
