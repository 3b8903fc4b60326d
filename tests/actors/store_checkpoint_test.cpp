#include "e2ee/checkpoint.hpp"
#include "e2ee/merkle.hpp"
#include "store_fixture.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

namespace {

/// Commits `n` acts, one write each.
void commit(world& w, const store_actor& s, int n) {
  for (int i = 0; i < n; ++i)
    w.ask<committed>(s, write_of({act_on(static_cast<std::uint8_t>(i), {1})}));
  w.run();
}

std::optional<checkpoint_note> newest(world& w, const store_actor& s) {
  auto a = w.ask<checkpoint_note>(s, get_checkpoint{});
  w.run();
  return a->answer;
}

void second(world& w, const store_actor& s, time_ms now) {
  caf::anon_send(s, sign_checkpoint{now});
  w.run();
}

} // namespace

TEST_CASE("checkpoints: signed when dirty, silent when not, a heartbeat after a minute") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  time_ms t = 1'000'000;
  second(w, s, t);
  CHECK_FALSE(newest(w, s)); // an empty log has none
  commit(w, s, 3);
  second(w, s, t += 1000);
  auto first = newest(w, s);
  REQUIRE(first);
  CHECK(first->size == 3);
  auto verified = e2ee::verify_note(first->note, f.log_key.signer.origin, f.log_key.signer.key);
  REQUIRE(verified);
  CHECK(verified->size == 3);
  CHECK(verified->root == first->root);
  auto commits = f.disk.commits;
  for (int i = 0; i < 59; ++i)
    second(w, s, t += 1000);
  CHECK(f.disk.commits == commits);
  second(w, s, t += 1000);
  auto next = newest(w, s);
  CHECK(next->size == 4);
  CHECK(f.disk.commits == commits + 1); // leaf and checkpoint in one transaction
  auto heartbeat = rules::decode_audit_entry(read_entry(f.disk, 3)->entry);
  REQUIRE(heartbeat);
  CHECK(heartbeat->kind == rules::audit_kind::heartbeat);
  CHECK(heartbeat->time == t);
  second(w, s, t - 3'600'000); // the wall clock went back: a sign of life at once, not an hour of silence
  CHECK(newest(w, s)->size == 5);
  store_fixture::stop(w, s);
}

TEST_CASE("a checkpoint is on disk before it is shown, and a refused one is not shown") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  commit(w, s, 1);
  f.disk.faults = {storage_fault::fail_and_not_persist};
  second(w, s, 1000);
  CHECK_FALSE(newest(w, s));
  second(w, s, 2000);
  CHECK(newest(w, s)->size == 1);
  CHECK(load_store(f.disk)->checkpoint->note == newest(w, s)->note);
  commit(w, s, 1);
  f.disk.faults = {storage_fault::fail_but_persist};
  second(w, s, 3000);
  CHECK(f.deaths.size() == 1);
  CHECK(load_store(f.disk)->checkpoint->size == 2); // the next process goes on from it
}

TEST_CASE("after a restart the log goes on, consistent with every checkpoint before") {
  world w;
  store_fixture f;
  std::vector<checkpoint_note> seen;
  time_ms t = 0;
  for (int life = 0; life < 4; ++life) {
    auto s = f.spawn(w);
    for (int round = 0; round < 3; ++round) {
      commit(w, s, 50 + 37 * round);
      second(w, s, t += 1000);
      seen.push_back(*newest(w, s));
    }
    store_fixture::stop(w, s);
  }
  auto rows = tree_rows_of(f.disk);
  const auto& last = seen.back();
  CHECK(last.size > 512);
  for (const auto& old : seen) {
    auto proof = rules::consistency_proof(old.size, last.size, rows);
    REQUIRE(proof);
    CHECK(e2ee::check_consistency(old.size, old.root, last.size, last.root, *proof) == refusal::none);
  }
  for (std::uint64_t i : {std::uint64_t{0}, std::uint64_t{300}, last.size - 1}) {
    auto leaf = rules::leaf_hash(f.disk.read(ports::table::leaf, ports::row_key(i)).value);
    auto proof = rules::inclusion_proof(i, last.size, rows);
    REQUIRE(proof);
    CHECK(e2ee::check_inclusion(leaf, i, last.size, last.root, *proof) == refusal::none);
  }
}

TEST_CASE("a store whose log was touched does not start") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  commit(w, s, 300);
  second(w, s, 1000);
  commit(w, s, 5);
  store_fixture::stop(w, s);
  REQUIRE(load_store(f.disk));
  auto& rows = f.disk.rows;
  auto in = [&](ports::table t) -> auto& {
    return rows[static_cast<std::size_t>(t)];
  };
  auto why = refusal::log_corrupt;
  SECTION("the last leaf is gone") {
    in(ports::table::leaf).erase(ports::row_key(304));
  }
  SECTION("the last entry is gone") {
    in(ports::table::entry).erase(ports::row_key(304));
  }
  SECTION("a leaf too many") {
    in(ports::table::leaf)[ports::row_key(305)] = bytes(34, 1);
  }
  SECTION("a leaf of the right edge is another") {
    in(ports::table::leaf)[ports::row_key(290)][5] ^= 1;
  }
  SECTION("a node is another") {
    in(ports::table::node).begin()->second[0] ^= 1;
  }
  SECTION("a node is gone") {
    in(ports::table::node).clear();
  }
  SECTION("a log row that was never numbered") {
    in(ports::table::log)[ports::row_key(0)] = {1};
  }
  SECTION("the head is gone") {
    in(ports::table::meta).erase(head_row_key());
  }
  SECTION("the head is damaged") {
    in(ports::table::meta)[head_row_key()].pop_back();
  }
  SECTION("the head is older") {
    auto start = *load_store(f.disk);
    start.head.tree.size = 300;
    in(ports::table::meta)[head_row_key()] = encode(start.head);
  }
  SECTION("the checkpoint is of another tree") {
    auto start = *load_store(f.disk);
    start.checkpoint->root[0] ^= 1;
    in(ports::table::meta)[checkpoint_row_key()] = encode(*start.checkpoint, 1000);
  }
  SECTION("the checkpoint is ahead of the tree") {
    auto start = *load_store(f.disk);
    start.checkpoint->size = 306;
    in(ports::table::meta)[checkpoint_row_key()] = encode(*start.checkpoint, 1000);
  }
  SECTION("the checkpoint is damaged") {
    in(ports::table::meta)[checkpoint_row_key()].resize(48);
  }
  SECTION("the head cannot be opened") {
    f.disk.poison(ports::table::meta, head_row_key());
    why = refusal::value_not_openable;
  }
  auto start = load_store(f.disk);
  REQUIRE_FALSE(start);
  CHECK(start.why() == why);
}

TEST_CASE("an entry that is not what its leaf commits to is not shown") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  commit(w, s, 2);
  store_fixture::stop(w, s);
  REQUIRE(read_entry(f.disk, 1));
  CHECK(read_entry(f.disk, 2).why() == refusal::not_found);
  auto& entries = f.disk.rows[static_cast<std::size_t>(ports::table::entry)];
  auto kept = entries[ports::row_key(1)];
  entries[ports::row_key(1)].back() ^= 1;
  CHECK(read_entry(f.disk, 1).why() == refusal::log_corrupt);
  entries[ports::row_key(1)].resize(15);
  CHECK(read_entry(f.disk, 1).why() == refusal::log_corrupt);
  entries[ports::row_key(1)] = kept;
  f.disk.poison(ports::table::entry, ports::row_key(1));
  CHECK(read_entry(f.disk, 1).why() == refusal::value_not_openable); // destroyed: the tree still verifies
  CHECK(load_store(f.disk));
}
