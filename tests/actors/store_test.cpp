#include "store_fixture.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

namespace {

bytes stored(const memory_storage& disk, std::uint8_t key) {
  return disk.read(ports::table::object, bytes(16, key)).value;
}

precondition absent(std::uint8_t key) {
  return {ports::table::object, bytes(16, key), std::nullopt};
}

precondition equal(std::uint8_t key, bytes value) {
  return {ports::table::object, bytes(16, key), std::move(value)};
}

act only_if(act a, precondition p) {
  a.only_if.push_back(std::move(p));
  return a;
}

std::string said(const caf::error& why) {
  for (auto r :
       {refusal::overloaded, refusal::storage_refused, refusal::precondition_failed,
        refusal::malformed_request, refusal::object_too_large, refusal::count_too_large, refusal::not_found})
    if (why == r)
      return to_string(r);
  return why ? "another error" : "";
}

/// Every leaf, entry and node verifies, and the head is what they say.
void check_log(const memory_storage& disk) {
  auto start = load_store(disk);
  REQUIRE(start);
  for (std::uint64_t i = 0; i < start->head.tree.size; ++i)
    REQUIRE(read_entry(disk, i));
}

} // namespace

TEST_CASE("whatever waits becomes one commit, and each write learns where it stands") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  std::vector<std::shared_ptr<asked<committed>>> answers;
  for (std::uint8_t i = 0; i < 5; ++i) {
    auto a = act_on(i, {i});
    a.log = {{1, i}, {2, i}};
    answers.push_back(w.ask<committed>(s, write_of({a})));
  }
  w.run();
  CHECK(f.disk.commits == 1);
  for (std::uint64_t i = 0; i < 5; ++i) {
    REQUIRE(answers[i]->answer);
    CHECK(answers[i]->answer->stamps == std::vector{stamp{i, 2 * i}});
    CHECK(stored(f.disk, static_cast<std::uint8_t>(i)) == bytes{static_cast<std::uint8_t>(i)});
    CHECK(f.disk.read(ports::table::log, ports::row_key(2 * i + 1)).value ==
          bytes{2, static_cast<std::uint8_t>(i)});
  }
  check_log(f.disk);
  store_fixture::stop(w, s);
}

TEST_CASE("a stamped value begins with its leaf and its first log row") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  auto first = act_on(1, {7}, true);
  first.log = {{9}};
  auto second = act_on(2, {8}, true);
  auto answer = w.ask<committed>(s, write_of({first, second}));
  w.run();
  REQUIRE(answer->answer);
  CHECK(answer->answer->stamps == std::vector{stamp{0, 0}, stamp{1, 1}});
  auto row = stored(f.disk, 2);
  auto split = split_stamp(row);
  REQUIRE(split);
  CHECK(split->at == stamp{1, 1});
  CHECK(to_bytes(split->value) == bytes{8});
  CHECK_FALSE(split_stamp(bytes(15, 0)));
  store_fixture::stop(w, s);
}

TEST_CASE("a failed precondition costs its write alone") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  auto first = w.ask<committed>(s, write_of({only_if(act_on(1, {1}), absent(1))}));
  auto loser = w.ask<committed>(s, write_of({act_on(9, {9}), only_if(act_on(1, {2}), absent(1))}));
  auto heir = w.ask<committed>(s, write_of({only_if(act_on(1, {3}), equal(1, {1}))}));
  w.run();
  CHECK(f.disk.commits == 1);
  REQUIRE(first->answer);
  CHECK(said(loser->why) == "precondition_failed");
  REQUIRE(heir->answer);
  CHECK(heir->answer->stamps == std::vector{stamp{1, 0}}); // the loser took no leaf
  CHECK(stored(f.disk, 1) == bytes{3});
  CHECK(stored(f.disk, 9).empty()); // nothing of the loser, not even its good act
  auto late = w.ask<committed>(s, write_of({only_if(act_on(1, {4}), equal(1, {1}))}));
  w.run();
  CHECK(said(late->why) == "precondition_failed"); // now against the disk
  CHECK(f.disk.commits == 1);                      // nothing to commit
  check_log(f.disk);
  store_fixture::stop(w, s);
}

TEST_CASE("preconditions see the acts before them, their stamps, and deletions") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  bytes stamped(16, 0);
  stamped.push_back(5);
  auto erase = act_on(1, {});
  erase.changes[0].change = ports::del(ports::table::object, bytes(16, 1));
  auto one = w.ask<committed>(s, write_of({act_on(1, {5}, true), only_if(erase, equal(1, stamped)),
                                           only_if(act_on(2, {}), absent(1))}));
  auto two = w.ask<committed>(s, write_of({only_if(act_on(3, {}), absent(1))}));
  auto three = w.ask<committed>(s, write_of({only_if(act_on(4, {}), equal(1, stamped))}));
  w.run();
  CHECK(one->answer);
  CHECK(two->answer);
  CHECK(said(three->why) == "precondition_failed");
  store_fixture::stop(w, s);
}

TEST_CASE("a row that nobody can open is neither absent nor equal") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  auto first = w.ask<committed>(s, write_of({act_on(1, {1})}));
  w.run();
  f.disk.poison(ports::table::object, bytes(16, 1));
  auto a = w.ask<committed>(s, write_of({only_if(act_on(2, {}), absent(1))}));
  auto b = w.ask<committed>(s, write_of({only_if(act_on(2, {}), equal(1, {1}))}));
  w.run();
  CHECK(said(a->why) == "precondition_failed");
  CHECK(said(b->why) == "precondition_failed");
  store_fixture::stop(w, s);
}

TEST_CASE("more than may wait is refused by name") {
  world w;
  store_fixture f;
  f.limits.waiting_max = 3;
  auto s = f.spawn(w);
  std::vector<std::shared_ptr<asked<committed>>> answers;
  for (std::uint8_t i = 0; i < 5; ++i)
    answers.push_back(w.ask<committed>(s, write_of({act_on(i, {})})));
  w.run();
  CHECK(answers[2]->answer);
  CHECK(said(answers[3]->why) == "overloaded");
  CHECK(said(answers[4]->why) == "overloaded");
  auto later = w.ask<committed>(s, write_of({act_on(7, {})}));
  w.run();
  CHECK(later->answer); // a state, not an end
  store_fixture::stop(w, s);

  f.limits = {};
  f.limits.waiting_bytes_max = 4096;
  auto t = f.spawn(w);
  auto fits = w.ask<committed>(t, write_of({act_on(1, bytes(3000))}));
  auto not_any_more = w.ask<committed>(t, write_of({act_on(2, bytes(3000))}));
  w.run();
  CHECK(fits->answer);
  CHECK(said(not_any_more->why) == "overloaded");
  store_fixture::stop(w, t);
}

TEST_CASE("a batch ends at its limits, and one write above them goes alone") {
  world w;
  store_fixture f;
  SECTION("acts") {
    f.limits.batch_acts_max = 2;
  }
  SECTION("bytes") {
    f.limits.batch_bytes_max = 1100;
  }
  auto s = f.spawn(w);
  std::vector<std::shared_ptr<asked<committed>>> answers;
  for (std::uint8_t i = 0; i < 5; ++i)
    answers.push_back(w.ask<committed>(s, write_of({act_on(i, bytes(200))})));
  answers.push_back(
      w.ask<committed>(s, write_of({act_on(6, bytes(900)), act_on(7, bytes(900)), act_on(8, bytes(900))})));
  w.run();
  CHECK(f.disk.commits == 4);
  for (const auto& a : answers)
    CHECK(a->answer);
  check_log(f.disk);
  store_fixture::stop(w, s);
}

TEST_CASE("a refused commit reaches every waiter, and the store lives on") {
  world w;
  store_fixture f;
  f.disk.faults = {storage_fault::fail_and_not_persist};
  auto s = f.spawn(w);
  auto a = w.ask<committed>(s, write_of({act_on(1, {1})}));
  auto b = w.ask<committed>(s, write_of({only_if(act_on(1, {2}), absent(1))}));
  w.run();
  CHECK(said(a->why) == "storage_refused");
  CHECK(said(b->why) == "storage_refused"); // not "precondition_failed": nobody was first
  CHECK(f.deaths.empty());
  CHECK(f.journal.count("commit_refused") == 1);
  auto c = w.ask<committed>(s, write_of({act_on(1, {3})}));
  w.run();
  REQUIRE(c->answer);
  CHECK(c->answer->stamps == std::vector{stamp{0, 0}}); // the refused ones took no number
  check_log(f.disk);
  store_fixture::stop(w, s);
}

TEST_CASE("an unknown commit answers nobody and ends the process") {
  auto fault = GENERATE(storage_fault::unknown_and_not_persist, storage_fault::fail_but_persist);
  world w;
  store_fixture f;
  f.disk.faults = {fault};
  auto s = f.spawn(w);
  auto a = w.ask<committed>(s, write_of({act_on(1, {1})}));
  w.run();
  CHECK_FALSE(a->answer);
  CHECK_FALSE(a->why);
  CHECK(f.deaths.size() == 1);
  auto b = w.ask<committed>(s, write_of({act_on(2, {1})}));
  w.run();
  CHECK_FALSE(b->answer);
  CHECK(f.disk.commits == 0);
  // The next process finds it whole or not at all.
  auto start = load_store(f.disk);
  REQUIRE(start);
  CHECK(start->head.tree.size == (fault == storage_fault::fail_but_persist ? 1 : 0));
  CHECK(stored(f.disk, 1).empty() == (start->head.tree.size == 0));
  check_log(f.disk);
}

TEST_CASE("an exit in mid-batch commits first what was accepted") {
  world w{1};
  store_fixture f;
  f.limits.batch_acts_max = 2;
  auto s = f.spawn(w);
  w.run();
  std::vector<std::shared_ptr<asked<committed>>> answers;
  for (std::uint8_t i = 0; i < 5; ++i)
    answers.push_back(w.ask<committed>(s, write_of({act_on(i, {i})})));
  w.run_some(10); // five askers, then five writes; the flush stands behind them
  REQUIRE(f.disk.commits == 0);
  caf::anon_send_exit(s, caf::exit_reason::user_shutdown); // overtakes the flush
  w.run();
  CHECK(f.disk.commits == 3);
  for (const auto& a : answers)
    CHECK(a->answer);
  check_log(f.disk);
}

TEST_CASE("what no store may take is refused before it waits") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  auto refused = [&](wardline::write bad) {
    auto a = w.ask<committed>(s, std::move(bad));
    w.run();
    CHECK_FALSE(a->answer);
    return said(a->why);
  };
  CHECK(refused({}) == "malformed_request");
  for (auto where : {ports::table::log, ports::table::leaf, ports::table::entry, ports::table::node}) {
    auto a = act_on(1, {});
    a.changes[0].change.where = where;
    CHECK(refused(write_of({a})) == "malformed_request");
  }
  auto own = act_on(1, {});
  own.changes[0].change = ports::put(ports::table::meta, to_bytes(view("store/head")), {});
  CHECK(refused(write_of({own})) == "malformed_request");
  auto no_key = act_on(1, {});
  no_key.changes[0].change.key.clear();
  CHECK(refused(write_of({no_key})) == "malformed_request");
  auto long_key = act_on(1, {});
  long_key.changes[0].change.key.assign(ports::key_bytes_max + 1, 1);
  CHECK(refused(write_of({long_key})) == "malformed_request");
  CHECK(refused(write_of({act_on(1, bytes(ports::value_bytes_max))})) == "object_too_large");
  auto rows = act_on(1, {});
  rows.log.resize(act_log_rows_max + 1);
  CHECK(refused(write_of({rows})) == "count_too_large");
  CHECK(refused(write_of(std::vector<act>(write_acts_max + 1, act_on(1, {})))) == "count_too_large");
  CHECK(refused(write_of(std::vector<act>(3, act_on(1, bytes(3u << 20))))) == "object_too_large");
  auto detail = act_on(1, {});
  detail.entry.detail.resize(rules::audit_detail_bytes_max + 1);
  CHECK(refused(write_of({detail})) == "object_too_large");
  CHECK(f.disk.commits == 0);
  auto most = act_on(1, {});
  most.changes[0].change.key.assign(ports::key_bytes_max, 1);
  most.entry.detail.resize(rules::audit_detail_bytes_max);
  most.log.resize(act_log_rows_max);
  auto fits = w.ask<committed>(s, write_of(std::vector<act>(write_acts_max, most)));
  w.run();
  CHECK(fits->answer);
  store_fixture::stop(w, s);
}

TEST_CASE("the watchdog's probe commits, says what is full, and is silent after an unknown") {
  world w;
  store_fixture f;
  auto s = f.spawn(w);
  f.disk.faults = {storage_fault::none, storage_fault::fail_and_not_persist,
                   storage_fault::unknown_and_not_persist};
  auto good = w.ask<probed>(s, probe{5});
  w.run();
  auto full = w.ask<probed>(s, probe{6});
  w.run();
  auto lost = w.ask<probed>(s, probe{7});
  w.run();
  REQUIRE(good->answer);
  CHECK(good->answer->writable);
  REQUIRE(full->answer);
  CHECK_FALSE(full->answer->writable);
  CHECK_FALSE(lost->answer);
  CHECK(f.deaths.size() == 1);
}

TEST_CASE("whatever the order, the tree verifies and every answered write is there") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    INFO("seed " << seed);
    world w{1};
    store_fixture f;
    f.limits.batch_acts_max = 3;
    f.disk.faults = {storage_fault::none, storage_fault::fail_and_not_persist, storage_fault::none,
                     seed % 2 == 0 ? storage_fault::fail_but_persist
                                   : storage_fault::unknown_and_not_persist};
    auto s = f.spawn(w);
    std::vector<std::shared_ptr<asked<committed>>> answers;
    for (std::uint8_t i = 0; i < 20; ++i)
      answers.push_back(w.ask<committed>(s, write_of({only_if(act_on(i % 7, {i}), absent(i % 7))})));
    w.run_shuffled(seed);
    check_log(f.disk);
    for (std::uint8_t i = 0; i < 20; ++i)
      if (answers[i]->answer)
        CHECK(stored(f.disk, i % 7) == bytes{i});
    store_fixture::stop(w, s);
  }
}
