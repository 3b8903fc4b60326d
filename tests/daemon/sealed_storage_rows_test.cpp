// The sum of the rows there are, and what a sealed store sees of its rows being changed behind its back.
#include "row_sum.hpp"
#include "sealed_storage.hpp"
#include "storages.hpp"
#include "turn_rows.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <numeric>

using namespace wardline;
using namespace wardline::ports;

namespace {

bytes counting(std::size_t n) {
  bytes out(n);
  std::iota(out.begin(), out.end(), std::uint8_t{0});
  return out;
}

bytes k(std::string_view s) {
  return to_bytes(view(s));
}

bytes joined(bytes a, const bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct three_rows {
  row_sum sum{secret32{counting(32)}};
  std::vector<change> rows{put(table::user, k("a"), counting(60)),
                           put(table::item, bytes(16, 7), bytes(50, 9)),
                           put(table::meta, k("store/head"), {})};
  void add(const std::vector<std::size_t>& order) {
    for (auto i : order)
      sum.add(rows[i].where, rows[i].key, rows[i].value);
  }
};

using sealed_memory = sealed_over<in_memory>;
using change_of_rows = void (*)(memory_storage::image& now, const memory_storage::image& before);

memory_storage::table_rows& of(memory_storage::image& image, table t) {
  return image[static_cast<std::size_t>(t)];
}
const memory_storage::table_rows& of(const memory_storage::image& image, table t) {
  return image[static_cast<std::size_t>(t)];
}

} // namespace

TEST_CASE("the sum, byte for byte") {
  three_rows r;
  r.add({0, 1, 2});
  // Python: sum over the rows, in four big-endian lanes mod 2^64, of hashlib.blake2b(u8 table | u16 size |
  // key | first 34 and last 16 bytes of the value, key=bytes(range(32)), digest_size=32).
  CHECK(hex(r.sum.encode().value) == "01"
                                     "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
                                     "0000000000000003"
                                     "97cc3c6db244353514f786c522f845fe86a0d4731ca9a441af19e414f78e80fa");
}

TEST_CASE("the order of rows does not matter, and what is removed leaves no trace") {
  three_rows a, b;
  a.add({0, 1, 2});
  b.add({2, 0, 1});
  CHECK(a.sum == b.sum);
  b.sum.remove(b.rows[1].where, b.rows[1].key, b.rows[1].value);
  CHECK_FALSE(a.sum == b.sum);
  CHECK(b.sum.rows() == 2);
  b.add({1});
  CHECK(a.sum == b.sum);
  CHECK(a.sum.copy() == a.sum);
  CHECK(a.sum.empty() == three_rows{}.sum);
  // A row may not be taken for two: neither the border of key and value nor the table is open.
  three_rows c, d;
  c.sum.add(table::user, k("ab"), k("c"));
  d.sum.add(table::user, k("a"), k("bc"));
  CHECK_FALSE(c.sum == d.sum);
  three_rows e;
  e.sum.add(table::party, k("ab"), k("c"));
  CHECK_FALSE(c.sum == e.sum);
}

TEST_CASE("a stored sum is read back whole or not at all") {
  three_rows r;
  r.add({0, 1, 2});
  auto encoded = r.sum.encode();
  auto again = row_sum::decode(encoded.value);
  REQUIRE(again);
  CHECK(*again == r.sum);
  CHECK(again->encode().value == encoded.value);
  for (std::size_t n = 0; n < encoded.value.size(); ++n)
    CHECK_FALSE(row_sum::decode(bytes_view{encoded.value}.first(n)));
  auto longer = encoded.value;
  longer.push_back(0);
  CHECK_FALSE(row_sum::decode(longer));
  encoded.value[0] = 2;
  CHECK_FALSE(row_sum::decode(encoded.value));
}

TEST_CASE("rows that were changed while nobody looked are seen") {
  const std::pair<const char*, change_of_rows> kinds[] = {
      {"deleted", [](auto& now, auto&) { of(now, table::device).erase(bytes(16, 1)); }},
      {"put back",
       [](auto& now, auto& before) {
         of(now, table::due)[k("later")] = of(before, table::due).at(k("later"));
       }},
      {"an older value",
       [](auto& now, auto& before) {
         of(now, table::item)[bytes(16, 2)] = of(before, table::item).at(bytes(16, 2));
       }},
      {"an older table",
       [](auto& now, auto& before) { of(now, table::waiting) = of(before, table::waiting); }},
      {"a table cut off", [](auto& now, auto&) { of(now, table::session).clear(); }},
      {"a value at another key",
       [](auto& now, auto&) { of(now, table::user)[bytes(16, 9)] = of(now, table::user).at(bytes(16, 1)); }},
      {"two values swapped",
       [](auto& now, auto&) {
         std::swap(of(now, table::user).at(bytes(16, 1)), of(now, table::device).at(bytes(16, 1)));
       }},
      {"the sum's row deleted", [](auto& now, auto&) { of(now, table::meta).erase(row_sum_key()); }},
      {"the sum's row put back",
       [](auto& now, auto& before) {
         of(now, table::meta)[row_sum_key()] = of(before, table::meta).at(row_sum_key());
       }},
  };
  sealed_memory s;
  auto one = [](table t, bytes key, std::uint8_t value) { return put(t, std::move(key), {value}); };
  std::vector<change> first{one(table::device, bytes(16, 1), 1), one(table::due, k("later"), 1),
                            one(table::item, bytes(16, 2), 1),   one(table::waiting, k("w"), 1),
                            one(table::session, k("s"), 1),      one(table::user, bytes(16, 1), 1)};
  REQUIRE(s.disk().commit(first) == commit_result::committed);
  auto before = s.below.storage.rows;
  std::vector<change> second{del(table::due, k("later")),     one(table::item, bytes(16, 2), 2),
                             one(table::waiting, k("x"), 1),  del(table::user, k("never")),
                             one(table::user, k("twice"), 1), one(table::user, k("twice"), 2)};
  REQUIRE(s.disk().commit(second) == commit_result::committed);
  const auto good = s.below.storage.rows;
  s.restart();
  CHECK(s.storage->check_rows() == refusal::none);
  for (const auto& [what, apply] : kinds) {
    INFO(what);
    s.below.storage.rows = good;
    apply(s.below.storage.rows, before);
    s.restart();
    CHECK(s.storage->check_rows() == refusal::rows_changed);
    s.restart(); // whoever does not ask cannot go on with it as if nothing were wrong
    (void)s.disk().commit(second);
    s.restart();
    CHECK(s.storage->check_rows() == refusal::rows_changed);
  }
  s.below.storage.rows =
      before; // all of an older state is one that was: held elsewhere, a checkpoint shows it
  s.restart();
  CHECK(s.storage->check_rows() == refusal::none);
  s.below.storage.rows = good;
  of(s.below.storage.rows, table::meta).at(row_sum_key()).back() ^= 1;
  s.restart();
  CHECK(s.storage->check_rows() == refusal::value_not_openable);
}

TEST_CASE("a commit that did not happen, or that nobody knows of, leaves rows and sum together") {
  for (auto fault : {storage_fault::fail_and_not_persist, storage_fault::unknown_and_not_persist,
                     storage_fault::fail_but_persist}) {
    sealed_memory s;
    std::vector<change> first{put(table::user, k("a"), {1})}, second{put(table::user, k("a"), {2})};
    REQUIRE(s.disk().commit(first) == commit_result::committed);
    s.below.storage.faults = {fault};
    CHECK(s.disk().commit(second) != commit_result::committed);
    if (fault == storage_fault::fail_and_not_persist) { // this one life goes on
      CHECK(s.disk().commit(second) == commit_result::committed);
      CHECK(s.disk().commit(first) == commit_result::committed);
    }
    s.restart();
    CHECK(s.storage->check_rows() == refusal::none);
  }
}

TEST_CASE("a key turn moves rows to other keys, and the sum with them") {
  sealed_memory s;
  turn_rows rows{segment_rows + 10, 97, 64};
  rows.plant(s.disk());
  REQUIRE(s.storage->begin(rows.doomed(), {}) == commit_result::committed);
  while (s.storage->current().at != key_turn::phase::over) {
    REQUIRE(s.storage->step() == commit_result::committed);
    sealed_storage next_life{s.below.storage, *s.keys, s.dice};
    CHECK(next_life.check_rows() == refusal::none);
  }
}

TEST_CASE("nobody above sees the row of the sum, and pages beside it are full") {
  sealed_memory s;
  std::vector<change> rows;
  for (std::uint64_t i = 0; i < scan_rows_max + 10; ++i)
    rows.push_back(put(table::meta, joined(k(i < 5 ? "a" : "z"), row_key(i)), {1}));
  REQUIRE(s.disk().commit(rows) == commit_result::committed);
  CHECK(s.disk().read(table::meta, row_sum_key()).status == read_status::absent);
  auto page = s.disk().scan(table::meta, {}, {}, scan_rows_max);
  CHECK(page.size() == scan_rows_max);
  CHECK(s.disk().scan(table::meta, {}, page.back().key, scan_rows_max).size() == 10);
  CHECK(s.disk().scan(table::meta, k("store/"), {}, 1).empty());
  CHECK_FALSE(s.disk().last(table::meta, k("store/")));
  std::vector<change> head{put(table::meta, k("store/head"), {2})};
  REQUIRE(s.disk().commit(head) == commit_result::committed);
  CHECK(s.disk().last(table::meta, k("store/"))->key == k("store/head"));
  std::vector<change> forged{put(table::meta, row_sum_key(), {1})};
  CHECK(s.disk().commit(forged) == commit_result::refused);
}

TEST_CASE("many rows are looked at by many threads, and one that is missing is missed") {
  sealed_memory s;
  std::vector<change> rows;
  for (std::uint64_t i = 0; i < 65'000; ++i)
    rows.push_back(put(i % 2 == 0 ? table::item : table::waiting,
                       joined(bytes(1, static_cast<std::uint8_t>(i)), row_key(i)), {1}));
  REQUIRE(s.disk().commit(rows) == commit_result::committed);
  s.restart();
  std::uint64_t told = 0;
  CHECK(s.storage->check_rows([&](std::uint64_t n) { told = std::max(told, n); }) == refusal::none);
  CHECK(told > 0);
  CHECK(told <= 65'000);
  of(s.below.storage.rows, table::waiting).erase(rows[64'999].key);
  s.restart();
  CHECK(s.storage->check_rows() == refusal::rows_changed);
}

TEST_CASE("a store that holds rows and no sum takes nothing, unless somebody accepts it") {
  sealed_memory s;
  std::vector<change> one{put(table::user, k("a"), {1})};
  REQUIRE(s.disk().commit(one) == commit_result::committed);
  of(s.below.storage.rows, table::meta).erase(row_sum_key());
  s.restart();
  CHECK(s.disk().commit(one) == commit_result::refused);
  CHECK(s.storage->check_rows() == refusal::rows_changed);
  s.storage->accept_rows();
  CHECK(s.disk().commit(one) == commit_result::committed);
  s.restart();
  CHECK(s.storage->check_rows() == refusal::none);
}
