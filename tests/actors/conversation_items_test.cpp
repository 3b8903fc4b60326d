// What waits for somebody, in one conversation: items come with their posts, and go by acknowledgement,
// answer, claim and release; opening off duty is written down and never refused.
#include "conversation_fixture.hpp"

using namespace wardline;
using wire::device::done;

namespace {

struct items_fixture : conversation_fixture {
  const party_id role = id_of<party_id>(0x70);
  std::map<std::uint8_t, hash32> headers;

  std::shared_ptr<asked<outcome>> post_level(const test_person& author, std::uint8_t number,
                                             e2ee::urgency level, bool needs_ack = false) {
    auto h = c.header(author, number);
    e2ee::envelope e;
    e.level = level;
    e.needs_ack = needs_ack;
    e.type = e2ee::message_type::question;
    e.scorer = e2ee::scored_by::person;
    h.envelope = e2ee::encode(e);
    auto m = c.sealed(author, std::move(h), {c.recipient(c.nurse), c.recipient(c.physician)});
    headers[number] = m.h;
    return ask_now(c.post(author, m));
  }
  rows::item item(std::uint8_t number) const {
    auto row = read_item(s.disk, id_of<message_id>(number));
    REQUIRE(row);
    return row->row;
  }
  std::size_t count(ports::table where) const { return s.disk.rows[static_cast<std::size_t>(where)].size(); }

  apply_act word(const test_person& who, std::uint8_t number, e2ee::act_kind kind, time_ms at,
                 std::optional<std::uint32_t> claims = {}) const {
    e2ee::act_fields a;
    a.act = kind;
    a.target = id_of<message_id>(number).value;
    a.h = headers.at(number);
    a.time = at;
    auto object = std::make_shared<const wire::device::act>(wire::device::act{c.act_bytes(who, a)});
    return {c.caller_of(who), c.conversation, a.message(), object, at, claims};
  }
  auto acknowledge(const test_person& who, std::uint8_t number, time_ms at = small_clinic::now + 5) {
    return ask_now(word(who, number, e2ee::act_kind::acknowledge, at));
  }
  auto release(const test_person& who, std::uint8_t number, time_ms at = small_clinic::now + 9) {
    return ask_now(word(who, number, e2ee::act_kind::unacknowledge, at));
  }
  auto claim(const test_person& who, std::uint8_t number, std::uint32_t version,
             time_ms at = small_clinic::now + 7) {
    return ask_now(word(who, number, e2ee::act_kind::acknowledge, at, version));
  }
  /// Somebody else who may do everything the physician may.
  void let_stranger_in() {
    c.change([&](rules::clinic& next) { next.devices.at(c.stranger.device).parties = {c.physician.party}; });
  }
  bytes shown_word(std::uint8_t number) {
    return answered<wire::device::slips>(ask_now(slips(c.nurse))).rows.at(number - 1u).acknowledgement;
  }
};

} // namespace

TEST_CASE("a post brings its item and its due row in the same transaction") {
  items_fixture f;
  f.gate.hold = true;
  f.post_level(f.c.nurse, 1, e2ee::urgency::now);
  REQUIRE(f.gate.held.size() == 1);
  CHECK(f.gate.held[0].what.acts.size() == 1); // one act, so one leaf and one commit
  CHECK(f.count(ports::table::due) == 0);
  f.gate.release();
  f.w.run();
  auto item = f.item(1);
  CHECK(item.author == f.c.nurse.user);
  CHECK(item.state.at == rules::phase::climbing);
  CHECK(item.state.clock->at == small_clinic::now);
  CHECK(item.type == 1);
  CHECK(f.count(ports::table::due) == 1);
  CHECK(f.count(ports::table::waiting) == 1);
  CHECK(f.t.changed == std::vector{id_of<message_id>(1)});
  // Her own party is not woken for what she wrote.
  REQUIRE(item.state.steps.steps.size() == 2);
  CHECK(item.state.steps.steps[1].targets ==
        std::vector<rules::wake_target>{{rules::wake_target::kind::everyone, f.c.physician.party}});
}

TEST_CASE("which levels climb") {
  struct row {
    e2ee::urgency level;
    bool needs_ack, climbs;
  };
  std::uint8_t number = 0;
  items_fixture f;
  std::size_t due = 0;
  for (const auto& r : std::vector<row>{{e2ee::urgency::now, false, true},
                                        {e2ee::urgency::urgent, false, true},
                                        {e2ee::urgency::today, true, true},
                                        {e2ee::urgency::today, false, false},
                                        {e2ee::urgency::unscored, true, true},
                                        {e2ee::urgency::unscored, false, false},
                                        {e2ee::urgency::routine, true, false},
                                        {e2ee::urgency::info, true, false}}) {
    f.post_level(f.c.nurse, ++number, r.level, r.needs_ack);
    due += r.climbs ? 1 : 0;
    CHECK(f.count(ports::table::due) == due);
  }
  CHECK(f.item(5).state.level == rules::lane::today); // unscored is timed as today
}

TEST_CASE("a message answers what rested and what its author had; it stops no clock that nobody stopped") {
  items_fixture f;
  f.post_level(f.c.nurse, 1, e2ee::urgency::routine);
  f.post_level(f.c.nurse, 2, e2ee::urgency::now);
  f.post_level(f.c.nurse, 3, e2ee::urgency::now);
  f.acknowledge(f.c.physician, 3);
  f.t.changed.clear();
  f.post_level(f.c.physician, 4, e2ee::urgency::routine);
  CHECK(f.item(1).state.at == rules::phase::answered);
  CHECK(f.item(2).state.at == rules::phase::climbing);
  CHECK(f.item(3).state.at == rules::phase::answered);
  CHECK(f.item(3).state.owner == f.c.physician.user);
  CHECK(f.item(4).state.at == rules::phase::resting);
  CHECK(f.count(ports::table::waiting) == 2);
  CHECK(f.t.changed.size() == 3);
  CHECK(f.entries(rules::audit_kind::posted).size() == 4);
  // Also after the actor was spawned again from the rows.
  f.stop(f.talk);
  f.talk = f.spawn();
  f.post_level(f.c.nurse, 5, e2ee::urgency::routine);
  CHECK(f.item(4).state.at == rules::phase::answered);
}

TEST_CASE("a step that runs meanwhile makes a post look again, and no post fails for an item") {
  items_fixture f;
  f.post_level(f.c.nurse, 1, e2ee::urgency::routine);
  f.gate.hold = true;
  auto posted = f.ask_now(f.c.post(f.c.physician, f.c.message(f.c.physician, 2)));
  auto changed_by_other = [&] {
    auto before = read_item(f.s.disk, id_of<message_id>(1));
    auto after = before->row;
    ++after.state.version;
    act a;
    change_item(a, id_of<message_id>(1), *before, after);
    f.w.ask<committed>(f.real, wardline::write{{std::move(a)}});
    f.w.run();
  };
  for (unsigned i = 0; i < post_tries_max; ++i) {
    REQUIRE(f.gate.held.size() == 1);
    changed_by_other();
    f.gate.release();
    f.gate.hold = i + 1 < post_tries_max;
    f.w.run();
  }
  f.gate.release();
  f.w.run();
  CHECK(answered<wire::device::posted>(posted).seq == 2);
}

TEST_CASE("what somebody has can be given back by its owner only, and goes on from where it was") {
  items_fixture f;
  f.let_stranger_in();
  f.post_level(f.c.nurse, 1, e2ee::urgency::now);
  answered<done>(f.acknowledge(f.c.physician, 1));
  auto refused = answered<wire::device::refused>(f.release(f.c.stranger, 1));
  CHECK(refused.why == refusal::item_not_yours);
  CHECK(refused.user == f.c.physician.user);
  auto leaf = answered<done>(f.release(f.c.physician, 1)).leaf;
  CHECK(f.item(1).state.at == rules::phase::climbing);
  CHECK(f.item(1).state.clock->at == small_clinic::now + 9);
  CHECK(answered<done>(f.release(f.c.physician, 1)).leaf == leaf); // the same word again
  CHECK(e2ee::act::decode(f.shown_word(1), f.c.id)->act == e2ee::act_kind::unacknowledge);
  // Anybody may have it then, and the old word changes nothing.
  answered<done>(f.acknowledge(f.c.stranger, 1, small_clinic::now + 20));
  CHECK(f.item(1).state.owner == f.c.stranger.user);
  CHECK(f.entries(rules::audit_kind::acted).size() == 3);
}

TEST_CASE("a claim takes a message over if nobody was faster") {
  items_fixture f;
  f.let_stranger_in();
  f.post_level(f.c.nurse, 1, e2ee::urgency::now);
  answered<done>(f.acknowledge(f.c.physician, 1));
  auto version = f.item(1).state.version;
  auto late = answered<wire::device::refused>(f.claim(f.c.stranger, 1, version - 1));
  CHECK(late.why == refusal::item_changed);
  CHECK(late.user == f.c.physician.user);
  answered<done>(f.claim(f.c.stranger, 1, version));
  CHECK(f.item(1).state.owner == f.c.stranger.user);
  CHECK(why_of(f.claim(f.c.physician, 1, version, small_clinic::now + 8)) == refusal::item_changed);
  CHECK(why_of(f.claim(f.c.nurse, 1, version + 1)) == refusal::not_entitled_to_act);
  f.post_level(f.c.stranger, 2, e2ee::urgency::routine); // she answers
  CHECK(why_of(f.claim(f.c.physician, 1, version + 2, small_clinic::now + 30)) == refusal::item_answered);
}

TEST_CASE("two claims at once: one has it") {
  items_fixture f;
  f.let_stranger_in();
  f.post_level(f.c.nurse, 1, e2ee::urgency::now);
  f.gate.hold = true;
  auto a = f.claim(f.c.physician, 1, 1);
  auto b = f.claim(f.c.stranger, 1, 1);
  f.gate.release();
  f.w.run();
  answered<done>(a);
  CHECK(why_of(b) == refusal::item_changed);
  CHECK(f.item(1).state.owner == f.c.physician.user);
}

TEST_CASE("a wrong roster at 03:00 refuses nobody, and the log says who opened off duty") {
  items_fixture f;
  const auto nurse_role = f.c.nurse.party; // here a role, with a roster that names somebody else
  f.c.change([&](rules::clinic& next) {
    next.parties.at(nurse_role).kind = rules::party_kind::role;
    next.parties.at(f.c.physician.party).kind = rules::party_kind::role;
  });
  f.post(f.c.physician, 1);
  auto plan = std::make_shared<rules::duty_plan>();
  plan->rosters[nurse_role].rotation = {0, 24, {f.c.stranger.user}};
  SECTION("she says why") {
    f.duty.swap(plan);
    auto m = f.open(f.c.nurse, {1});
    m.what.purpose = wire::device::purpose::off_duty;
    m.what.reason = wire::device::off_duty_reason::roster_wrong;
    CHECK(answered<wire::device::opened>(f.ask_now(m)).bodies.size() == 1);
    auto leaves = f.entries(rules::audit_kind::opened_off_duty);
    REQUIRE(leaves.size() == 1);
    CHECK(leaves[0].user == f.c.nurse.user);
    CHECK(leaves[0].detail == bytes{2, 3, 0, 0, 0, 0, 0, 0, 0, 1});
  }
  SECTION("her device does not know the roster") {
    f.duty.swap(plan);
    CHECK(answered<wire::device::opened>(f.ask_now(f.open(f.c.nurse, {1}))).bodies.size() == 1);
    auto leaves = f.entries(rules::audit_kind::opened_off_duty);
    REQUIRE(leaves.size() == 1);
    CHECK(leaves[0].detail[1] == 0); // no reason was given
  }
  SECTION("an empty roster") {
    plan->rosters[nurse_role].rotation.people.clear();
    f.duty.swap(plan);
    CHECK(answered<wire::device::opened>(f.ask_now(f.open(f.c.nurse, {1}))).bodies.size() == 1);
    CHECK(f.entries(rules::audit_kind::opened_off_duty).size() == 1);
  }
  SECTION("she is on duty") {
    plan->rosters[nurse_role].rotation.people = {f.c.nurse.user};
    f.duty.swap(plan);
    answered<wire::device::opened>(f.ask_now(f.open(f.c.nurse, {1})));
    CHECK(f.entries(rules::audit_kind::opened).size() == 1);
    CHECK(f.entries(rules::audit_kind::opened_off_duty).empty());
  }
  // And she may have it, roster or not.
  e2ee::act_fields a;
  a.target = id_of<message_id>(1).value;
  a.h = f.c.message(f.c.physician, 1, "Room 4").h;
  auto slip = e2ee::slip::decode(slip_in(f.d.news[0]).object, f.c.id);
  a.h = slip->h;
  auto object = std::make_shared<const wire::device::act>(wire::device::act{f.c.act_bytes(f.c.nurse, a)});
  answered<done>(f.ask_now(apply_act{f.c.caller_of(f.c.nurse), f.c.conversation, a.message(), object, 9}));
}

TEST_CASE("a recall ends the item in its own transaction: nobody is woken, nobody can take it") {
  items_fixture f;
  f.post_level(f.c.nurse, 1, e2ee::urgency::now);
  f.post_level(f.c.nurse, 2, e2ee::urgency::routine);
  f.acknowledge(f.c.physician, 2);
  f.gate.hold = true;
  auto recalling = f.ask_now(f.word(f.c.nurse, 1, e2ee::act_kind::recall, small_clinic::now + 5));
  REQUIRE(f.gate.held.size() == 1);
  CHECK(f.gate.held[0].what.acts.size() == 1);
  f.gate.hold = false;
  f.gate.release();
  f.w.run();
  answered<done>(recalling);
  CHECK(f.item(1).state.at == rules::phase::answered);
  CHECK(f.count(ports::table::due) == 0);
  CHECK(f.count(ports::table::waiting) == 1);
  CHECK(why_of(f.claim(f.c.physician, 1, f.item(1).state.version)) == refusal::item_answered);
  // One that somebody has ends as well.
  answered<done>(f.ask_now(f.word(f.c.nurse, 2, e2ee::act_kind::recall, small_clinic::now + 6)));
  CHECK(f.item(2).state.at == rules::phase::answered);
  CHECK(f.count(ports::table::waiting) == 0);
}

TEST_CASE("a conversation in which somebody is waited for is not destroyed") {
  items_fixture f;
  auto destroy = [&] {
    e2ee::act_fields a;
    a.act = e2ee::act_kind::destroy;
    a.target = f.c.conversation.value;
    a.h = f.c.link.hash();
    a.reason = 1;
    auto object = std::make_shared<const wire::device::act>(wire::device::act{f.c.act_bytes(f.c.nurse, a)});
    return f.ask_now(
        apply_act{f.c.caller_of(f.c.nurse), f.c.conversation, {}, object, small_clinic::now + 9, {}, true});
  };
  f.post_level(f.c.nurse, 1, e2ee::urgency::routine);
  f.post_level(f.c.nurse, 2, e2ee::urgency::now);
  CHECK(why_of(destroy()) == refusal::items_due); // nobody has it
  f.acknowledge(f.c.physician, 2);
  CHECK(why_of(destroy()) == refusal::items_due); // somebody has not finished it
  CHECK(f.t.gone.empty());
  answered<done>(f.ask_now(f.word(f.c.nurse, 2, e2ee::act_kind::recall, small_clinic::now + 7)));
  f.gate.hold = true;
  auto on_its_way = f.post_level(f.c.nurse, 3, e2ee::urgency::urgent);
  CHECK(why_of(destroy()) == refusal::items_due); // not on disk yet
  f.gate.hold = false;
  f.gate.release();
  f.w.run();
  answered<done>(f.ask_now(f.word(f.c.nurse, 3, e2ee::act_kind::recall, small_clinic::now + 8)));
  answered<done>(destroy()); // what only rests goes with the rest
  CHECK(f.t.gone == std::vector{f.c.conversation});
}
