// What is due is run, from rows alone: over the real store, with a directory that says who was reached.
#include "escalation_fixture.hpp"

using namespace wardline;

TEST_CASE("an unanswered message climbs its chain, and the last step repeats") {
  escalation_fixture f;
  f.post(1);
  f.pass(1'000);
  REQUIRE(f.d.wakes.size() == 1);
  CHECK(f.d.wakes[0].message == filled<message_id>(1));
  CHECK(f.d.wakes[0].level == rules::lane::now);
  CHECK(f.d.wakes[0].own == std::vector<rules::wake_target>{{rules::wake_target::kind::on_duty, nurses}});
  CHECK(f.d.wakes[0].before.empty());
  f.pass(minute - 1'000);
  CHECK(f.d.wakes.size() == 1);
  f.pass(1'000);
  REQUIRE(f.d.wakes.size() == 2);
  CHECK(f.d.wakes[1].own == std::vector<rules::wake_target>{{rules::wake_target::kind::on_duty, doctors}});
  CHECK(f.d.wakes[1].before == f.d.wakes[0].own); // a step adds, it takes nobody away
  f.pass(2 * minute);
  REQUIRE(f.d.wakes.size() == 3);
  CHECK(f.d.wakes[2].own == std::vector<rules::wake_target>{{rules::wake_target::kind::everyone, nurses}});
  f.pass(20 * minute);
  CHECK(f.d.wakes.size() == 13); // every two minutes
  auto leaves = f.leaves(rules::audit_kind::escalated);
  REQUIRE(leaves.size() == 13);
  CHECK(leaves[1].object == filled<message_id>(1).value);
  CHECK(leaves[1].detail == bytes{1, 0, 0, 0, 1});
  CHECK(f.t.changed.size() == 13);
  f.check_owned_or_due(1);
}

TEST_CASE("whoever acknowledges stops the clock; silence starts it again") {
  escalation_fixture f;
  f.post(1);
  f.pass(1'000);
  f.happen(1, rules::acknowledged_now{ann});
  f.check_owned_or_due(1);
  f.pass(10 * minute - 1'000);
  CHECK(f.d.wakes.size() == 1);
  SECTION("she wrote") {
    f.happen(1, rules::written_behind{ann});
    f.pass(60 * minute);
    CHECK(f.d.wakes.size() == 1);
    CHECK(f.state(1).at == rules::phase::answered);
  }
  SECTION("she said nothing: the next step, at once") {
    f.pass(1'000);
    REQUIRE(f.d.wakes.size() == 2);
    CHECK(f.d.wakes[1].own == std::vector<rules::wake_target>{{rules::wake_target::kind::on_duty, doctors}});
    auto lapsed = f.leaves(rules::audit_kind::lapsed);
    REQUIRE(lapsed.size() == 1);
    CHECK(lapsed[0].user == ann);
    CHECK_FALSE(f.state(1).owner);
  }
  f.check_owned_or_due(1);
}

TEST_CASE("a step that reaches no device advances at once; the last one stays loud") {
  escalation_fixture f;
  f.d.on_wake = [](const wake_up&) { return 0; };
  f.post(1);
  f.pass(1'000);
  CHECK(f.d.wakes.size() == 3); // all steps within one tick
  CHECK(f.s.journal.count("nobody_reached") == 1);
  f.pass(4 * minute);
  CHECK(f.d.wakes.size() == 5);
  CHECK(f.s.journal.count("nobody_reached") == 3);
  f.check_owned_or_due(1);
}

TEST_CASE("what is overdue runs once, after a restart and after a jump of the clock") {
  escalation_fixture f;
  f.post(1);
  f.pass(1'000);
  SECTION("the process was down for three hours") {
    f.now += 180 * minute;
    f.restart();
    f.tick_once();
    CHECK(f.d.wakes.size() == 2);
    f.pass(minute);
    CHECK(f.d.wakes.size() == 2);
  }
  SECTION("the clock jumps three hours ahead") {
    f.now += 180 * minute;
    f.tick_once();
    CHECK(f.d.wakes.size() == 2);
    f.pass(minute);
    CHECK(f.d.wakes.size() == 2);
  }
  SECTION("the clock is set back by three hours") {
    f.now -= 180 * minute;
    f.pass(1'000);
    CHECK(f.d.wakes.size() == 2);
    CHECK(f.s.journal.count("clock_set_back") == 1);
    f.pass(2 * minute);
    CHECK(f.d.wakes.size() == 3);
  }
  SECTION("the clock was set back while the process was down") {
    f.now -= 180 * minute;
    f.restart();
    f.tick_once();
    CHECK(f.d.wakes.size() == 2);
  }
  f.check_owned_or_due(1);
}

TEST_CASE("an acknowledgement between wake and commit wins") {
  escalation_fixture f;
  f.post(1);
  f.gate.hold = true;
  f.pass(1'000);
  REQUIRE(f.d.wakes.size() == 1);
  REQUIRE(f.gate.held.size() == 1);
  f.happen(1, rules::acknowledged_now{ann}); // by the real store, before the step's commit
  f.gate.release();
  f.w.run();
  CHECK(f.state(1).owner == ann);
  CHECK(f.leaves(rules::audit_kind::escalated).empty());
  f.pass(5 * minute);
  CHECK(f.d.wakes.size() == 1);
  f.check_owned_or_due(1);
}

TEST_CASE("a crash between wake and commit rings once more, never once too few") {
  escalation_fixture f;
  f.post(1);
  f.gate.hold = true;
  f.pass(1'000);
  REQUIRE(f.d.wakes.size() == 1);
  f.stop(f.climbing);
  f.gate.refuse(refusal::storage_refused);
  f.w.run();
  f.check_owned_or_due(1);
  f.restart();
  f.pass(1'000);
  CHECK(f.d.wakes.size() == 2);
  CHECK(f.d.wakes[1].own == f.d.wakes[0].own);
  CHECK(f.state(1).next_step == 1);
}

TEST_CASE("on a full disk it rings on, every ten seconds") {
  escalation_fixture f;
  f.post(1);
  f.gate.hold = true;
  f.pass(1'000);
  f.gate.refuse(refusal::storage_refused);
  f.w.run();
  f.gate.hold = true;
  f.pass(9'000);
  CHECK(f.d.wakes.size() == 1);
  f.pass(1'000);
  CHECK(f.d.wakes.size() == 2);
  f.gate.release();
  f.w.run();
  CHECK(f.state(1).next_step == 1);
  f.pass(30'000);
  CHECK(f.d.wakes.size() == 2);
}

TEST_CASE("in a storm the most urgent go first") {
  escalation_fixture f;
  for (std::uint8_t i = 1; i <= 200; ++i)
    f.post(i, rules::lane::today);
  f.now += 60 * minute; // what came later rings before
  for (std::uint8_t i = 201; i <= 250; ++i)
    f.post(i, i % 2 == 0 ? rules::lane::now : rules::lane::urgent);
  f.gate.hold = true; // nothing is ever done
  f.pass(1'000);
  REQUIRE(f.d.wakes.size() == 250);
  for (std::size_t i = 0; i < 25; ++i)
    CHECK(f.d.wakes[i].level == rules::lane::now);
  for (std::size_t i = 25; i < 50; ++i)
    CHECK(f.d.wakes[i].level == rules::lane::urgent);
  static_assert(steps_on_way_max == 256);
  f.gate.hold = false;
  for (std::uint8_t i = 1; i <= 10; ++i) {
    // Ten more than may be on their way at a time, with ids of their own.
    rows::item item = read_item(f.s.disk, filled<message_id>(1))->row;
    auto message = filled<message_id>(1);
    message.value[15] = static_cast<std::uint8_t>(100 + i);
    item.seq = 1'000u + i;
    item.state = rules::begin(rules::lane::today, true, two_roles(), f.now - 60 * minute);
    act a;
    put_item(a, message, item);
    f.write_act(std::move(a));
  }
  f.pass(1'000);
  CHECK(f.d.wakes.size() == steps_on_way_max);
  f.gate.release();
  f.w.run();
  f.pass(1'000);
  CHECK(f.d.wakes.size() == 260);
  CHECK(f.leaves(rules::audit_kind::escalated).size() == 260);
}

TEST_CASE("a row that cannot be read harms no other") {
  escalation_fixture f;
  f.post(1);
  f.post(2);
  f.s.disk.poison(ports::table::item, to_bytes(filled<message_id>(1).view()));
  f.pass(1'000);
  REQUIRE(f.d.wakes.size() == 1);
  CHECK(f.d.wakes[0].message == filled<message_id>(2));
  CHECK(f.s.journal.count("item_not_openable") == 1);
  f.pass(9'000);
  CHECK(f.s.journal.count("item_not_openable") == 1); // not a line a second
}

TEST_CASE("random clinics in virtual time: one owner or one live step, after every second") {
  for (std::uint64_t seed = 0; seed < 25; ++seed) {
    INFO("seed " << seed);
    std::mt19937_64 dice{seed};
    auto any = [&](unsigned n) { return static_cast<std::uint8_t>(dice() % n); };
    escalation_fixture f;
    f.d.on_wake = [&](const wake_up&) { return any(3); };
    constexpr std::uint8_t messages = 4;
    for (std::uint8_t i = 1; i <= messages; ++i)
      f.post(i, any(2) == 0 ? rules::lane::now : rules::lane::urgent);
    for (int second = 0; second < 120; ++second) {
      auto number = static_cast<std::uint8_t>(1 + any(messages));
      auto who = any(2) == 0 ? ann : bea;
      auto state = f.state(number);
      std::vector<rules::item_event> events{rules::acknowledged_now{who},
                                            rules::taken_over{who, state.version}, rules::given_back{who},
                                            rules::written_behind{who}};
      auto what = events[any(4)];
      if (any(4) == 0 && rules::after(state, what, f.now).why == refusal::none)
        f.happen(number, what);
      if (any(25) == 0)
        f.restart();
      if (any(20) == 0)
        f.now += 30 * minute;
      if (any(40) == 0)
        f.now -= 20 * minute;
      f.pass(1'000);
      for (std::uint8_t i = 1; i <= messages; ++i)
        f.check_owned_or_due(i);
    }
  }
}
