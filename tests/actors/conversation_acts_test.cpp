#include "conversation_fixture.hpp"
#include "roster_rows.hpp"
#include "submission.hpp"

using namespace wardline;
using wire::device::done;

namespace {

struct acts_fixture : conversation_fixture {
  e2ee::sealed_message sent = c.message(c.nurse, 1);

  acts_fixture() { ask_now(c.post(c.nurse, sent)); }

  e2ee::act_fields fields(time_ms at = small_clinic::now + 1) const {
    e2ee::act_fields a;
    a.target = id_of<message_id>(1).value;
    a.h = sent.h;
    a.time = at;
    return a;
  }
  apply_act act_by(const test_person& who, const e2ee::act_fields& f) const {
    auto object = std::make_shared<const wire::device::act>(wire::device::act{c.act_bytes(who, f)});
    return {c.caller_of(who), c.conversation, f.message(), object, small_clinic::now + 5};
  }
  bytes acknowledgement() {
    return answered<wire::device::slips>(ask_now(slips(c.nurse))).rows.at(0).acknowledgement;
  }
};

} // namespace

TEST_CASE("an acknowledgement takes effect once; the same again gets the same answer") {
  acts_fixture f;
  auto m = f.act_by(f.c.physician, f.fields());
  auto first = answered<done>(f.ask_now(m));
  CHECK(f.acknowledgement() == m.act->object);
  auto leaves = f.entries(rules::audit_kind::acted);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].user == f.c.physician.user);
  CHECK(leaves[0].object == id_of<message_id>(1).value);
  CHECK(leaves[0].hash == e2ee::act::decode(m.act->object, f.c.id)->hash());
  CHECK(leaves[0].detail == bytes{1, 1});
  CHECK(answered<done>(f.ask_now(m)).leaf == first.leaf);
  CHECK(f.entries(rules::audit_kind::acted).size() == 1);
  // Everybody in the conversation sees that somebody has it.
  REQUIRE(f.d.news.size() == 2);
  auto news = slip_in(f.d.news[1]);
  CHECK(f.d.news[1].parties == std::vector{f.c.nurse.party, f.c.physician.party});
  CHECK(news.seq == 1);
  CHECK(news.acknowledgement == m.act->object);
}

TEST_CASE("the first one wins; a later one is told by whom and when, and kept as a leaf") {
  acts_fixture f;
  f.c.change(
      [&](rules::clinic& next) { next.devices.at(f.c.stranger.device).parties = {f.c.physician.party}; });
  auto winner = f.act_by(f.c.physician, f.fields());
  auto loser = f.act_by(f.c.stranger, f.fields());
  std::shared_ptr<asked<outcome>> a, b;
  SECTION("one after the other") {
    a = f.ask_now(winner);
    b = f.ask_now(loser);
  }
  SECTION("at once: decided by the commit") {
    f.gate.hold = true;
    a = f.ask_now(winner);
    b = f.ask_now(loser);
    f.gate.release();
    f.w.run();
  }
  answered<done>(a);
  auto r = answered<wire::device::refused>(b);
  CHECK(r.why == refusal::already_acknowledged);
  CHECK(r.user == f.c.physician.user);
  CHECK(r.time == small_clinic::now + 5);
  CHECK(f.acknowledgement() == winner.act->object);
  auto leaves = f.entries(rules::audit_kind::acted);
  REQUIRE(leaves.size() == 2);
  CHECK(leaves[1].user == f.c.stranger.user);
  CHECK(leaves[1].detail == bytes{1, 2});
  CHECK(why_of(f.ask_now(loser)) == refusal::already_acknowledged);
  CHECK(f.entries(rules::audit_kind::acted).size() == 2);
}

TEST_CASE("the same act twice at once is one act") {
  acts_fixture f;
  f.gate.hold = true;
  auto m = f.act_by(f.c.physician, f.fields());
  auto a = f.ask_now(m);
  auto b = f.ask_now(m);
  f.gate.release();
  f.w.run();
  CHECK(answered<done>(a).leaf == answered<done>(b).leaf);
  CHECK(f.entries(rules::audit_kind::acted).size() == 1);
}

TEST_CASE("acts that are refused, and why") {
  acts_fixture f;
  auto before = f.rows.leaves();
  auto act = f.fields();
  auto why_for = [&](const test_person& who) { return why_of(f.ask_now(f.act_by(who, act))); };
  SECTION("another version of the message") {
    act.h = sha256(view("other"));
    CHECK(why_for(f.c.physician) == refusal::act_on_other_message);
  }
  SECTION("an unknown message") {
    act.target = id_of<message_id>(9).value;
    CHECK(why_for(f.c.physician) == refusal::not_found);
  }
  SECTION("a message of another conversation") {
    wardline::write elsewhere;
    elsewhere.acts.emplace_back();
    elsewhere.acts[0].changes = {put_row(ports::table::idempotency, to_bytes(id_of<message_id>(9).view()),
                                         rows::accepted{f.sent.h, id_of<conversation_id>(0xee), 1})};
    f.w.ask<committed>(f.real, elsewhere);
    f.w.run();
    before = f.rows.leaves();
    act.target = id_of<message_id>(9).value;
    CHECK(why_for(f.c.physician) == refusal::not_found);
  }
  SECTION("by a non-member") {
    CHECK(why_for(f.c.stranger) == refusal::not_found);
  }
  SECTION("by its author: not a target") {
    CHECK(why_for(f.c.nurse) == refusal::not_entitled_to_act);
  }
  SECTION("words that take no effect here") {
    act.act = e2ee::act_kind::raise;
    act.level = e2ee::urgency::now;
    CHECK(why_for(f.c.physician) == refusal::unknown_value);
  }
  SECTION("giving back what one does not have") {
    act.act = e2ee::act_kind::unacknowledge;
    CHECK(why_for(f.c.physician) == refusal::item_not_yours);
  }
  SECTION("a log that the daemon never had") {
    act.tree_size = before;
    act.tree_root = sha256(view("fork"));
    CHECK(why_for(f.c.physician) == refusal::log_forked);
    act.tree_size = before + 1;
    CHECK(why_for(f.c.physician) == refusal::log_forked);
  }
  SECTION("the disk refuses") {
    f.s.disk.faults = {storage_fault::fail_and_not_persist};
    CHECK(why_for(f.c.physician) == refusal::storage_refused);
  }
  SECTION("bytes that are no act") {
    auto m = f.act_by(f.c.physician, act);
    m.act = std::make_shared<const wire::device::act>(wire::device::act{{13, 1}});
    CHECK(why_of(f.ask_now(m)) == refusal::truncated);
  }
  CHECK(f.rows.leaves() == before);
  CHECK(f.acknowledgement().empty());
}

TEST_CASE("an act may name the tree as its device knows it") {
  acts_fixture f;
  auto act = f.fields();
  auto tree = rules::frontier_from(2, tree_rows_of(f.s.disk));
  REQUIRE(tree);
  act.tree_size = 2;
  act.tree_root = rules::root(*tree);
  answered<done>(f.ask_now(f.act_by(f.c.physician, act)));
}

TEST_CASE("a report is kept once, told to everybody in the conversation, and answered the same again") {
  acts_fixture f;
  auto x = f.fields();
  x.act = e2ee::act_kind::report;
  x.reason = static_cast<std::uint8_t>(refusal::seal_not_openable);
  auto m = f.act_by(f.c.physician, x);
  auto first = answered<done>(f.ask_now(m));
  auto leaves = f.entries(rules::audit_kind::acted);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].detail == bytes{7, 1});
  auto key = rows::key_of_report(f.c.conversation, f.c.physician.device, id_of<message_id>(1));
  auto row = read_row<rows::report>(f.s.disk, ports::table::meta, key);
  REQUIRE(row);
  CHECK(row->row.act == m.act->object);
  auto news = *wire::device::decode_from_daemon(*f.d.news.back().message);
  const auto& waits = std::get<wire::device::pending>(news).key_lists;
  REQUIRE(waits.size() == 1);
  CHECK(waits[0].conversation == f.c.conversation);
  CHECK(waits[0].device == f.c.physician.device);
  CHECK(waits[0].report == m.act->object);
  CHECK(f.acknowledgement().empty()); // an unreadable message is not acknowledged by it
  x.time += 1;                        // the next start of the device
  CHECK(answered<done>(f.ask_now(f.act_by(f.c.physician, x))).leaf == first.leaf);
  CHECK(f.entries(rules::audit_kind::acted).size() == 1);
}

TEST_CASE("reports that are refused, and the one beyond reports_open_max") {
  acts_fixture f;
  auto x = f.fields();
  x.act = e2ee::act_kind::report;
  CHECK(why_of(f.ask_now(f.act_by(f.c.physician, x))) == refusal::reason_missing);
  x.reason = static_cast<std::uint8_t>(refusal::key_commitment_mismatch);
  x.h[0] ^= 1;
  CHECK(why_of(f.ask_now(f.act_by(f.c.physician, x))) == refusal::act_on_other_message);
  x.h[0] ^= 1;
  CHECK(why_of(f.ask_now(f.act_by(f.c.stranger, x))) == refusal::not_found);
  auto& meta = f.s.disk.rows[static_cast<std::size_t>(ports::table::meta)];
  for (std::size_t i = 0; i < reports_open_max; ++i)
    meta[rows::key_of_report(f.c.conversation, f.c.physician.device,
                             id_of<message_id>(static_cast<std::uint8_t>(100 + i)))] = bytes(stamp_bytes, 1);
  CHECK(why_of(f.ask_now(f.act_by(f.c.physician, x))) == refusal::count_too_large);
  meta.erase(rows::key_of_report(f.c.conversation, f.c.physician.device, id_of<message_id>(100)));
  answered<done>(f.ask_now(f.act_by(f.c.physician, x)));
  // Another device's are counted apart.
  answered<done>(f.ask_now(f.act_by(f.c.nurse, x)));
}
