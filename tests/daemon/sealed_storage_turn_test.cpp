// Key turns: survivors stay, what was destroyed opens nowhere any more, and every refusal can be lived with.
#include "turn_rows.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

using namespace wardline;
using namespace wardline::ports;
using phase = key_turn::phase;

namespace {

using sealed_memory = sealed_over<in_memory>;
using sealed_lmdb = sealed_over<in_lmdb>;

bytes k(std::string_view s) {
  return to_bytes(view(s));
}

std::string content_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// How many blocks of the file as it was, other than empty ones, stand anywhere in the file as it is.
std::size_t blocks_left(const std::string& was, const std::string& is) {
  std::size_t left = 0;
  for (std::size_t at = 0; at + 32 <= was.size(); at += 32) {
    auto block = was.substr(at, 32);
    if (block != std::string(32, '\0') && is.find(block) != std::string::npos)
      ++left;
  }
  return left;
}

} // namespace

TEMPLATE_TEST_CASE("a turn destroys its rows and nothing else", "", sealed_memory, sealed_lmdb) {
  TestType s;
  turn_rows rows;
  rows.plant(*s.storage);
  auto everything_ever_sealed = image_of(s.below.disk());
  auto old_keys = s.folder.path / "keyring.old";
  std::filesystem::copy_file(s.folder.path / "keyring", old_keys);
  auto old_file = content_of(old_keys);
  auto keys_before = s.keys->size();

  REQUIRE(s.storage->begin(rows.doomed(), k("ticket")) == commit_result::committed);
  CHECK(s.storage->current().at == phase::resealing);
  CHECK(s.storage->current().rows == rows.destroyed.size());
  auto segments = s.storage->current().segments;
  CHECK(segments == 3 + 2); // of the log; shards 5 and 37
  auto steps = finish_turn(*s.storage);
  CHECK(steps > segments + 2); // in chunks
  auto done = s.storage->current();
  CHECK(done.number == 1);
  CHECK(done.ticket == k("ticket"));
  CHECK(done.skipped_rows == 0);
  CHECK(done.resealed_rows > 2 * segment_rows - rows.destroyed.size());

  for (int restarts = 0; restarts < 2; ++restarts) {
    CHECK(all_rows(*s.storage) == rows.survivors);
    CHECK(s.keys->size() == keys_before);
    s.restart();
    REQUIRE(s.storage->resume_turn() == refusal::none);
    CHECK(s.storage->current().at == phase::over);
  }
  // Who kept all that ever lay on the disk opens nothing with the current keyring, not even the survivors as
  // they were; with the old one, everything: the attack works.
  auto targets = rows.doomed();
  CHECK(readable(everything_ever_sealed, *s.keys, targets) == 0);
  CHECK(readable(everything_ever_sealed, *s.keys, {{table::log, row_key(1)}}) == 0);
  CHECK(readable(everything_ever_sealed, *s.keys, {{table::meta, k("store/head")}}) ==
        1); // untouched segment
  auto stolen = keyring::open(old_keys, test_kek(), s.journal);
  REQUIRE(stolen);
  CHECK(readable(everything_ever_sealed, **stolen, targets) == targets.size());
  CHECK(blocks_left(old_file, content_of(s.folder.path / "keyring")) == 0);
  CHECK(blocks_left(old_file, content_of(old_keys)) > 100); // control
}

TEST_CASE("posts go on between the steps, and what they write survives") {
  sealed_lmdb s;
  turn_rows rows;
  rows.plant(*s.storage);
  REQUIRE(s.storage->begin(rows.doomed(), {}) == commit_result::committed);
  std::uint64_t next = 2 * segment_rows + 100;
  while (s.storage->current().at != phase::over) {
    REQUIRE(s.storage->step() == commit_result::committed);
    row_place log{table::log, row_key(next)};
    row_place item{table::item, bytes(16, static_cast<std::uint8_t>(next))}; // shards before and behind
    row_place again{table::item, rows.survivors.lower_bound({table::item, {20}})->first.key};
    std::vector<change> changes;
    for (const auto& p : {log, item, again}) {
      rows.survivors[p] = bytes(30, static_cast<std::uint8_t>(next));
      changes.push_back(put(p.where, p.key, rows.survivors[p]));
    }
    REQUIRE(s.storage->commit(changes) == commit_result::committed);
    ++next;
  }
  CHECK(all_rows(*s.storage) == rows.survivors);
  s.restart();
  CHECK(all_rows(*s.storage) == rows.survivors);
}

TEST_CASE("readers on other threads see every survivor at every moment") {
  sealed_lmdb s;
  turn_rows rows{segment_rows + 50, 97};
  rows.plant(*s.storage);
  std::atomic<bool> stop{false};
  std::atomic<std::size_t> wrong{0}, reads{0};
  std::thread reader{[&] {
    while (!stop)
      for (std::uint64_t i = 1; i < segment_rows && !stop; i += 61, ++reads) {
        auto page = s.storage->scan(table::log, {}, row_key(i), 8);
        wrong += std::count_if(page.begin(), page.end(), [](const row& r) { return !r.openable; });
        row_place p{table::log, row_key(i)};
        if (auto found = rows.survivors.find(p); found != rows.survivors.end()) {
          auto got = s.storage->read(p.where, p.key);
          wrong += !got || *got != found->second ? 1u : 0u;
        }
      }
  }};
  for (int turn = 0; turn < 20; ++turn) {
    REQUIRE(s.storage->begin(rows.doomed(), {}) == commit_result::committed);
    finish_turn(*s.storage);
  }
  stop = true;
  reader.join();
  CHECK(reads > 100);
  CHECK(wrong == 0);
  CHECK(all_rows(*s.storage) == rows.survivors);
}

TEST_CASE("what a turn refuses changes nothing") {
  sealed_memory s;
  turn_rows rows{100, 7};
  rows.plant(*s.storage);
  auto before = all_rows(*s.storage);
  std::vector<row_place> too_many;
  for (std::uint64_t i = 0; i <= turn_rows_max; ++i)
    too_many.push_back({table::log, row_key(i)});
  CHECK(s.storage->begin(too_many, {}) == commit_result::refused);
  CHECK(s.storage->begin({}, {}) == commit_result::refused);
  std::vector<row_place> no_row{{table::log, k("no row number")}};
  CHECK(s.storage->begin(no_row, {}) == commit_result::refused);
  std::vector<row_place> one{{table::log, row_key(1)}};
  CHECK(s.storage->begin(one, bytes(turn_ticket_bytes_max + 1)) == commit_result::refused);
  CHECK(s.storage->current().at == phase::none);
  CHECK(s.storage->step() == commit_result::committed); // nothing to do
  CHECK(all_rows(*s.storage) == before);

  too_many.pop_back();
  REQUIRE(s.storage->begin(too_many, bytes(turn_ticket_bytes_max)) == commit_result::committed);
  CHECK(s.storage->begin(one, {}) == commit_result::refused); // one at a time
  finish_turn(*s.storage);
  CHECK(s.storage->begin(one, {}) == commit_result::committed);
}

TEST_CASE("a full disk puts a turn off, and it goes on where it was") {
  sealed_memory s;
  turn_rows rows{segment_rows + 50, 97};
  rows.plant(*s.storage);
  auto& faults = s.below.storage.faults;
  faults = {storage_fault::fail_and_not_persist};
  CHECK(s.storage->begin(rows.doomed(), {}) == commit_result::refused);
  CHECK(s.storage->current().at == phase::none);
  REQUIRE(s.storage->begin(rows.doomed(), {}) == commit_result::committed);
  std::size_t refused = 0;
  for (std::size_t steps = 0; s.storage->current().at != phase::over; ++steps) {
    REQUIRE(steps < 1000);
    if (steps % 2 == 0)
      faults = {storage_fault::fail_and_not_persist};
    auto result = s.storage->step();
    refused += result == commit_result::refused ? 1u : 0u;
    faults.clear();
  }
  CHECK(refused > 5);
  CHECK(all_rows(*s.storage) == rows.survivors);
}

TEST_CASE("a survivor that was poison before is counted and left, and the others move") {
  sealed_memory s;
  turn_rows rows{300, 97};
  rows.plant(*s.storage);
  s.below.storage.rows[static_cast<std::size_t>(table::log)].at(row_key(5))[40] ^= 1;
  REQUIRE(s.storage->begin(rows.doomed(), {}) == commit_result::committed);
  finish_turn(*s.storage);
  CHECK(s.storage->current().skipped_rows == 1);
  auto left = all_rows(*s.storage, true);
  rows.survivors.erase({table::log, row_key(5)});
  CHECK(left == rows.survivors);
  CHECK(s.storage->read(table::log, row_key(5)).status == read_status::not_openable);
}

TEST_CASE("rows that are gone already still cost their segment its key") {
  sealed_memory s;
  turn_rows rows{100, 97};
  rows.plant(*s.storage);
  row_place secret{table::session, bytes(16, 9)};
  REQUIRE(s.storage->commit(std::vector{put(secret.where, secret.key, k("a lock share"))}) ==
          commit_result::committed);
  auto kept = image_of(s.below.disk());
  REQUIRE(s.storage->commit(std::vector{del(secret.where, secret.key)}) == commit_result::committed);
  CHECK(readable(kept, *s.keys, {secret}) == 1); // removing a row destroys nothing
  REQUIRE(s.storage->begin(std::vector{secret}, {}) == commit_result::committed);
  finish_turn(*s.storage);
  CHECK(readable(kept, *s.keys, {secret}) == 0);
}

TEST_CASE("a key file from before the last turn is not served with") {
  sealed_memory s;
  turn_rows rows{100, 7};
  rows.plant(*s.storage);
  auto file = s.folder.path / "keyring";
  std::filesystem::copy_file(file, s.folder.path / "kept");
  REQUIRE(s.storage->begin(rows.doomed(), {}) == commit_result::committed);
  finish_turn(*s.storage);
  s.storage.reset();
  s.keys.reset();
  std::filesystem::copy_file(s.folder.path / "kept", file, std::filesystem::copy_options::overwrite_existing);
  s.restart();
  CHECK(s.storage->resume_turn() == refusal::keyring_older);
}

TEST_CASE("the row of a turn is read whole or not at all") {
  turn_row row;
  row.at = phase::resealing;
  row.number = 3;
  row.keyring_epoch = 9;
  row.segments = {{{table::log, 2}, 4}};
  row.ticket = k("t");
  row.doomed = {{table::log, row_key(8192)}};
  row.rows = 1;
  auto raw = encode(row);
  auto back = decode_turn_row(raw);
  REQUIRE(back);
  CHECK(encode(*back) == raw);
  for (std::size_t n = 0; n < raw.size(); ++n)
    CHECK_FALSE(decode_turn_row(bytes_view{raw}.first(n)));
  raw.push_back(0);
  CHECK_FALSE(decode_turn_row(raw));
  raw.pop_back();
  raw[1] = 4; // no such phase
  CHECK_FALSE(decode_turn_row(raw));

  sealed_memory s;
  REQUIRE(s.storage->commit(std::vector{put(table::meta, turn_row_key(), k("?"))}) ==
          commit_result::committed);
  CHECK(s.storage->resume_turn() == refusal::value_not_openable);
}
