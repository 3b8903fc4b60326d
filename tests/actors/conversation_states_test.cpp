// States, not stops: a nearly full disk, a full one, and rows that cannot be opened.
#include "conversation_fixture.hpp"

using namespace wardline;
using wire::device::done;
using wire::device::opened;

namespace {

struct states_fixture : conversation_fixture {
  post_slip message_of(e2ee::urgency level, std::uint8_t number) {
    auto h = c.header(c.nurse, number);
    e2ee::envelope e;
    e.level = level;
    e.type = e2ee::message_type::question;
    e.scorer = e2ee::scored_by::person;
    h.envelope = e2ee::encode(e);
    return c.post(c.nurse, c.sealed(c.nurse, std::move(h), {c.recipient(c.nurse), c.recipient(c.physician)}));
  }

  apply_act acknowledgement(std::uint8_t number, const hash32& h) {
    e2ee::act_fields a;
    a.target = id_of<message_id>(number).value;
    a.h = h;
    a.time = small_clinic::now + 1;
    auto object = std::make_shared<const wire::device::act>(wire::device::act{c.act_bytes(c.physician, a)});
    return {c.caller_of(c.physician), c.conversation, a.message(), object, small_clinic::now + 5};
  }

  bytes body_row(std::uint64_t seq) {
    auto at = split_stamp(s.disk.read(ports::table::index, rows::key_of_place(c.conversation, seq)).value);
    REQUIRE(at);
    return ports::row_key(at->at.log + 1);
  }
};

} // namespace

TEST_CASE(
    "a nearly full disk takes levels 1 and 2, opens, acknowledges and recalls; the rest waits by name") {
  states_fixture f;
  auto before = f.c.message(f.c.nurse, 1);
  REQUIRE(why_of(f.ask_now(f.c.post(f.c.nurse, before))) == refusal::none);
  f.s.disk.full = true;
  struct sample {
    e2ee::urgency level;
    refusal expected;
  };
  std::uint8_t number = 10;
  for (const auto& s :
       {sample{e2ee::urgency::now, refusal::none}, sample{e2ee::urgency::urgent, refusal::none},
        sample{e2ee::urgency::today, refusal::only_urgent_now},
        sample{e2ee::urgency::routine, refusal::only_urgent_now},
        sample{e2ee::urgency::info, refusal::only_urgent_now},
        sample{e2ee::urgency::unscored, refusal::only_urgent_now}}) {
    INFO(static_cast<int>(s.level));
    CHECK(why_of(f.ask_now(f.message_of(s.level, number++))) == s.expected);
  }
  CHECK(answered<opened>(f.ask_now(f.open(f.c.physician, {1}))).bodies.size() == 1);
  answered<done>(f.ask_now(f.acknowledgement(1, before.h)));
  CHECK(why_of(f.ask_now(f.c.post(f.c.nurse, before))) == refusal::none); // its ack was lost: the old answer
  f.s.disk.full = false;
  CHECK(why_of(f.ask_now(f.message_of(e2ee::urgency::info, 14))) == refusal::none); // as if nothing had been
  CHECK(f.dense_seqs() == 4);
}

TEST_CASE("when the reserve is gone, too, all is refused by name, and goes on when there is room") {
  states_fixture f;
  for (int i = 0; i < 3; ++i) {
    f.s.disk.faults = {storage_fault::fail_and_not_persist};
    CHECK(why_of(f.ask_now(f.message_of(e2ee::urgency::now, 1))) == refusal::storage_refused);
  }
  CHECK(f.s.deaths.empty());
  CHECK(why_of(f.ask_now(f.message_of(e2ee::urgency::now, 1))) == refusal::none);
  CHECK(f.dense_seqs() == 1);
}

TEST_CASE("a body that cannot be opened twice is quarantined: one leaf, and no further look at it") {
  states_fixture f;
  for (std::uint8_t i = 1; i <= 2; ++i)
    f.post(f.c.nurse, i);
  f.s.disk.poison(ports::table::log, f.body_row(1));
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::value_not_openable);
  CHECK(f.entries(rules::audit_kind::quarantined).empty()); // once may be chance
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::value_not_openable);
  auto leaves = f.entries(rules::audit_kind::quarantined);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].conversation == f.c.conversation);
  CHECK(leaves[0].detail == bytes{0, 0, 0, 0, 0, 0, 0, 1, 2});

  for (int lives = 0; lives < 2; ++lives) {
    f.rows.log_looks.clear();
    auto opens = f.entries(rules::audit_kind::opened).size();
    CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::value_not_openable);
    CHECK(f.rows.log_looks.empty());
    CHECK(f.entries(rules::audit_kind::opened).size() == opens); // nothing was released, nothing is said
    CHECK(answered<opened>(f.ask_now(f.open(f.c.physician, {1, 2}))).bodies.size() == 1);
    f.stop(f.talk);
    f.talk = f.spawn(); // a restart does not forget it
  }
  CHECK(f.s.journal.count("row_quarantined") == 1);
  CHECK(f.s.journal.count("body_not_openable") == 2);
}

TEST_CASE("a slip that cannot be opened twice is quarantined; the others come, and posts go on") {
  states_fixture f;
  for (std::uint8_t i = 1; i <= 3; ++i)
    f.post(f.c.nurse, i);
  auto slip = f.body_row(2);
  slip.back() = static_cast<std::uint8_t>(slip.back() - 1);
  f.s.disk.poison(ports::table::log, slip);
  for (int i = 0; i < 5; ++i)
    CHECK(answered<wire::device::slips>(f.ask_now(f.slips(f.c.physician))).rows.size() == 2);
  CHECK(f.s.journal.count("slip_not_openable") == 2);
  CHECK(f.entries(rules::audit_kind::quarantined).size() == 1);
  CHECK(why_of(f.post(f.c.nurse, 4)) == refusal::none);
}

TEST_CASE("a quarantine that the disk refuses is tried again") {
  states_fixture f;
  f.post(f.c.nurse, 1);
  f.s.disk.poison(ports::table::log, f.body_row(1));
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::value_not_openable);
  f.s.disk.faults = {storage_fault::none, storage_fault::fail_and_not_persist}; // the opening; its quarantine
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::value_not_openable);
  CHECK(f.entries(rules::audit_kind::quarantined).empty());
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::value_not_openable);
  CHECK(f.entries(rules::audit_kind::quarantined).size() == 1);
}

TEST_CASE("more poison than is remembered is quarantined all the same, later") {
  states_fixture f;
  constexpr std::size_t count = poison_met_max + 1;
  for (std::size_t i = 1; i <= count; ++i) {
    auto h = f.c.header(f.c.nurse, 1);
    h.message.value[15] = static_cast<std::uint8_t>(i);
    h.message.value[14] = static_cast<std::uint8_t>(i >> 8);
    auto to = {f.c.recipient(f.c.nurse), f.c.recipient(f.c.physician)};
    REQUIRE(why_of(f.ask_now(f.c.post(f.c.nurse, f.c.sealed(f.c.nurse, std::move(h), to)))) == refusal::none);
    f.s.disk.poison(ports::table::log, f.body_row(i));
  }
  for (std::size_t i = 1; i <= count; ++i) // one more than is remembered
    CHECK(why_of(f.ask_now(f.open(f.c.physician, {i}))) == refusal::value_not_openable);
  CHECK(f.entries(rules::audit_kind::quarantined).empty());
  for (int i = 0; i < 2; ++i)
    (void)f.ask_now(f.open(f.c.physician, {1}));
  CHECK(f.entries(rules::audit_kind::quarantined).size() == 1);
}
