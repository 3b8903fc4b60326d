// Every act of the conformance suite under every way a commit can fail: what was refused is nowhere, what is
// unknown is there whole or not at all, now and after a restart; and the act succeeds when it is done again.
#include "storages.hpp"
#include <catch2/catch.hpp>
#include <map>

using namespace wardline;
using namespace wardline::ports;

namespace {

/// A storage whose commits fail as asked; below it everything is real.
struct faulty_storage final : storage {
  explicit faulty_storage(storage& b) : below{&b} {}

  read_result read(table where, bytes_view key) const override { return below->read(where, key); }
  std::vector<row> scan(table where, bytes_view prefix, bytes_view after, std::size_t limit) const override {
    return below->scan(where, prefix, after, limit);
  }
  std::optional<row> last(table where, bytes_view prefix) const override {
    return below->last(where, prefix);
  }
  commit_result commit(std::span<const change> changes) override {
    auto what = std::exchange(next, storage_fault::none);
    if (what == storage_fault::fail_and_not_persist)
      return commit_result::refused;
    if (what == storage_fault::unknown_and_not_persist)
      return commit_result::unknown;
    auto result = below->commit(changes);
    return what == storage_fault::fail_but_persist ? commit_result::unknown : result;
  }

  storage* below;
  storage_fault next = storage_fault::none;
};

template <class Below>
struct faulty_over {
  Below real;
  faulty_storage storage{real.disk()};

  ports::storage& disk() { return storage; }
  void restart() {
    real.restart();
    storage.below = &real.disk();
    storage.next = storage_fault::none;
  }
  void fail(storage_fault what) { storage.next = what; }
};

/// The sealing decorator above a disk that fails.
template <class Below>
struct sealed_over_faulty : sealed_over<faulty_over<Below>> {
  void fail(storage_fault what) { this->below.fail(what); }
};

/// The disk's own failing, not a decorator's.
struct failing_memory : in_memory {
  void fail(storage_fault what) { storage.faults = {what}; }
};

struct sealed_over_failing_memory : sealed_over<failing_memory> {
  void fail(storage_fault what) { this->below.fail(what); }
};

using everything = std::map<std::pair<table, bytes>, bytes>;

everything rows_of(const storage& disk) {
  everything out;
  for (std::uint8_t t = 1; t <= table_max; ++t) {
    bytes after;
    for (;;) {
      auto page = disk.scan(static_cast<table>(t), {}, after, scan_rows_max);
      for (const auto& r : page) {
        CHECK(r.openable);
        out[{static_cast<table>(t), r.key}] = r.value;
      }
      if (page.size() < scan_rows_max)
        break;
      after = page.back().key;
    }
  }
  return out;
}

everything with(everything rows, const std::vector<change>& changes) {
  for (const auto& c : changes)
    if (c.what == change::kind::del)
      rows.erase({c.where, c.key});
    else
      rows[{c.where, c.key}] = c.value;
  return rows;
}

bytes k(std::string_view s) {
  return to_bytes(view(s));
}

std::vector<change> appended(std::uint64_t from, std::uint64_t count) {
  std::vector<change> out;
  for (auto i = from; i < from + count; ++i)
    out.push_back(put(table::log, row_key(i), bytes(20, static_cast<std::uint8_t>(i))));
  return out;
}

struct named_act {
  const char* name;
  std::vector<change> before; ///< committed well
  std::vector<change> act;
};

/// What the conformance suite commits, one by one.
std::vector<named_act> every_act() {
  return {
      {"the first rows of an empty store",
       {},
       {put(table::user, k("a"), {1, 2}), put(table::party, k("a"), {3})}},
      {"an empty value", {}, {put(table::user, k("b"), {})}},
      {"a row written over", {put(table::user, k("a"), {1})}, {put(table::user, k("a"), {2})}},
      {"the last word in a commit counts",
       {},
       {put(table::user, k("a"), {1}), put(table::user, k("a"), {2})}},
      {"written, then deleted",
       {put(table::user, k("a"), {1})},
       {put(table::user, k("a"), {3}), del(table::user, k("a"))}},
      {"deleted, then written",
       {put(table::user, k("a"), {1})},
       {del(table::user, k("a")), put(table::user, k("a"), {4})}},
      {"a row deleted",
       {put(table::item, k("a"), {1}), put(table::item, k("b"), {2})},
       {del(table::item, k("a"))}},
      {"nothing deleted", {put(table::item, k("a"), {1})}, {del(table::item, k("never"))}},
      {"no change at all", {put(table::item, k("a"), {1})}, {}},
      {"rows appended to an empty log", {}, appended(0, 600)},
      {"rows appended to a log", appended(0, 600), appended(600, 40)},
      {"a log row rewritten in place", appended(0, 10), {put(table::log, row_key(5), {1})}},
      {"the last log row deleted", appended(0, 10), {del(table::log, row_key(9))}},
      {"a new segment of the log", appended(0, 2), {put(table::log, row_key(4096), {1})}},
      {"an act with its leaf",
       appended(0, 2),
       {put(table::log, row_key(2), {1}), put(table::leaf, row_key(0), bytes(34, 1)),
        put(table::entry, row_key(0), bytes(80, 2)), put(table::meta, k("head"), {1})}},
      {"key and value at their limits",
       {},
       {put(table::user, bytes(key_bytes_max, 1), bytes(value_bytes_max, 2))}},
  };
}

struct failing {
  storage_fault fault;
  commit_result answer;
  bool persists;
};

constexpr failing every_failing[] = {
    {storage_fault::fail_and_not_persist, commit_result::refused, false},
    {storage_fault::unknown_and_not_persist, commit_result::unknown, false},
    {storage_fault::fail_but_persist, commit_result::unknown, true},
};

} // namespace

TEMPLATE_TEST_CASE("every act under every failing, reread and restarted", "", failing_memory,
                   sealed_over_failing_memory, faulty_over<in_lmdb>, sealed_over_faulty<in_lmdb>) {
  for (const auto& act : every_act())
    for (const auto& how : every_failing) {
      INFO(act.name << ", failing " << static_cast<int>(how.fault));
      TestType s;
      REQUIRE(s.disk().commit(act.before) == commit_result::committed);
      auto before = with({}, act.before);
      auto after = with(before, act.act);
      REQUIRE(rows_of(s.disk()) == before);

      s.fail(how.fault);
      CHECK(s.disk().commit(act.act) == how.answer);
      const auto& kept = how.persists ? after : before;
      CHECK(rows_of(s.disk()) == kept);
      s.restart();
      CHECK(rows_of(s.disk()) == kept);

      CHECK(s.disk().commit(act.act) == commit_result::committed); // done again, as after a new start
      CHECK(rows_of(s.disk()) == after);
      s.restart();
      CHECK(rows_of(s.disk()) == after);
      for (const auto& [place, value] : after)
        CHECK(*s.disk().read(place.first, place.second) == value);
    }
}

TEMPLATE_TEST_CASE("what is out of range is refused whole, whatever the disk would have done", "",
                   failing_memory, sealed_over_failing_memory, faulty_over<in_lmdb>,
                   sealed_over_faulty<in_lmdb>) {
  TestType s;
  std::vector<change> first{put(table::user, k("kept"), {1})};
  REQUIRE(s.disk().commit(first) == commit_result::committed);
  std::vector<change> bad{put(table::user, k("good"), {1}),
                          put(table::user, bytes(key_bytes_max + 1, 1), {})};
  CHECK(s.disk().commit(bad) == commit_result::refused);
  CHECK(rows_of(s.disk()) == with({}, first));
  s.restart();
  CHECK(rows_of(s.disk()) == with({}, first));
}
