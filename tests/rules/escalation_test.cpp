// The state machine of a waiting message: every row of the transition table that the model checker reads too,
// chains, and a property under random events in virtual time.
#include "rules/escalation.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <random>
#include <sstream>

using namespace wardline;
using namespace wardline::rules;

namespace {

template <class Id>
Id id_of(std::uint8_t n) {
  Id out;
  out.value[0] = n;
  return out;
}

const auto ann = id_of<user_id>(1), bea = id_of<user_id>(2);
const auto nurses = id_of<party_id>(1), doctors = id_of<party_id>(2), heads = id_of<party_id>(3);
using kind = wake_target::kind;
constexpr time_ms start = 1'800'000'000'000;
constexpr time_ms minute = 60'000;

wake_target duty(const party_id& p) {
  return {kind::on_duty, p};
}
wake_target all(const party_id& p) {
  return {kind::everyone, p};
}

chain three_steps() {
  chain c;
  c.steps = {{{duty(nurses)}, {60, 300, 3'600}}, {{duty(doctors)}, {120, 600, 7'200}}};
  c.lapse_s = default_lapse_s;
  return completed(std::move(c), nurses);
}

/// An item in this phase; Ann has it, if somebody has.
item_state in_phase(const std::string& phase) {
  auto s = begin(lane::now, true, three_steps(), start);
  if (phase != "climbing")
    s = after(s, acknowledged_now{ann}, start + 1).next;
  if (phase == "answered")
    s = after(s, written_behind{ann}, start + 2).next;
  return s;
}

item_event event_of(const std::string& name, const user_id& by, const item_state& s) {
  if (name == "acknowledge")
    return acknowledged_now{by};
  if (name == "take_over")
    return taken_over{by, s.version};
  if (name == "take_over_late")
    return taken_over{by, s.version - 1};
  if (name == "give_back")
    return given_back{by};
  if (name == "write")
    return written_behind{by};
  if (name == "recall")
    return taken_back{by};
  if (name == "woke")
    return woke{1};
  REQUIRE(name == "lapse");
  return lapsed{};
}

rules::phase phase_of(const std::string& name) {
  for (auto [p, n] :
       {std::pair{phase::climbing, "climbing"}, {phase::owned, "owned"}, {phase::answered, "answered"}})
    if (name == n)
      return p;
  FAIL("no phase is called " << name);
  return {};
}

/// The invariant, of one state.
bool owned_or_climbing(const item_state& s) {
  const bool has_owner = static_cast<bool>(s.owner);
  const bool step_due = s.at == phase::climbing && s.clock;
  return has_owner != step_due && (s.at == phase::owned || s.at == phase::answered) == has_owner;
}

} // namespace

TEST_CASE("the machine is the one of the table") {
  std::ifstream file{WARDLINE_SOURCE_DIR "/tests/spin/transitions.txt"};
  REQUIRE(file);
  std::size_t rows = 0;
  for (std::string line; std::getline(file, line);) {
    if (line.empty() || line[0] == '#')
      continue;
    INFO(line);
    std::istringstream words{line};
    std::string from, by, event, then, owner, clock;
    words >> from >> by >> event >> then >> owner;
    const auto who = by == "owner" ? ann : bea;
    const auto before = in_phase(from);
    REQUIRE(before.at == phase_of(from));
    const auto done = after(before, event_of(event, who, before), start + 10 * minute);
    if (then == "refused") {
      CHECK(name_of(done.why) == owner);
      CHECK(done.next == before);
    } else {
      words >> clock;
      CHECK(done.why == refusal::none);
      CHECK(done.next.at == phase_of(then));
      CHECK(done.next.owner == (owner == "actor" ? who : owner == "same" ? before.owner : user_id{}));
      CHECK(done.next.clock.has_value() == (clock != "none"));
      CHECK(done.next.version == before.version + 1);
      CHECK(owned_or_climbing(done.next));
    }
    REQUIRE(words);
    ++rows;
  }
  // Every phase and event has its row: for each of both who may do it where somebody has the item.
  CHECK(rows == 36);
}

TEST_CASE("who may not, and why") {
  auto owned = in_phase("owned");
  CHECK(after(owned, acknowledged_now{bea}, start).why == refusal::already_acknowledged);
  CHECK(after(owned, given_back{bea}, start).why == refusal::item_not_yours);
  CHECK(after(owned, taken_over{bea, owned.version - 1}, start).why == refusal::item_changed);
  auto answered = in_phase("answered");
  CHECK(after(answered, taken_over{bea, answered.version}, start).why == refusal::item_answered);
}

TEST_CASE("what is timed and what rests") {
  for (auto level : {lane::now, lane::urgent})
    for (bool needs_ack : {false, true})
      CHECK(is_timed(level, needs_ack));
  CHECK(is_timed(lane::today, true));
  CHECK_FALSE(is_timed(lane::today, false));
  CHECK_FALSE(is_timed(lane::routine, true));
  CHECK_FALSE(is_timed(lane::info, true));

  CHECK(begin(lane::today, true, three_steps(), start).clock->at == start + 60 * minute);

  auto s = begin(lane::routine, false, three_steps(), start);
  CHECK(s.at == phase::resting);
  CHECK_FALSE(s.clock);
  CHECK(after(s, woke{1}, start).why == refusal::precondition_failed);
  auto had = after(s, acknowledged_now{ann}, start).next;
  CHECK(had.at == phase::owned);
  CHECK_FALSE(had.clock);
  CHECK(after(had, lapsed{}, start).why == refusal::precondition_failed);
  CHECK(after(had, given_back{ann}, start).next.at == phase::resting);
  CHECK(after(s, written_behind{bea}, start).next.at == phase::answered); // whoever answers it
  CHECK(after(s, taken_over{bea, s.version}, start).next.owner == bea);
}

TEST_CASE("a chain climbs, and its last step repeats") {
  auto s = begin(lane::now, false, three_steps(), start);
  CHECK(is_due(*s.clock, start));
  auto now = start;
  struct row {
    std::uint8_t next;
    std::uint32_t wait_s, rounds;
  };
  for (const auto& r : std::vector<row>{{1, 60, 0}, {2, 120, 0}, {2, 120, 1}, {2, 120, 2}}) {
    REQUIRE(is_due(*s.clock, now));
    s = after(s, woke{3}, now).next;
    CHECK(s.next_step == r.next);
    CHECK(s.rounds == r.rounds);
    CHECK(s.clock->at == now + r.wait_s * 1'000);
    CHECK_FALSE(is_due(*s.clock, s.clock->at - 1));
    now = s.clock->at;
  }
}

TEST_CASE("a step that reaches no device advances at once, the last one repeats and stays") {
  auto s = begin(lane::urgent, false, three_steps(), start);
  s = after(s, woke{0}, start).next;
  CHECK(s.clock->at == start);
  s = after(s, woke{0}, start).next;
  CHECK(s.clock->at == start);
  CHECK(s.next_step == 2);
  s = after(s, woke{0}, start).next;
  CHECK(s.clock->at == start + 10 * minute);
  CHECK(s.at == phase::climbing);
}

TEST_CASE("given back or lapsed, it goes on from the next step") {
  auto s = begin(lane::now, false, three_steps(), start);
  s = after(s, woke{1}, start).next;
  s = after(s, acknowledged_now{ann}, start + 1'000).next;
  CHECK(s.clock->at == start + 1'000 + 10 * minute);
  SECTION("given back") {
    s = after(s, given_back{ann}, start + 2'000).next;
  }
  SECTION("lapsed") {
    s = after(s, lapsed{}, start + 2'000).next;
  }
  CHECK(s.next_step == 1);
  CHECK(is_due(*s.clock, start + 2'000));
  CHECK_FALSE(s.owner);
  auto never = three_steps();
  never.lapse_s = {};
  auto kept = after(begin(lane::now, false, never, start), acknowledged_now{ann}, start).next;
  CHECK_FALSE(kept.clock); // an owner for good
  CHECK(owned_or_climbing(kept));
}

TEST_CASE("late and early clocks run what is overdue once") {
  auto s = begin(lane::now, false, three_steps(), start);
  s = after(s, woke{1}, start).next;
  SECTION("E19 three hours later: one step, not ninety") {
    const auto later = start + 180 * minute;
    REQUIRE(is_due(*s.clock, later));
    s = after(s, woke{1}, later).next;
    CHECK(s.next_step == 2);
    CHECK_FALSE(is_due(*s.clock, later));
  }
  SECTION("E20 set back by an hour: due at once, and then on time again") {
    const auto earlier = start - 60 * minute;
    REQUIRE(is_due(*s.clock, earlier));
    s = after(s, woke{1}, earlier).next;
    CHECK_FALSE(is_due(*s.clock, earlier));
    CHECK(is_due(*s.clock, earlier + 2 * minute));
  }
  SECTION("a clock that is put right by a moment changes nothing") {
    CHECK_FALSE(is_due(*s.clock, start - clock_back_ms_max));
    CHECK(is_due(*s.clock, start - clock_back_ms_max - 1));
  }
}

TEST_CASE("what stands in a chain") {
  auto d = default_chain(nurses);
  REQUIRE(d.steps.size() == 2);
  CHECK(targets_of(d, 0) == std::vector{duty(nurses)});
  CHECK(targets_of(d, 1) == std::vector{duty(nurses), all(nurses)}); // a step adds, it takes nobody away
  CHECK(d.steps[1].wait_s == default_wait_s);

  auto named = d;
  CHECK(completed(named, nurses) == d); // everybody stands in it already
  CHECK(completed({}, nurses).steps.size() == 1);

  const std::vector<chain> two{three_steps(), default_chain(heads)};
  auto both = merged(two);
  REQUIRE(both.steps.size() == 3);
  CHECK(both.steps[0].targets == std::vector{duty(nurses), duty(heads)});
  CHECK(both.steps[0].wait_s == lane_seconds{60, 300, 3'600});
  CHECK(both.steps[1].targets == std::vector{duty(doctors), all(heads)});
  CHECK(both.steps[2].targets ==
        std::vector{all(nurses), all(heads)}); // the shorter one repeats its last step
  CHECK(both.lapse_s == default_lapse_s);
  CHECK(merged({}).steps.empty());
  CHECK(merged(std::vector{two[0]}) == two[0]);
}

TEST_CASE("each problem of a chain has a name") {
  const auto good = [] {
    chain c;
    c.steps = {{{duty(nurses)}, {60, 300, 3'600}}, {{duty(doctors), all(heads)}, {60, 300, 3'600}}};
    return c;
  }();
  CHECK(problems_of(good).empty());
  auto only = [&](auto change, std::size_t step = chain_problem::of_chain) {
    auto c = good;
    change(c);
    auto all = problems_of(c);
    return all.size() == 1 && all[0].step == step ? all[0].why : refusal::none;
  };
  CHECK(only([](auto& c) { c.steps.clear(); }) == refusal::chain_empty);
  CHECK(only([](auto& c) { c.steps[1].targets.clear(); }, 1) == refusal::chain_step_empty);
  CHECK(only([](auto& c) { c.steps[1].targets = c.steps[0].targets; }, 1) == refusal::chain_adds_nobody);
  CHECK(only([](auto& c) { c.steps[0].wait_s[2] = step_wait_s_min - 1; }, 0) == refusal::chain_wait);
  CHECK(only([](auto& c) { c.steps[0].wait_s[0] = step_wait_s_max + 1; }, 0) == refusal::chain_wait);
  CHECK(only([](auto& c) { c.lapse_s[0] = 1; }) == refusal::chain_wait);
  CHECK(only([](auto& c) { c.lapse_s[0] = step_wait_s_max + 1; }) == refusal::chain_wait);
  CHECK(only(
            [](auto& c) {
              c.steps[0].targets.clear();
              for (std::size_t i = 0; i <= step_targets_max; ++i)
                c.steps[0].targets.push_back(all(id_of<party_id>(static_cast<std::uint8_t>(10 + i))));
            },
            0) == refusal::count_too_large);
  CHECK(only([](auto& c) {
          for (std::uint8_t i = 0; c.steps.size() <= chain_steps_max; ++i)
            c.steps.push_back({{all(id_of<party_id>(static_cast<std::uint8_t>(20 + i)))}, {60, 60, 60}});
        }) == refusal::count_too_large);
}

TEST_CASE("whatever happens, an urgent item has one owner or one live step") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    INFO("seed " << seed);
    std::mt19937 dice{seed};
    auto any = [&](unsigned n) { return static_cast<std::uint8_t>(dice() % n); };
    time_ms now = start;
    auto s = begin(any(2) == 0 ? lane::now : lane::urgent, any(2) == 0, three_steps(), now);
    std::size_t woken = 0;
    for (int step = 0; step < 200; ++step) {
      // Time goes on, jumps far ahead, or is set back; the house ticks a second at a time.
      now += any(20) == 0 ? 3'600'000 : 1'000;
      if (any(50) == 0)
        now -= 30 * minute;
      if (s.clock && is_due(*s.clock, now)) {
        auto done = s.at == phase::climbing ? after(s, woke{any(3)}, now) : after(s, lapsed{}, now);
        REQUIRE(done.why == refusal::none);
        woken += s.at == phase::climbing;
        s = done.next;
      }
      const auto who = id_of<user_id>(static_cast<std::uint8_t>(1 + any(3)));
      item_event what = woke{1};
      switch (any(12)) {
      case 0:
        what = acknowledged_now{who};
        break;
      case 1:
        what = taken_over{who, s.version - any(2)};
        break;
      case 2:
        what = given_back{who};
        break;
      case 3:
        what = written_behind{who};
        break;
      case 4:
        if (any(4) == 0)
          what = taken_back{who};
        else
          what = lapsed{};
        break;
      default:
        what = lapsed{};
        break;
      }
      if (!std::holds_alternative<lapsed>(what)) {
        auto done = after(s, what, now);
        CHECK((done.why == refusal::none) == (done.next.version == s.version + 1));
        s = done.next;
      }
      REQUIRE(owned_or_climbing(s));
      // Whatever the clock does: what nobody has is due within its longest wait from now.
      if (s.at == phase::climbing)
        REQUIRE((is_due(*s.clock, now) || s.clock->at <= now + clock_back_ms_max + 600'000));
      if (s.at == phase::answered)
        break;
    }
    CHECK(woken + (s.at == phase::owned || s.at == phase::answered) > 0);
  }
}
