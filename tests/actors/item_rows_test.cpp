// Rows of items, of what is due, and of the plan: whole or not at all; and which rows change together.
#include "item_rows.hpp"
#include "message_rows.hpp"
#include "plan_rows.hpp"
#include "store_fixture.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

namespace {

template <class Id>
Id filled(std::uint8_t n) {
  Id out;
  out.value.fill(n);
  return out;
}

template <class Row>
void check_whole(const Row& row) {
  auto raw = rows::encode(row);
  auto back = rows::decode<Row>(raw);
  REQUIRE(back);
  CHECK(rows::encode(*back) == raw);
  for (std::size_t n = 0; n < raw.size(); ++n)
    CHECK_FALSE(rows::decode<Row>(bytes_view{raw}.first(n)));
  auto other_version = raw;
  other_version[0] = 2;
  CHECK_FALSE(rows::decode<Row>(other_version));
  raw.push_back(0);
  CHECK_FALSE(rows::decode<Row>(raw));
}

const auto nurses = filled<party_id>(1), doctors = filled<party_id>(2);

rows::item sample() {
  rows::item out;
  out.conversation = filled<conversation_id>(3);
  out.seq = 7;
  out.author = filled<user_id>(4);
  out.parties = {nurses, doctors};
  out.level = 1;
  out.type = 2;
  out.needs_ack = true;
  out.time = 1'800'000'000'000;
  out.state = rules::begin(rules::lane::now, true, rules::default_chain(nurses), out.time);
  out.act = {1, 2, 3};
  return out;
}

rules::roster sample_roster() {
  rules::roster out;
  out.zone = {"Europe/Vienna", {{0, 3'600}, {1'000, -7'200}}};
  out.rotation = {-5, 12, {filled<user_id>(1), filled<user_id>(2)}};
  out.overrides = {{rules::duty_override::kind::replace, 10, 20, {filled<user_id>(3)}}};
  return out;
}

std::size_t count(const memory_storage& disk, ports::table t) {
  return disk.rows[static_cast<std::size_t>(t)].size();
}

} // namespace

TEST_CASE("every row survives, and nothing shorter or longer is taken for one") {
  check_whole(sample());
  auto resting = sample();
  resting.state = rules::begin(rules::lane::info, false, {}, 5);
  resting.act.clear();
  check_whole(resting);
  check_whole(rules::default_chain(nurses));
  check_whole(sample_roster());
  CHECK(rows::decode<rules::roster>(rows::encode(sample_roster())) == sample_roster());
  CHECK(rows::decode<rows::item>(rows::encode(sample()))->state == sample().state);
}

TEST_CASE("an item's values have a most") {
  auto bad = [](auto change) {
    auto item = sample();
    change(item);
    return !rows::decode<rows::item>(rows::encode(item));
  };
  CHECK_FALSE(bad([](auto& i) { i.act = bytes(wire::act_bytes_max); }));
  CHECK(bad([](auto& i) { i.act = bytes(wire::act_bytes_max + 1); }));
  CHECK(bad([](auto& i) { i.level = 6; }));
  CHECK(bad([](auto& i) { i.state.next_step = 2; })); // behind its chain
  CHECK(bad([](auto& i) { i.parties = {doctors, nurses}; }));
}

TEST_CASE("what is due sorts by lane and time") {
  const rows::due_key soon{rules::lane::now, 5, filled<message_id>(9)};
  const rows::due_key later{rules::lane::now, 256, filled<message_id>(1)};
  const rows::due_key less{rules::lane::urgent, 1, filled<message_id>(1)};
  CHECK(rows::encode(soon) < rows::encode(later));
  CHECK(rows::encode(later) < rows::encode(less));
  CHECK(rows::due_of_key(rows::encode(soon)) == soon);
  CHECK_FALSE(rows::due_of_key(bytes(25, 0)));
  CHECK_FALSE(rows::due_of_key(bytes(24, 1)));
  auto routine = rows::encode(soon);
  routine[0] = 4;
  CHECK_FALSE(rows::due_of_key(routine));
}

TEST_CASE("an item and its clock change in one act") {
  memory_storage disk;
  std::uint64_t leaf = 0;
  // What the store does with an act, without its leaves.
  auto commit = [&](const act& a) {
    std::vector<ports::change> changes;
    for (const auto& c : a.changes) {
      changes.push_back(c.change);
      if (c.stamped) {
        auto stamp = bytes(stamp_bytes);
        stamp[7] = static_cast<std::uint8_t>(++leaf);
        changes.back().value.insert(changes.back().value.begin(), stamp.begin(), stamp.end());
      }
    }
    REQUIRE(disk.commit(changes) == ports::commit_result::committed);
  };
  const auto message = filled<message_id>(5);
  act made;
  auto first = sample();
  put_item(made, message, first);
  CHECK(made.only_if.size() == 1);
  commit(made);
  CHECK(count(disk, ports::table::due) == 1);
  CHECK(count(disk, ports::table::waiting) == 1);

  auto stored = read_item(disk, message);
  REQUIRE(stored);
  auto owned = stored->row;
  owned.state = rules::after(owned.state, rules::acknowledged_now{filled<user_id>(8)}, first.time + 1).next;
  act taken;
  change_item(taken, message, *stored, owned);
  REQUIRE(taken.only_if.size() == 1);
  CHECK(taken.only_if[0].equals == stored->stored);
  commit(taken);
  CHECK(count(disk, ports::table::due) == 1); // the step went, the lapse came
  auto due = rows::due_of_key(disk.rows[static_cast<std::size_t>(ports::table::due)].begin()->first);
  CHECK(due->at == owned.state.clock->at);

  stored = read_item(disk, message);
  auto answered = stored->row;
  answered.state =
      rules::after(answered.state, rules::written_behind{filled<user_id>(8)}, first.time + 2).next;
  act done;
  change_item(done, message, *stored, answered);
  commit(done);
  CHECK(count(disk, ports::table::due) == 0);
  CHECK(count(disk, ports::table::waiting) == 0);
  CHECK(read_item(disk, filled<message_id>(6)).why() == refusal::not_found);
}

TEST_CASE("a plan is what its rows say, and a damaged row costs nobody a wake") {
  memory_storage disk;
  kept_journal journal;
  auto put = [&](bytes key, bytes value) {
    value.insert(value.begin(), stamp_bytes, 0);
    auto row = ports::put(ports::table::plan, std::move(key), std::move(value));
    REQUIRE(disk.commit({&row, 1}) == ports::commit_result::committed);
  };
  put(rows::key_of_plan(rows::plan_kind::roster, nurses), rows::encode(sample_roster()));
  put(rows::key_of_plan(rows::plan_kind::chain, doctors), rows::encode(rules::default_chain(doctors)));
  auto plan = load_plan(disk, journal);
  CHECK(plan.rosters.at(nurses) == sample_roster());
  CHECK(plan.chains.at(doctors) == rules::default_chain(doctors));
  CHECK(journal.lines.empty());

  put(rows::key_of_plan(rows::plan_kind::roster, nurses), {1, 2, 3});
  plan = load_plan(disk, journal);
  CHECK(plan.rosters.empty());
  CHECK_FALSE(plan.on_duty(nurses, 5)); // everybody's
  CHECK(journal.lines.size() == 1);
}
