#pragma once
// Escalation over the real store, with a directory that says who was reached, and a hand before the store.
#include "escalation.hpp"
#include "fake_actors.hpp"
#include "message_rows.hpp"
#include "store_fixture.hpp"
#include <catch2/catch.hpp>

namespace wardline {

inline constexpr time_ms start = 1'800'000'000'000;
inline constexpr time_ms minute = 60'000;

template <class Id>
Id filled(std::uint8_t n) {
  Id out;
  out.value.fill(n);
  return out;
}

inline const auto ann = filled<user_id>(0xa1), bea = filled<user_id>(0xb1);
inline const auto nurses = filled<party_id>(1), doctors = filled<party_id>(2);

inline rules::chain two_roles() {
  rules::chain c;
  c.steps = {{{{rules::wake_target::kind::on_duty, nurses}}, {60, 300, 3'600}},
             {{{rules::wake_target::kind::on_duty, doctors}}, {120, 600, 7'200}}};
  c.lapse_s = {600, 1'800, 0};
  return rules::completed(std::move(c), nurses);
}

struct escalation_fixture {
  world w;
  store_fixture s;
  fake_directory d;
  fake_triage t;
  gate_before_store gate;
  store_actor real = s.spawn(w);
  store_actor store;
  directory_actor directory = d.spawn(w.sys);
  triage_actor triage = t.spawn(w.sys);
  escalation_actor climbing;
  time_ms now = start;
  std::uint64_t steady = 1'000;

  escalation_fixture() {
    gate.behind = real;
    store = gate.spawn(w.sys);
    climbing = spawn();
  }
  ~escalation_fixture() {
    gate.refuse(refusal::storage_refused);
    w.run();
    stop(climbing);
    stop(directory);
    stop(triage);
    stop(store);
    stop(real);
  }
  escalation_fixture(const escalation_fixture&) = delete;
  escalation_fixture& operator=(const escalation_fixture&) = delete;

  escalation_actor spawn() {
    return w.sys.spawn(escalation, escalation_parts{&s.disk, &s.journal, store, directory, triage});
  }
  template <class Handle>
  void stop(const Handle& h) {
    caf::anon_send_exit(h, caf::exit_reason::user_shutdown);
    w.run();
  }
  /// The process dies and is started again; only the rows stay.
  void restart() {
    stop(climbing);
    climbing = spawn();
  }

  void write_act(act a) {
    auto done = w.ask<committed>(real, wardline::write{{std::move(a)}});
    w.run();
    REQUIRE(done->answer);
  }
  /// A message of this number, posted now.
  void post(std::uint8_t number, rules::lane level = rules::lane::now) {
    rows::item item;
    item.conversation = filled<conversation_id>(9);
    item.seq = number;
    item.author = filled<user_id>(0xc1);
    item.parties = {nurses, doctors};
    item.level = static_cast<std::uint8_t>(level);
    item.time = now;
    item.state = rules::begin(level, true, two_roles(), now);
    act a;
    put_item(a, filled<message_id>(number), item);
    write_act(std::move(a));
  }
  void happen(std::uint8_t number, const rules::item_event& what) {
    auto before = read_item(s.disk, filled<message_id>(number));
    REQUIRE(before);
    auto after = before->row;
    auto done = rules::after(before->row.state, what, now);
    REQUIRE(done.why == refusal::none);
    after.state = done.next;
    act a;
    change_item(a, filled<message_id>(number), *before, after);
    write_act(std::move(a));
  }
  rules::item_state state(std::uint8_t number) const {
    return read_item(s.disk, filled<message_id>(number))->row.state;
  }

  void tick_once() {
    caf::anon_send(climbing, tick{now, steady});
    w.run();
  }
  void pass(time_ms ms) {
    for (time_ms passed = 0; passed < ms; passed += 1'000) {
      now += 1'000;
      steady += 1'000;
      tick_once();
    }
  }

  std::vector<rules::audit_entry> leaves(rules::audit_kind kind) const {
    std::vector<rules::audit_entry> out;
    for (std::uint64_t i = 0;; ++i) {
      auto raw = read_entry(s.disk, i);
      if (!raw)
        return out;
      auto entry = rules::decode_audit_entry(raw->entry);
      if (entry && entry->kind == kind)
        out.push_back(*entry);
    }
  }
  /// The invariant, from the rows.
  void check_owned_or_due(std::uint8_t number) const {
    auto s1 = state(number);
    std::size_t live = 0;
    for (const auto& [key, value] : s.disk.rows[static_cast<std::size_t>(ports::table::due)]) {
      auto due = rows::due_of_key(key);
      REQUIRE(due);
      if (due->message == filled<message_id>(number)) {
        ++live;
        REQUIRE(s1.clock);
        CHECK(due->at == s1.clock->at);
      }
    }
    CHECK(live == (s1.clock ? 1 : 0));
    CHECK(static_cast<bool>(s1.owner) != (s1.at == rules::phase::climbing && live == 1));
  }
};

} // namespace wardline
