// Of destroyed messages nothing is recoverable from the state folder with its own keys, pages that LMDB has
// given up included. Controls: rows that were only removed come back, all of them; so do destroyed ones with
// the key file of before; and what survived is found by the same attack.
#include "credentials.hpp"
#include "key_attack.hpp"
#include "lmdb_storage.hpp"
#include "message_rows.hpp"
#include "real_clinic.hpp"
#include "sealed_storage.hpp"
#include "sodium_ports.hpp"
#include "test_ports.hpp"
#include <catch2/catch.hpp>
#include <csignal>
#include <cstdio>

using namespace wardline;
using namespace wardline::fault;

namespace {

constexpr std::size_t destroyed_count = 1'000;
constexpr std::size_t survivors_count = 5'000;
constexpr std::size_t map_bytes = std::size_t{1} << 30;

message_id numbered(std::uint64_t n) {
  message_id out;
  auto raw = ports::row_key(n + 1);
  std::copy(raw.begin(), raw.end(), out.value.begin() + 8);
  return out;
}

struct opened_folder {
  kept_journal journal;
  daemon::sodium_random random;
  std::unique_ptr<lmdb_storage> lmdb;
  std::unique_ptr<keyring> keys;
  std::unique_ptr<sealed_storage> rows;

  opened_folder(const std::filesystem::path& folder, const secret32& kek) {
    lmdb = std::move(*lmdb_storage::open(folder, journal, map_bytes));
    keys = std::filesystem::exists(folder / "keyring")
               ? std::move(*keyring::open(folder / "keyring", kek, journal))
               : std::move(*keyring::create(folder / "keyring", kek, journal));
    rows = std::make_unique<sealed_storage>(*lmdb, *keys, random);
    REQUIRE(rows->resume_turn() == refusal::none);
  }
};

/// Slip and body of each message, as a Post writes them; every sixth is to be destroyed.
std::vector<ports::row_place> plant(sealed_storage& rows) {
  std::vector<ports::row_place> doomed;
  conversation_id c;
  c.value[0] = 7;
  std::vector<ports::change> changes;
  constexpr auto all = destroyed_count + survivors_count;
  for (std::uint64_t n = 0; n < all; ++n) {
    auto body = ports::row_key(2 * n + 1);
    changes.push_back(ports::put(ports::table::log, ports::row_key(2 * n),
                                 rows::encode(rows::slip{c, n + 1, 1, bytes(534, 1)})));
    changes.push_back(ports::put(ports::table::log, body,
                                 rows::encode(rows::body{c, n + 1, numbered(n), bytes(256 + 16, 2)})));
    if (n % 6 == 0)
      doomed.push_back({ports::table::log, body});
    if (changes.size() >= 500 || n + 1 == all)
      REQUIRE(rows.commit(std::exchange(changes, {})) == ports::commit_result::committed);
  }
  return doomed;
}

std::size_t doomed_in(const attack_result& found) {
  std::size_t out = 0;
  for (std::uint64_t n = 0; n < destroyed_count + survivors_count; n += 6)
    out += found.bodies.contains(numbered(n)) ? 1 : 0;
  return out;
}

} // namespace

TEST_CASE(
    "of 1,000 destroyed messages no key and no body is recoverable; removed ones come back, all of them") {
  REQUIRE(sodium_init() >= 0);
  temp_folder folder, naive;
  auto kek = secret32::random();
  std::vector<ports::row_place> doomed;
  std::vector<key_of_segment> old_keys;
  std::set<bytes> old_key_bytes;
  {
    opened_folder box{folder.path, kek};
    doomed = plant(*box.rows);
    REQUIRE(doomed.size() == destroyed_count);
    for (std::uint32_t s = 0; s * segment_rows < 2 * (destroyed_count + survivors_count); ++s) {
      old_keys.push_back({{ports::table::log, s}, 1});
      box.keys->with(old_keys.back().of, 1, [&](bytes_view key) { old_key_bytes.insert(to_bytes(key)); });
    }
    REQUIRE(old_key_bytes.size() == old_keys.size());
  }
  std::filesystem::copy(folder.path, naive.path,
                        std::filesystem::copy_options::recursive |
                            std::filesystem::copy_options::overwrite_existing);
  // Control: what most programs call deleting.
  {
    opened_folder box{naive.path, kek};
    std::vector<ports::change> gone;
    for (const auto& p : doomed)
      gone.push_back(ports::del(p.where, p.key));
    REQUIRE(box.rows->commit(gone) == ports::commit_result::committed);
    for (const auto& p : doomed)
      REQUIRE_FALSE(box.rows->read(p.where, p.key));
  }
  {
    opened_folder box{naive.path, kek};
    auto found = attack(naive.path / "data.mdb", *box.keys);
    CHECK(doomed_in(found) == destroyed_count);
    CHECK(keys_in_copies(naive.path / "keyring", kek, old_keys) == old_key_bytes);
  }
  // Destruction.
  std::filesystem::copy_file(folder.path / "keyring", naive.path / "keyring.before");
  {
    opened_folder box{folder.path, kek};
    REQUIRE(box.rows->begin(doomed, {}) == ports::commit_result::committed);
    while (box.rows->current().at != ports::key_turn::phase::over)
      REQUIRE(box.rows->step() == ports::commit_result::committed);
  }
  opened_folder box{folder.path, kek};
  auto found = attack(folder.path / "data.mdb", *box.keys);
  CHECK(found.places > 2 * survivors_count);
  CHECK(doomed_in(found) == 0);
  CHECK(found.bodies.size() == survivors_count);
  CHECK(keys_in_copies(folder.path / "keyring", kek, old_keys).empty());
  // Control: stale pages do still hold destroyed bodies; only their key is gone.
  kept_journal journal;
  auto before = keyring::open(naive.path / "keyring.before", kek, journal);
  REQUIRE(before);
  auto with_old_key = doomed_in(attack(folder.path / "data.mdb", **before));
  CHECK(with_old_key > 0);
  std::printf(
      "destroyed: %zu of %zu bodies, 0 of %zu keys recoverable; removed only: %zu of %zu; with the keys of "
      "before: %zu\n",
      doomed_in(found), destroyed_count, old_keys.size(), destroyed_count, destroyed_count, with_old_key);
}

TEST_CASE(
    "what an author recalls is gone from a real daemon's folder; its readers are told and read the rest") {
  REQUIRE(sodium_init() >= 0);
  constexpr std::size_t all = 24, recalled = 9;
  real_clinic c;
  std::vector<client::sent_message> sent;
  for (std::size_t i = 0; i < all; ++i)
    sent.push_back(c.act<client::sent_message>("sending", [&](auto then) {
      client::draft what;
      what.text = "Room " + std::to_string(i);
      c.nurse().device->send("physician", what, {}, std::move(then));
    }));
  for (std::size_t i = 0; i < recalled; ++i)
    c.act<client::acknowledged_message>(
        "recalling", [&](auto then) { c.nurse().device->recall(sent[i].message, std::move(then)); });
  auto shown = [&](std::size_t i) {
    auto row = c.physician().device->find(sent[i].message);
    return row && row->recalled != 0;
  };
  CHECK(c.run_until([&] { return shown(0) && shown(recalled - 1); }));
  CHECK_FALSE(shown(recalled));
  for (std::size_t i : {std::size_t{0}, all - 1}) {
    auto opened = c.act<std::vector<client::opened_message>>("opening", [&](auto then) {
      c.physician().device->open(sent[i].conversation, {sent[i].seq}, wire::device::purpose::treatment,
                                 std::move(then));
    });
    REQUIRE(opened.size() == 1);
    CHECK(opened[0].why == (i < recalled ? refusal::message_destroyed : refusal::none));
  }
  auto destroyed_orders = [&] {
    auto journal = c.daemon->journal();
    std::size_t n = 0;
    const std::string said = R"("event":"destroyed","orders":")";
    for (auto at = journal.find(said); at != std::string::npos; at = journal.find(said, at + 1))
      n += std::stoul(journal.substr(at + said.size()));
    return n;
  };
  CHECK(c.run_until([&] { return destroyed_orders() == recalled; }, 60'000));
  c.daemon->end(SIGKILL);

  kept_journal journal;
  std::string problem;
  auto keys = daemon::credentials::load(c.conf.credentials_dir, problem);
  REQUIRE(keys);
  auto ring = keyring::open(c.state_folder() / "keyring", keys->kek, journal);
  REQUIRE(ring);
  auto found = attack(c.state_folder() / "store" / "data.mdb", **ring);
  for (std::size_t i = 0; i < all; ++i)
    CHECK(found.bodies.contains(sent[i].message) == (i >= recalled));
  c.daemon->start(); // and it comes back
}
