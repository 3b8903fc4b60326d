#include "storages.hpp"
#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

using namespace wardline;
using namespace wardline::ports;

#define EVERY_STORAGE in_memory, in_lmdb, sealed_over<in_memory>, sealed_over<in_lmdb>

namespace {

bytes k(std::string_view s) {
  return to_bytes(view(s));
}

bool commit(storage& disk, std::vector<change> changes) {
  return disk.commit(changes) == commit_result::committed;
}

std::string keys_of(const std::vector<row>& rows) {
  std::string out;
  for (const auto& r : rows)
    out += std::string{text(r.key)} + (r.openable ? " " : "! ");
  return out;
}

} // namespace

TEMPLATE_TEST_CASE("what is committed is read, also after a restart", "", EVERY_STORAGE) {
  TestType s;
  CHECK(s.disk().read(table::user, k("a")).status == read_status::absent);
  REQUIRE(commit(s.disk(), {put(table::user, k("a"), {1, 2}), put(table::party, k("a"), {3}),
                            put(table::user, k("b"), {})}));
  for (int life = 0; life < 2; ++life) {
    auto a = s.disk().read(table::user, k("a"));
    REQUIRE(a);
    CHECK(*a == bytes{1, 2});
    CHECK(*s.disk().read(table::party, k("a")) == bytes{3}); // tables do not share keys
    auto b = s.disk().read(table::user, k("b"));
    CHECK(b.status == read_status::found); // an empty value is there
    CHECK(b->empty());
    CHECK(s.disk().read(table::user, k("c")).status == read_status::absent);
    CHECK(s.disk().read(table::user, {}).status == read_status::absent);
    s.restart();
  }
}

TEMPLATE_TEST_CASE("the last word in a commit counts; deleting nothing is no error", "", EVERY_STORAGE) {
  TestType s;
  REQUIRE(commit(s.disk(), {put(table::user, k("a"), {1}), put(table::user, k("a"), {2}),
                            del(table::user, k("never"))}));
  CHECK(*s.disk().read(table::user, k("a")) == bytes{2});
  REQUIRE(commit(s.disk(), {put(table::user, k("a"), {3}), del(table::user, k("a"))}));
  CHECK(s.disk().read(table::user, k("a")).status == read_status::absent);
  REQUIRE(commit(s.disk(), {del(table::user, k("a")), put(table::user, k("a"), {4})}));
  CHECK(*s.disk().read(table::user, k("a")) == bytes{4});
  CHECK(commit(s.disk(), {}));
}

TEMPLATE_TEST_CASE("scans go in order, by prefix, page by page", "", EVERY_STORAGE) {
  TestType s;
  REQUIRE(commit(s.disk(), {put(table::item, k("b2"), {2}), put(table::item, k("a"), {0}),
                            put(table::item, k("b"), {1}), put(table::item, k("b3"), {3}),
                            put(table::item, {255}, {9}), put(table::item, k("c"), {4})}));
  auto& disk = s.disk();
  CHECK(keys_of(disk.scan(table::item, k("b"), {}, 10)) == "b b2 b3 ");
  CHECK(keys_of(disk.scan(table::item, k("b"), k("b"), 10)) == "b2 b3 ");
  CHECK(keys_of(disk.scan(table::item, k("b"), k("b2"), 10)) == "b3 ");
  CHECK(keys_of(disk.scan(table::item, k("b"), k("b25"), 10)) == "b3 ");
  CHECK(keys_of(disk.scan(table::item, k("b"), k("a"), 10)) == "b b2 b3 ");
  CHECK(keys_of(disk.scan(table::item, k("b"), k("c"), 10)).empty());
  CHECK(keys_of(disk.scan(table::item, k("b"), {}, 2)) == "b b2 ");
  CHECK(keys_of(disk.scan(table::item, {}, k("b3"), 10)) == "c \xff ");
  CHECK(disk.scan(table::item, {}, {}, 0).empty());
  CHECK(disk.scan(table::item, k("x"), {}, 10).empty());
  CHECK(disk.scan(table::session, {}, {}, 10).empty());
  CHECK(disk.scan(table::item, k("b2"), {}, 10).at(0).value == bytes{2});
}

TEMPLATE_TEST_CASE("the last row of a prefix", "", EVERY_STORAGE) {
  TestType s;
  auto& disk = s.disk();
  CHECK_FALSE(disk.last(table::item, {}));
  CHECK_FALSE(disk.last(table::item, k("a")));
  REQUIRE(commit(disk, {put(table::item, k("a1"), {1}), put(table::item, k("a2"), {2}),
                        put(table::item, {255, 255, 1}, {3}), put(table::item, k("b"), {4})}));
  CHECK(disk.last(table::item, k("a"))->value == bytes{2});
  CHECK(disk.last(table::item, k("b"))->value == bytes{4});
  CHECK(disk.last(table::item, {})->value == bytes{3});
  CHECK(disk.last(table::item, bytes{255})->value == bytes{3});
  CHECK(disk.last(table::item, bytes{255, 255})->value == bytes{3});
  CHECK_FALSE(disk.last(table::item, bytes{255, 255, 255}));
  CHECK_FALSE(disk.last(table::item, k("aa")));
  CHECK_FALSE(disk.last(table::item, k("0")));
}

TEMPLATE_TEST_CASE("monotone tables: appended, read, rewritten in place", "", EVERY_STORAGE) {
  TestType s;
  auto& disk = s.disk();
  std::vector<change> changes;
  for (std::uint64_t i = 0; i < 600; ++i)
    changes.push_back(put(table::log, row_key(i), bytes(20, static_cast<std::uint8_t>(i))));
  REQUIRE(disk.commit(changes) == commit_result::committed);
  CHECK(row_number(disk.last(table::log, {})->key) == 599);
  auto page = disk.scan(table::log, {}, {}, 10'000);
  CHECK(page.size() == scan_rows_max);
  CHECK(row_number(page.back().key) == scan_rows_max - 1);
  auto rest = disk.scan(table::log, {}, page.back().key, 10'000);
  CHECK(rest.size() == 600 - scan_rows_max);
  REQUIRE(commit(disk, {put(table::log, row_key(5), {1}), put(table::log, row_key(600), {2}),
                        del(table::log, row_key(599))}));
  CHECK(*disk.read(table::log, row_key(5)) == bytes{1});
  CHECK(*disk.read(table::log, row_key(600)) == bytes{2});
  CHECK(disk.read(table::log, row_key(599)).status == read_status::absent);
}

TEMPLATE_TEST_CASE("keys and values at their limits fit, beyond them the whole commit is refused", "",
                   EVERY_STORAGE) {
  TestType s;
  auto& disk = s.disk();
  auto longest = bytes(key_bytes_max, 1);
  auto largest = bytes(value_bytes_max, 2);
  REQUIRE(commit(disk, {put(table::user, longest, largest)}));
  CHECK(*disk.read(table::user, longest) == largest);
  auto good = put(table::user, k("good"), {1});
  auto refused = [&](change bad) {
    std::vector<change> both{good, std::move(bad)};
    return disk.commit(both) == commit_result::refused;
  };
  CHECK(refused(put(table::user, bytes(key_bytes_max + 1, 1), {})));
  CHECK(refused(put(table::user, {}, {1})));
  CHECK(refused(put(table::user, k("x"), bytes(value_bytes_max + sealing_bytes_max + 1))));
  CHECK(refused(put(static_cast<table>(0), k("x"), {})));
  CHECK(refused(put(static_cast<table>(table_max + 1), k("x"), {})));
  change del_with_value = del(table::user, k("x"));
  del_with_value.value = {1};
  CHECK(refused(del_with_value));
  CHECK(disk.read(table::user, k("good")).status == read_status::absent);
  CHECK(disk.read(table::user, bytes(key_bytes_max + 1, 1)).status == read_status::absent);
  CHECK(commit(disk, {good})); // and life goes on
}

TEMPLATE_TEST_CASE("readers on other threads see whole commits", "", EVERY_STORAGE) {
  TestType s;
  auto& disk = s.disk();
  REQUIRE(commit(disk, {put(table::meta, k("n"), {0}), put(table::log, row_key(0), {0})}));
  std::atomic<bool> stop{false};
  std::atomic<int> wrong{0};
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!stop) {
        // meta names the newest log row; a row that it names must be there, and be last or older.
        auto n = disk.read(table::meta, k("n"));
        if (!n || !disk.read(table::log, row_key(n.value[0])))
          ++wrong;
        auto rows = disk.scan(table::log, {}, {}, 512);
        if (rows.size() < n.value[0] + 1u)
          ++wrong;
      }
    });
  for (std::uint8_t i = 1; i < 100; ++i)
    CHECK(commit(disk, {put(table::log, row_key(i), {i}), put(table::meta, k("n"), {i})}));
  stop = true;
  for (auto& r : readers)
    r.join();
  CHECK(wrong == 0);
}

TEST_CASE("memory_storage fails in the three ways a disk fails") {
  memory_storage disk;
  disk.faults = {storage_fault::fail_and_not_persist, storage_fault::unknown_and_not_persist,
                 storage_fault::fail_but_persist};
  std::vector<change> one{put(table::user, k("a"), {1})};
  CHECK(disk.commit(one) == commit_result::refused);
  CHECK_FALSE(disk.read(table::user, k("a")));
  CHECK(disk.commit(one) == commit_result::unknown);
  CHECK_FALSE(disk.read(table::user, k("a")));
  CHECK(disk.commit(one) == commit_result::unknown);
  CHECK(disk.read(table::user, k("a")));
  CHECK(disk.commits == 0);
  disk.poison(table::user, k("a"));
  CHECK(disk.read(table::user, k("a")).status == read_status::not_openable);
  CHECK(keys_of(disk.scan(table::user, {}, {}, 5)) == "a! ");
  CHECK_FALSE(disk.last(table::user, {})->openable);
}
