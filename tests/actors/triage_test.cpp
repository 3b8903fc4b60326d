// Inboxes: who sees what, in which order and in pages; made anew from the rows.
#include "fake_actors.hpp"
#include "small_clinic.hpp"
#include "triage.hpp"

using namespace wardline;
using wire::device::inbox;
using wire::device::inbox_view;

namespace {

const auto role = id_of<party_id>(0x70);

struct triage_fixture {
  world w;
  small_clinic c;
  store_fixture s;
  rules::duty_board duty;
  store_actor store = s.spawn(w);
  triage_actor shown;
  std::uint64_t seq = 0;

  triage_fixture() {
    c.change([&](rules::clinic& known) {
      rules::party_record p;
      p.party = role;
      p.kind = rules::party_kind::role;
      known.parties.emplace(role, p);
      for (const auto* who : {&c.nurse, &c.physician})
        known.devices.at(who->device).parties.insert(known.devices.at(who->device).parties.begin(), role);
    });
    shown = spawn();
  }
  ~triage_fixture() {
    for (const auto& h : {caf::actor_cast<caf::actor>(shown), caf::actor_cast<caf::actor>(store)}) {
      caf::anon_send_exit(h, caf::exit_reason::user_shutdown);
      w.run();
    }
  }
  triage_fixture(const triage_fixture&) = delete;
  triage_fixture& operator=(const triage_fixture&) = delete;

  triage_actor spawn(std::size_t held_max = items_held_max) {
    return w.sys.spawn(triage, triage_parts{&s.disk, &c.board, &duty, &s.journal, held_max});
  }
  void commit(act a) {
    auto done = w.ask<committed>(store, wardline::write{{std::move(a)}});
    w.run();
    REQUIRE(done->answer);
  }
  message_id post(std::uint8_t number, std::uint8_t level, std::vector<party_id> to, user_id author = {}) {
    rows::item item;
    item.conversation = c.conversation;
    item.seq = ++seq;
    item.author = author ? author : c.stranger.user;
    item.parties = std::move(to);
    item.level = level;
    item.time = small_clinic::now + seq;
    item.state = rules::begin(rules::lane_of(level), false, rules::default_chain(item.parties[0]), item.time);
    act a;
    auto message = id_of<message_id>(number);
    put_item(a, message, item);
    commit(std::move(a));
    caf::anon_send(shown, item_changed{message});
    w.run();
    return message;
  }
  void happen(const message_id& message, const rules::item_event& what) {
    auto before = read_item(s.disk, message);
    auto after = before->row;
    after.state = rules::after(before->row.state, what, small_clinic::now).next;
    act a;
    change_item(a, message, *before, after);
    commit(std::move(a));
    caf::anon_send(shown, item_changed{message});
    w.run();
  }
  caller_ref caller_of(const test_person& who) const {
    auto out = std::make_shared<caller>(*c.caller_of(who));
    if (who.number != c.stranger.number)
      out->parties.insert(out->parties.begin(), role);
    return out;
  }
  std::shared_ptr<asked<outcome>> ask(const test_person& who, wire::device::list_inbox what) {
    auto out = w.ask<outcome>(shown, ask_inbox{caller_of(who), std::move(what), small_clinic::now});
    w.run();
    return out;
  }
  inbox list(const test_person& who, inbox_view view = inbox_view::all, party_id of = {}) {
    return answered<inbox>(ask(who, {view, of, {}, 256}));
  }
  std::vector<int> numbers(const inbox& in) const {
    std::vector<int> out;
    for (const auto& item : in.items)
      out.push_back(item.message.value[0]);
    return out;
  }
};

} // namespace

TEST_CASE("an inbox is in the order of urgency, and holds what is one's own or one's roles'") {
  triage_fixture f;
  f.post(1, 4, {role});
  f.post(2, 1, {f.c.physician.party});
  f.post(3, 0, {role});
  f.post(4, 2, {f.c.nurse.party});
  f.post(5, 1, {role}, f.c.nurse.user);
  auto nurse = f.list(f.c.nurse);
  CHECK(f.numbers(nurse) == std::vector<int>{4, 3, 1}); // not what she wrote herself
  CHECK(nurse.waiting == 3);
  CHECK(nurse.next.empty());
  CHECK_FALSE(nurse.items[1].scored);
  CHECK(nurse.items[1].level == 3);
  CHECK(nurse.items[0].party == f.c.nurse.party);
  CHECK(nurse.items[0].due != 0);
  CHECK(nurse.items[2].due == 0);
  CHECK(f.numbers(f.list(f.c.physician)) == std::vector<int>{2, 5, 3, 1});
  CHECK(f.list(f.c.stranger).items.empty());
}

TEST_CASE("views: everything, what nobody has, one's own, a role's") {
  triage_fixture f;
  auto first = f.post(1, 1, {role});
  auto second = f.post(2, 1, {role});
  f.post(3, 1, {f.c.nurse.party});
  f.happen(first, rules::acknowledged_now{f.c.nurse.user});
  f.happen(second, rules::acknowledged_now{f.c.physician.user});
  auto all = f.list(f.c.nurse);
  CHECK(f.numbers(all) == std::vector<int>{3, 1, 2}); // nobody's, her own, somebody else's
  CHECK(all.waiting == 1);
  CHECK(all.items[2].owner == f.c.physician.user);
  CHECK(all.items[2].version == 2);
  CHECK(f.numbers(f.list(f.c.nurse, inbox_view::unassigned)) == std::vector<int>{3});
  CHECK(f.numbers(f.list(f.c.nurse, inbox_view::mine)) == std::vector<int>{1});
  CHECK(f.numbers(f.list(f.c.nurse, inbox_view::role, role)) == std::vector<int>{1, 2});
  CHECK(f.list(f.c.stranger, inbox_view::role, role).items.empty());
  f.happen(first, rules::written_behind{f.c.nurse.user});
  CHECK(f.numbers(f.list(f.c.nurse)) == std::vector<int>{3, 2});
}

TEST_CASE("duty decides what is shown first, not what is shown") {
  triage_fixture f;
  f.post(1, 1, {role});
  f.post(2, 1, {f.c.nurse.party});
  CHECK(f.numbers(f.list(f.c.nurse)) == std::vector<int>{1, 2});
  auto plan = std::make_shared<rules::duty_plan>();
  plan->rosters[role].rotation = {0, 24, {f.c.physician.user}};
  f.duty.swap(plan);
  auto nurse = f.list(f.c.nurse);
  CHECK(f.numbers(nurse) == std::vector<int>{2, 1});
  CHECK(nurse.items[1].off_duty);
  CHECK_FALSE(nurse.items[0].off_duty);
  CHECK_FALSE(f.list(f.c.physician).items[0].off_duty);
}

TEST_CASE("pages go on where the last one ended, whatever happened meanwhile") {
  triage_fixture f;
  for (std::uint8_t i = 1; i <= 7; ++i)
    f.post(i, 4, {role});
  auto first = answered<inbox>(f.ask(f.c.nurse, {inbox_view::all, {}, {}, 3}));
  CHECK(f.numbers(first) == std::vector<int>{1, 2, 3});
  CHECK(first.waiting == 7);
  REQUIRE(first.next.size() == wire::inbox_cursor_bytes);
  f.happen(id_of<message_id>(2), rules::written_behind{f.c.nurse.user});
  f.post(8, 1, {role});
  auto second = answered<inbox>(f.ask(f.c.nurse, {inbox_view::all, {}, first.next, 3}));
  CHECK(f.numbers(second) == std::vector<int>{4, 5, 6});
  auto third = answered<inbox>(f.ask(f.c.nurse, {inbox_view::all, {}, second.next, 3}));
  CHECK(f.numbers(third) == std::vector<int>{7});
  CHECK(third.next.empty());
  CHECK(why_of(f.ask(f.c.nurse, {inbox_view::all, {}, bytes(wire::inbox_cursor_bytes, 0), 3})) ==
        refusal::malformed_request);
}

TEST_CASE("a new triage reads what waits from the rows; more than it holds leaves out what is not urgent") {
  triage_fixture f;
  for (std::uint8_t i = 1; i <= 5; ++i)
    f.post(i, 4, {role});
  f.post(6, 1, {role});
  f.post(7, 2, {role});
  f.happen(id_of<message_id>(3), rules::written_behind{f.c.nurse.user});
  caf::anon_send_exit(f.shown, caf::exit_reason::user_shutdown);
  f.w.run();
  SECTION("all of it") {
    f.shown = f.spawn();
    CHECK(f.numbers(f.list(f.c.nurse)) == std::vector<int>{6, 7, 1, 2, 4, 5});
  }
  SECTION("at most two that are not urgent") {
    f.shown = f.spawn(2);
    CHECK(f.numbers(f.list(f.c.nurse)) == std::vector<int>{6, 7, 1, 2});
    CHECK(f.s.journal.count("inbox_too_long") == 1);
  }
}
