#include "sealed_storage.hpp"
#include "storages.hpp"
#include <catch2/catch.hpp>
#include <set>

using namespace wardline;
using namespace wardline::ports;

namespace {

bytes k(std::string_view s) {
  return to_bytes(view(s));
}

using sealed_memory = sealed_over<in_memory>;

bytes& raw_of(sealed_memory& s, table where, const bytes& key) {
  return s.below.storage.rows[static_cast<std::size_t>(where)].at(key);
}

commit_result commit(storage& disk, std::vector<change> changes) {
  return disk.commit(changes);
}

} // namespace

TEST_CASE("the header of a sealed value, byte for byte") {
  sealed_memory s;
  REQUIRE(commit(*s.storage, {put(table::log, row_key(4096 * 3 + 1), k("secret")),
                              put(table::user, bytes(16, 0xff), k("secret"))}) == commit_result::committed);
  auto log = raw_of(s, table::log, row_key(4096 * 3 + 1));
  CHECK(log.size() == sealed_overhead_bytes + 6);
  CHECK(hex(bytes_view{log}.first(10)) == "01"
                                          "02"
                                          "00000003"
                                          "00000001");
  auto user = raw_of(s, table::user, bytes(16, 0xff));
  CHECK(hex(bytes_view{user}.first(10)) == "01"
                                           "0a"
                                           "0000003f"
                                           "00000001");
  CHECK(bytes(log.begin() + 10, log.begin() + 34) != bytes(user.begin() + 10, user.begin() + 34));
}

TEST_CASE("every table's values are sealed, every nonce is fresh") {
  sealed_memory s;
  auto planted = k("planted-marker-0123456789");
  std::vector<change> changes;
  for (std::uint8_t t = 1; t <= table_max; ++t)
    for (std::uint64_t i = 0; i < 20; ++i)
      changes.push_back(put(static_cast<table>(t), row_key(i), planted));
  REQUIRE(s.storage->commit(changes) == commit_result::committed);
  REQUIRE(s.storage->commit(changes) == commit_result::committed); // the same again: other nonces
  s.restart();
  std::set<bytes> nonces;
  std::size_t rows = 0;
  auto note = [&] {
    for (const auto& in : s.below.storage.rows)
      for (const auto& [key, value] : in) {
        ++rows;
        CHECK(std::search(value.begin(), value.end(), planted.begin(), planted.end()) == value.end());
        nonces.insert(bytes(value.begin() + 10, value.begin() + 34));
      }
  };
  note();
  REQUIRE(s.storage->commit(changes) == commit_result::committed);
  note();
  CHECK(rows == 2 * (20 * table_max + 1)); // and the sum of them
  CHECK(nonces.size() == rows);
}

TEST_CASE("a value that was changed or moved is not openable, never wrong and never absent") {
  sealed_memory s;
  auto& disk = *s.storage;
  REQUIRE(commit(disk, {put(table::user, k("aa"), k("one")), put(table::user, k("ab"), k("two")),
                        put(table::party, k("aa"), k("three")), put(table::log, row_key(1), k("four"))}) ==
          commit_result::committed);
  auto kept = raw_of(s, table::user, k("aa"));
  auto& aa = raw_of(s, table::user, k("aa"));
  auto status = [&] { return disk.read(table::user, k("aa")).status; };
  for (std::size_t i = 0; i < kept.size(); ++i) {
    aa = kept;
    aa[i] ^= 1;
    INFO("byte " << i);
    CHECK(status() == read_status::not_openable);
  }
  for (std::size_t n = 0; n < kept.size(); ++n) {
    aa = bytes(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(n));
    CHECK(status() == read_status::not_openable);
  }
  aa = raw_of(s, table::user, k("ab")); // another row of the same segment
  CHECK(status() == read_status::not_openable);
  aa = raw_of(s, table::party, k("aa")); // the same key of another table
  CHECK(status() == read_status::not_openable);
  auto rows = disk.scan(table::user, {}, {}, 10);
  REQUIRE(rows.size() == 2); // the poison row is there, its neighbour is whole
  CHECK_FALSE(rows[0].openable);
  CHECK(rows[0].value.empty());
  CHECK(rows[1].value == k("two"));
  aa = kept;
  CHECK(status() == read_status::found);
  raw_of(s, table::log, row_key(1)).back() ^= 1;
  CHECK_FALSE(disk.last(table::log, {})->openable);
}

TEST_CASE("another keyring opens nothing") {
  sealed_memory s;
  REQUIRE(commit(*s.storage, {put(table::user, k("a"), k("one"))}) == commit_result::committed);
  auto other = std::move(*keyring::create(s.folder.path / "other", test_kek(), s.journal));
  sealed_storage stranger{s.below.storage, *other, s.dice};
  CHECK(stranger.read(table::user, k("a")).status == read_status::not_openable);
}

TEST_CASE("keys are durable before the first row of their segment, and the next segment's exist") {
  sealed_memory s;
  auto& disk = *s.storage;
  auto next_exists = [&](std::uint64_t row) {
    REQUIRE(commit(disk, {put(table::log, row_key(row), {1})}) == commit_result::committed);
    auto again = keyring::open(s.folder.path / "keyring", test_kek(), s.journal); // what the disk has
    REQUIRE(again);
    auto number = static_cast<std::uint32_t>(row / segment_rows);
    return (*again)->has({table::log, number}) && (*again)->has({table::log, number + 1});
  };
  auto writes = [&] { return s.keys->file_epoch(); };
  CHECK(next_exists(0));
  auto at_start = writes();
  for (std::uint64_t row : {1ull, 4095ull, 4096ull, 4096ull * 3 + 5})
    CHECK(next_exists(row));
  CHECK(writes() == at_start); // made in advance, not one by one
  CHECK(next_exists(4096 * 4));
  CHECK(writes() == at_start + 1);
  CHECK(next_exists(4096 * 100));
}

TEST_CASE("a commit that needs a key that cannot be made is refused, others go on") {
  sealed_memory s;
  auto& disk = *s.storage;
  REQUIRE(commit(disk, {put(table::user, k("a"), {1}), put(table::log, row_key(0), {1})}) ==
          commit_result::committed);
  std::vector<segment> all;
  auto left = static_cast<std::uint32_t>(keyring_keys_max - s.keys->size());
  for (std::uint32_t i = 0; i < left; ++i)
    all.push_back({table::entry, 1'000'000 + i});
  REQUIRE(s.keys->ensure(all) == commit_result::committed);
  CHECK(commit(disk, {put(table::user, k("b"), {1}), put(table::log, row_key(4096 * 4), {1})}) ==
        commit_result::committed);
  CHECK(commit(disk, {put(table::user, k("c"), {1}), put(table::log, row_key(4096 * 9), {1})}) ==
        commit_result::refused);
  CHECK(disk.read(table::user, k("c")).status == read_status::absent);
  CHECK(disk.read(table::log, row_key(4096 * 4)));
}

TEST_CASE("keys of monotone tables are row numbers, and segments have an end") {
  sealed_memory s;
  CHECK(commit(*s.storage, {put(table::log, k("no number"), {1})}) == commit_result::refused);
  CHECK(commit(*s.storage, {put(table::log, row_key(UINT64_MAX), {1})}) == commit_result::refused);
  CHECK(segment_of(table::leaf, row_key(4095)) == segment{table::leaf, 0});
  CHECK(segment_of(table::entry, row_key(4096)) == segment{table::entry, 1});
  CHECK(segment_of(table::user, bytes{3, 9}) == segment{table::user, 0});
  CHECK(segment_of(table::user, bytes{4}) == segment{table::user, 1});
}

TEST_CASE("the disk's faults come through") {
  sealed_memory s;
  s.below.storage.faults = {storage_fault::fail_and_not_persist, storage_fault::fail_but_persist};
  std::vector<change> one{put(table::user, k("a"), {1})};
  CHECK(s.storage->commit(one) == commit_result::refused);
  CHECK(s.storage->commit(one) == commit_result::unknown);
  CHECK(s.storage->read(table::user, k("a")));
  s.below.storage.poison(table::user, k("a"));
  CHECK(s.storage->read(table::user, k("a")).status == read_status::not_openable);
}
