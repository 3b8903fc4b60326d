#include "conversation_fixture.hpp"
#include "wipe_rows.hpp"

using namespace wardline;
using wire::device::done;

namespace {

struct recall_fixture : conversation_fixture {
  e2ee::sealed_message sent = c.message(c.nurse, 1);

  recall_fixture() {
    ask_now(c.post(c.nurse, sent));
    post(c.nurse, 2);
  }

  apply_act recall(const test_person& who, std::uint8_t message = 1, time_ms at = small_clinic::now + 1) {
    e2ee::act_fields a;
    a.act = e2ee::act_kind::recall;
    a.target = id_of<message_id>(message).value;
    a.h = sent.h;
    a.time = at;
    auto object = std::make_shared<const wire::device::act>(wire::device::act{c.act_bytes(who, a)});
    return {c.caller_of(who), c.conversation, a.message(), object, small_clinic::now + 5};
  }

  apply_act destroy(const test_person& who, const hash32& link, std::uint8_t reason = 1) {
    e2ee::act_fields a;
    a.act = e2ee::act_kind::destroy;
    a.target = c.conversation.value;
    a.h = link;
    a.reason = reason;
    a.time = small_clinic::now + 1;
    auto object = std::make_shared<const wire::device::act>(wire::device::act{c.act_bytes(who, a)});
    return {c.caller_of(who), c.conversation, {}, object, small_clinic::now + 5, {}, true};
  }

  std::vector<rows::wipe_order> orders() const {
    std::vector<rows::wipe_order> out;
    for (const auto& row : s.disk.scan(ports::table::meta, view(rows::order_prefix), {}, 512)) {
      auto order = read_row<rows::wipe_order>(s.disk, ports::table::meta, row.key);
      REQUIRE(order);
      out.push_back(order->row);
    }
    return out;
  }
};

} // namespace

TEST_CASE("a recall denies the release with its leaf, and orders the destruction of the body") {
  recall_fixture f;
  auto m = f.recall(f.c.nurse);
  auto first = answered<done>(f.ask_now(m));
  auto leaves = f.entries(rules::audit_kind::recalled);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].user == f.c.nurse.user);
  CHECK(leaves[0].object == id_of<message_id>(1).value);
  CHECK(leaves[0].conversation == f.c.conversation);
  auto orders = f.orders();
  REQUIRE(orders.size() == 1);
  CHECK(orders[0].what == rows::wipe_kind::message);
  auto body = rows::decode<rows::body>(*f.s.disk.read(ports::table::log, ports::row_key(orders[0].body_row)));
  REQUIRE(body);
  CHECK(body->seq == 1);

  auto opened_before = f.entries(rules::audit_kind::opened).size();
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::message_destroyed);
  CHECK(why_of(f.ask_now(f.open(f.c.nurse, {1}))) == refusal::message_destroyed);
  CHECK(f.entries(rules::audit_kind::opened).size() == opened_before); // nothing was released
  auto others = answered<wire::device::opened>(f.ask_now(f.open(f.c.physician, {1, 2})));
  REQUIRE(others.bodies.size() == 1); // the others are not withheld for it
  CHECK(others.bodies[0].seq == 2);

  // Everybody sees it, now and later; the slip stays.
  auto news = slip_in(f.d.news.back());
  CHECK(news.seq == 1);
  CHECK(news.recall == m.act->object);
  auto slips = answered<wire::device::slips>(f.ask_now(f.slips(f.c.physician)));
  CHECK(slips.rows.at(0).recall == m.act->object);
  CHECK(slips.rows.at(0).object == f.sent.slip);
  CHECK(slips.rows.at(1).recall.empty());

  // The same again, and another of hers: one recall. The message is offered again: gone.
  CHECK(answered<done>(f.ask_now(m)).leaf == first.leaf);
  CHECK(answered<done>(f.ask_now(f.recall(f.c.nurse, 1, small_clinic::now + 9))).leaf == first.leaf);
  CHECK(f.entries(rules::audit_kind::recalled).size() == 1);
  CHECK(why_of(f.ask_now(f.c.post(f.c.nurse, f.sent))) == refusal::message_destroyed);
}

TEST_CASE("a recall between the question and its leaf keeps the body back") {
  recall_fixture f;
  f.gate.hold = true;
  auto opening = f.ask_now(f.open(f.c.physician, {1}));
  CHECK_FALSE(opening->answer);
  auto recalling = f.w.ask<outcome>(f.spawn(), f.recall(f.c.nurse));
  f.w.run();
  std::swap(f.gate.held[0], f.gate.held[1]); // the recall commits first
  f.gate.release();
  f.w.run();
  REQUIRE(recalling->answer);
  CHECK(why_of(opening) == refusal::message_destroyed);
}

TEST_CASE("only its author recalls a message") {
  recall_fixture f;
  auto before = f.rows.leaves();
  CHECK(why_of(f.ask_now(f.recall(f.c.physician))) == refusal::not_entitled_to_act);
  CHECK(why_of(f.ask_now(f.recall(f.c.stranger))) == refusal::not_found);
  CHECK(why_of(f.ask_now(f.recall(f.c.nurse, 2))) == refusal::act_on_other_message); // h of another one
  CHECK(why_of(f.ask_now(f.recall(f.c.nurse, 9))) == refusal::not_found);
  CHECK(f.rows.leaves() == before);
  CHECK(f.orders().empty());
}

TEST_CASE("a full disk refuses a recall, and nothing is half done") {
  recall_fixture f;
  f.s.disk.faults = {storage_fault::fail_and_not_persist};
  CHECK(why_of(f.ask_now(f.recall(f.c.nurse))) == refusal::storage_refused);
  CHECK(answered<wire::device::opened>(f.ask_now(f.open(f.c.physician, {1}))).bodies.size() == 1);
  answered<done>(f.ask_now(f.recall(f.c.nurse)));
}

TEST_CASE("a destroyed conversation gives nothing and takes nothing, and says so to its members alone") {
  recall_fixture f;
  auto m = f.destroy(f.c.stranger, f.c.link.hash()); // a registrar who is no member: directory has looked
  auto first = answered<done>(f.ask_now(m));
  auto leaves = f.entries(rules::audit_kind::destruction_ordered);
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].object == f.c.conversation.value);
  CHECK(leaves[0].detail == bytes{1});
  REQUIRE(f.orders().size() == 1);
  CHECK(f.orders()[0].what == rows::wipe_kind::conversation);
  auto all_refused = [&] {
    CHECK(why_of(f.ask_now(f.open(f.c.physician, {2}))) == refusal::message_destroyed);
    CHECK(why_of(f.ask_now(f.slips(f.c.physician))) == refusal::message_destroyed);
    CHECK(why_of(f.post(f.c.nurse, 3)) == refusal::message_destroyed);
    CHECK(why_of(f.ask_now(f.c.post(f.c.nurse, f.sent))) == refusal::message_destroyed);
    CHECK(why_of(f.ask_now(f.recall(f.c.nurse))) == refusal::message_destroyed);
    CHECK(why_of(f.ask_now(f.open(f.c.stranger, {2}))) == refusal::not_found);
  };
  all_refused();
  CHECK(answered<done>(f.ask_now(m)).leaf == first.leaf);
  f.stop(f.talk);
  f.talk = f.spawn(); // and after a restart
  all_refused();
  CHECK(answered<done>(f.ask_now(m)).leaf == first.leaf);
}

TEST_CASE("destructions that are refused, and why") {
  recall_fixture f;
  auto before = f.rows.leaves();
  CHECK(why_of(f.ask_now(f.destroy(f.c.nurse, sha256(view("an older link"))))) ==
        refusal::act_on_other_message);
  CHECK(why_of(f.ask_now(f.destroy(f.c.nurse, f.c.link.hash(), 0))) == refusal::reason_missing);
  CHECK(why_of(f.ask_now(f.destroy(f.c.nurse, f.c.link.hash(), 99))) == refusal::unknown_value);
  f.s.disk.faults = {storage_fault::fail_and_not_persist};
  CHECK(why_of(f.ask_now(f.destroy(f.c.nurse, f.c.link.hash()))) == refusal::storage_refused);
  CHECK(f.rows.leaves() == before);
  CHECK(answered<wire::device::opened>(f.ask_now(f.open(f.c.physician, {1}))).bodies.size() == 1);
  CHECK(why_of(f.post(f.c.nurse, 3)) == refusal::none); // it goes on as before
}

TEST_CASE(
    "a post on its way when its conversation is destroyed is destroyed with it, one behind is refused") {
  recall_fixture f;
  f.gate.hold = true;
  auto on_its_way = f.post(f.c.nurse, 3);
  auto destroying = f.ask_now(f.destroy(f.c.stranger, f.c.link.hash()));
  auto behind = f.post(f.c.nurse, 4);
  f.gate.release();
  f.w.run();
  CHECK(why_of(on_its_way) == refusal::none);
  answered<done>(destroying);
  CHECK(why_of(behind) == refusal::message_destroyed);
  CHECK(f.dense_seqs() == 3);
}
