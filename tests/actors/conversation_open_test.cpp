#include "conversation_fixture.hpp"

using namespace wardline;
using wire::device::opened;
using wire::device::posted;

namespace {

/// Rows of bodies that were read: the second row of each act of two.
std::vector<watched_reader::look> bodies_read(const conversation_fixture& f) {
  std::vector<watched_reader::look> out;
  for (const auto& look : f.rows.log_looks) {
    auto raw = f.s.disk.read(ports::table::log, ports::row_key(look.row));
    if (rows::decode<rows::body>(raw.value))
      out.push_back(look);
  }
  return out;
}

} // namespace

TEST_CASE("a body is read only behind its durable leaf") {
  conversation_fixture f;
  auto m = f.c.message(f.c.nurse, 1);
  f.ask_now(f.c.post(f.c.nurse, m));
  f.rows.log_looks.clear();
  auto before = f.rows.leaves();
  SECTION("committed: the leaf names who, what and why") {
    auto a = answered<opened>(f.ask_now(f.open(f.c.physician, {1})));
    REQUIRE(a.bodies.size() == 1);
    CHECK(a.bodies[0].seq == 1);
    CHECK(a.bodies[0].sealed == m.body);
    CHECK(a.leaf == before);
    CHECK(a.left_off == 0);
    auto looks = bodies_read(f);
    REQUIRE(looks.size() == 1);
    CHECK(looks[0].leaves == before + 1);
    auto leaves = f.entries(rules::audit_kind::opened);
    REQUIRE(leaves.size() == 1);
    CHECK(leaves[0].user == f.c.physician.user);
    CHECK(leaves[0].device == f.c.physician.device);
    CHECK(leaves[0].conversation == f.c.conversation);
    CHECK(leaves[0].detail == bytes{1, 0, 0, 0, 0, 0, 0, 0, 1});
  }
  SECTION("refused by the disk: no body") {
    f.s.disk.faults = {storage_fault::fail_and_not_persist};
    CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::storage_refused);
    CHECK(bodies_read(f).empty());
  }
  SECTION("unknown: no body, no answer") {
    f.s.disk.faults = {storage_fault::fail_but_persist};
    CHECK_FALSE(f.ask_now(f.open(f.c.physician, {1}))->answer);
    CHECK(bodies_read(f).empty());
  }
  SECTION("on its way: no body yet") {
    f.gate.hold = true;
    auto a = f.ask_now(f.open(f.c.physician, {1}));
    CHECK_FALSE(a->answer);
    CHECK(bodies_read(f).empty());
    f.gate.release();
    f.w.run();
    CHECK(answered<opened>(a).bodies.size() == 1);
  }
  SECTION("gated between the question and the leaf: no body (e2ee 10, 104)") {
    f.gate.hold = true;
    auto a = f.ask_now(f.open(f.c.physician, {1}));
    f.c.gate(f.c.physician);
    f.gate.release();
    f.w.run();
    CHECK(why_of(a) == refusal::device_revoked);
    CHECK(bodies_read(f).empty());
    CHECK(f.entries(rules::audit_kind::opened).size() == 1);
  }
  SECTION("a non-member gets none, and leaves no leaf (e2ee 10, 103)") {
    CHECK(why_of(f.ask_now(f.open(f.c.stranger, {1}))) == refusal::not_found);
    CHECK(bodies_read(f).empty());
    CHECK(f.rows.leaves() == before);
  }
}

TEST_CASE("what may be asked for at once") {
  conversation_fixture f;
  for (std::uint8_t i = 1; i <= 3; ++i)
    f.post(f.c.nurse, i);
  auto before = f.rows.leaves();
  std::vector<std::uint64_t> many(wire::open_bodies_max + 1);
  for (std::size_t i = 0; i < many.size(); ++i)
    many[i] = i + 1;
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {}))) == refusal::malformed_request);
  CHECK(why_of(f.ask_now(f.open(f.c.physician, many))) == refusal::open_too_many);
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {2, 1}))) == refusal::not_sorted);
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {2, 2}))) == refusal::not_sorted);
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {3, 4}))) == refusal::not_found);
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {0}))) == refusal::not_found);
  for (auto purpose :
       {wire::device::purpose::break_glass, wire::device::purpose::records, wire::device::purpose::restore}) {
    auto o = f.open(f.c.physician, {1});
    o.what.purpose = purpose;
    CHECK(why_of(f.ask_now(o)) == refusal::unknown_value);
  }
  CHECK(f.rows.leaves() == before);
  auto off_duty = f.open(f.c.physician, {1, 3});
  off_duty.what.purpose = wire::device::purpose::off_duty;
  CHECK(answered<opened>(f.ask_now(off_duty)).bodies.size() == 2);
  CHECK(f.entries(rules::audit_kind::opened_off_duty).at(0).detail ==
        bytes{2, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 3});
}

TEST_CASE("64 bodies go in one answer if they fit; above open_bytes_max the rest is left off, unread") {
  conversation_fixture f;
  std::string longest(wire::content_bytes_max, 'x');
  std::vector<std::uint64_t> seqs;
  SECTION("64 small ones") {
    for (std::uint8_t i = 1; i <= wire::open_bodies_max; ++i) {
      f.post(f.c.nurse, i);
      seqs.push_back(i);
    }
    CHECK(answered<opened>(f.ask_now(f.open(f.c.physician, seqs))).bodies.size() == wire::open_bodies_max);
  }
  SECTION("large ones") {
    for (std::uint8_t i = 1; i <= 16; ++i) {
      f.post(f.c.nurse, i, longest);
      seqs.push_back(i);
    }
    f.post(f.c.nurse, 17); // would fit, but what is left off is the end
    seqs.push_back(17);
    f.rows.log_looks.clear();
    auto a = answered<opened>(f.ask_now(f.open(f.c.physician, seqs)));
    constexpr std::size_t fit = wire::open_bytes_max / wire::body_bytes_max;
    CHECK(a.bodies.size() == fit);
    CHECK(a.left_off == 17 - fit);
    CHECK(bodies_read(f).size() == fit);
    CHECK(f.entries(rules::audit_kind::opened).at(0).detail.size() == 1 + 8 * fit);
    wire::device::answer whole{id_of<request_id>(1), a};
    CHECK(wire::device::encode(wire::device::from_daemon{whole}).size() <= wire::message_bytes_max);
    auto rest = answered<opened>(f.ask_now(f.open(f.c.physician, {seqs.begin() + fit, seqs.end()})));
    CHECK(rest.bodies.size() == 17 - fit);
  }
}

TEST_CASE("a body that cannot be opened costs itself, not its neighbours") {
  conversation_fixture f;
  f.post(f.c.nurse, 1);
  f.post(f.c.nurse, 2);
  auto place = split_stamp(f.s.disk.read(ports::table::index, rows::key_of_place(f.c.conversation, 1)).value);
  REQUIRE(place);
  f.s.disk.poison(ports::table::log, ports::row_key(place->at.log + 1));
  auto a = answered<opened>(f.ask_now(f.open(f.c.physician, {1, 2})));
  REQUIRE(a.bodies.size() == 1);
  CHECK(a.bodies[0].seq == 2);
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::value_not_openable);
  CHECK(f.s.journal.count("body_not_openable") == 2);
}

TEST_CASE("Opens above leaves_waiting_max are refused as overloaded") {
  conversation_fixture f;
  f.post(f.c.nurse, 1);
  f.gate.hold = true;
  std::vector<std::shared_ptr<asked<outcome>>> answers;
  for (std::size_t i = 0; i < leaves_waiting_max; ++i)
    answers.push_back(f.ask(f.open(f.c.physician, {1})));
  f.w.run();
  CHECK(why_of(f.ask_now(f.open(f.c.physician, {1}))) == refusal::overloaded);
  f.gate.release();
  f.w.run();
  for (auto& a : answers)
    CHECK(answered<opened>(a).bodies.size() == 1);
  CHECK(answered<opened>(f.ask_now(f.open(f.c.physician, {1}))).bodies.size() == 1);
}

TEST_CASE("slips come in pages behind a cursor") {
  conversation_fixture f;
  for (std::uint8_t i = 1; i <= 7; ++i)
    f.post(f.c.nurse, i);
  auto first = answered<wire::device::slips>(f.ask_now(f.slips(f.c.physician, 0, 3)));
  REQUIRE(first.rows.size() == 3);
  CHECK(first.more);
  CHECK(first.rows[0].seq == 1);
  CHECK(first.rows[2].seq == 3);
  CHECK(first.rows[0].time == small_clinic::now);
  CHECK(first.rows[0].acknowledgement.empty());
  auto leaf = f.entries(rules::audit_kind::posted);
  CHECK(first.rows[0].leaf == 1); // leaf 0 is the link's
  auto rest = answered<wire::device::slips>(f.ask_now(f.slips(f.c.physician, 3, 512)));
  REQUIRE(rest.rows.size() == 4);
  CHECK_FALSE(rest.more);
  CHECK(rest.rows[3].seq == 7);
  CHECK(answered<wire::device::slips>(f.ask_now(f.slips(f.c.physician, 7))).rows.empty());
  auto elsewhere = f.slips(f.c.physician);
  elsewhere.what.incarnation = id_of<incarnation_id>(0x12);
  CHECK(why_of(f.ask_now(elsewhere)) == refusal::other_incarnation);
}

TEST_CASE("a page of slips ends at slips_bytes_max, and goes on from there") {
  conversation_fixture f;
  constexpr std::uint64_t all = 400;
  for (std::uint64_t from = 1; from <= all; from += 50) {
    wardline::write w;
    for (std::uint64_t seq = from; seq < from + 50; ++seq) {
      act a;
      a.entry.kind = rules::audit_kind::posted;
      a.log = {rows::encode(rows::slip{f.c.conversation, seq, 1, bytes(wire::slip_bytes_max, 7)})};
      a.changes = {put_row(ports::table::index, rows::key_of_place(f.c.conversation, seq), rows::place{})};
      w.acts.push_back(a);
    }
    f.w.ask<committed>(f.real, w);
    f.w.run();
  }
  std::uint64_t after = 0;
  int pages = 0;
  for (bool more = true; more; ++pages) {
    auto page = answered<wire::device::slips>(f.ask_now(f.slips(f.c.physician, after)));
    wire::device::answer whole{id_of<request_id>(1), page};
    CHECK(wire::device::encode(wire::device::from_daemon{whole}).size() <= wire::message_bytes_max);
    REQUIRE_FALSE(page.rows.empty());
    CHECK(page.rows.front().seq == after + 1);
    after = page.rows.back().seq;
    more = page.more;
  }
  CHECK(after == all);
  CHECK(pages == 3);
}

TEST_CASE("a slip that cannot be opened is missing from its page; the rest comes") {
  conversation_fixture f;
  for (std::uint8_t i = 1; i <= 3; ++i)
    f.post(f.c.nurse, i);
  auto place = split_stamp(f.s.disk.read(ports::table::index, rows::key_of_place(f.c.conversation, 2)).value);
  f.s.disk.poison(ports::table::log, ports::row_key(place->at.log));
  auto page = answered<wire::device::slips>(f.ask_now(f.slips(f.c.physician)));
  REQUIRE(page.rows.size() == 2);
  CHECK(page.rows[1].seq == 3);
  CHECK(f.s.journal.count("slip_not_openable") == 1);
}
