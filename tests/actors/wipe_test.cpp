#include "conversation_fixture.hpp"
#include "memory_turns.hpp"
#include "wipe.hpp"

using namespace wardline;
using ports::table;

namespace {

/// Orders in the store, and a wipe actor that ends them.
struct wipe_fixture {
  world w;
  store_fixture s;
  memory_turns turns{s.disk};
  store_actor store;
  wipe_actor wiping;
  fake_attachments files;
  attachments_actor attachments;
  std::uint64_t next_row = 0;

  wipe_fixture() { start(); }
  ~wipe_fixture() { stop(); }
  wipe_fixture(const wipe_fixture&) = delete;
  wipe_fixture& operator=(const wipe_fixture&) = delete;

  void start() {
    auto parts = s.parts().value();
    parts.turns = &turns;
    attachments = files.spawn(w.sys);
    store = w.sys.spawn(wardline::store, std::move(parts));
    wiping = w.sys.spawn(run_wipe, wipe_parts{&s.disk, store, &s.journal, 3, attachments});
  }
  void stop() {
    for (const auto& a : {caf::actor_cast<caf::actor>(wiping), caf::actor_cast<caf::actor>(attachments),
                          caf::actor_cast<caf::actor>(store)})
      caf::anon_send_exit(a, caf::exit_reason::user_shutdown);
    w.run();
  }
  void tick() {
    caf::anon_send(wiping, wardline::tick{1000, 1000});
    w.run();
  }

  static conversation_id talk(std::uint8_t n) { return id_of<conversation_id>(n); }

  /// A message with its rows; 5 of them to be destroyed with its conversation.
  void plant(const conversation_id& c, std::uint64_t seq, const message_id& m) {
    rows::item item;
    item.conversation = c;
    item.seq = seq;
    act a;
    a.entry.kind = rules::audit_kind::posted;
    a.log = {bytes{1}, bytes{2}};
    a.changes = {put_row(table::index, rows::key_of_place(c, seq), rows::place{m, 272}),
                 put_row(table::item, to_bytes(m.view()), item),
                 {ports::put(table::waiting, rows::key_of_place(c, seq), to_bytes(m.view())), false}};
    auto done = w.ask<committed>(store, wardline::write{{a}});
    w.run();
    REQUIRE(done->answer);
    next_row = done->answer->stamps.front().log + 2;
  }
  void order(const rows::wipe_order& o) {
    act a;
    a.entry.kind = rules::audit_kind::recalled;
    a.changes = {put_row(table::meta, rows::key_of_order(o.id), o)};
    auto done = w.ask<committed>(store, wardline::write{{a}});
    w.run();
    REQUIRE(done->answer);
  }
  std::size_t orders() const { return s.disk.scan(table::meta, view(rows::order_prefix), {}, 512).size(); }
  std::vector<rules::audit_entry> destroyed() const {
    std::vector<rules::audit_entry> out;
    for (std::uint64_t i = 0; i < s.disk.rows[static_cast<std::size_t>(table::leaf)].size(); ++i) {
      auto raw = read_entry(s.disk, i);
      REQUIRE(raw);
      auto entry = rules::decode_audit_entry(raw->entry);
      if (entry && entry->kind == rules::audit_kind::destroyed)
        out.push_back(*entry);
    }
    return out;
  }
  std::size_t rows_in(table t) const { return s.disk.rows[static_cast<std::size_t>(t)].size(); }
};

message_id number(std::uint32_t n) {
  message_id out;
  out.value[0] = 7;
  out.value[14] = static_cast<std::uint8_t>(n >> 8);
  out.value[15] = static_cast<std::uint8_t>(n);
  return out;
}

} // namespace

TEST_CASE("a recalled message's body goes, its slip stays, and a leaf says when") {
  wipe_fixture f;
  f.plant(f.talk(1), 1, number(1));
  f.order({rows::wipe_kind::message, number(1).value, f.talk(1), 1, 5});
  f.tick();
  f.tick();
  CHECK(f.orders() == 0);
  CHECK(f.turns.doomed == std::vector<ports::row_place>{{table::log, ports::row_key(1)}});
  CHECK(f.s.disk.read(table::log, ports::row_key(0)));
  CHECK_FALSE(f.s.disk.read(table::log, ports::row_key(1)));
  auto leaves = f.destroyed();
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].object == number(1).value);
  CHECK(leaves[0].conversation == f.talk(1));
  REQUIRE(leaves[0].detail.size() == 8 + 4 + 4 + 8 + 8 + 1);
  CHECK(leaves[0].detail.back() == 3); // the claim it was given
  f.tick();
  CHECK(f.turns.turn.number == 1); // nothing more to do
}

TEST_CASE("many orders are one turn, and each gets its leaf") {
  wipe_fixture f;
  for (std::uint32_t i = 1; i <= 150; ++i) {
    f.plant(f.talk(1), i, number(i));
    f.order({rows::wipe_kind::message, number(i).value, f.talk(1), f.next_row - 1, 5});
  }
  f.tick();
  f.tick();
  CHECK(f.turns.turn.number == 1);
  CHECK(f.orders() == 0);
  CHECK(f.destroyed().size() == 150);
  CHECK(f.rows_in(table::log) == 150);
}

TEST_CASE("more orders than one turn takes go in the next one") {
  wipe_fixture f;
  auto count = static_cast<std::uint32_t>(wipe_orders_max) + 5;
  wardline::write out;
  for (std::uint32_t i = 1; i <= count; ++i) {
    act a;
    a.entry.kind = rules::audit_kind::recalled;
    rows::wipe_order o{rows::wipe_kind::message, number(i).value, f.talk(1), i, 5};
    a.changes = {put_row(table::meta, rows::key_of_order(o.id), o)};
    out.acts.push_back(a);
    if (out.acts.size() == write_acts_max || i == count) {
      f.w.ask<committed>(f.store, std::exchange(out, {}));
      f.w.run();
    }
  }
  f.tick();
  f.tick();
  CHECK(f.turns.turn.number == 2);
  CHECK(f.turns.turn.rows == 5);
  CHECK(f.orders() == 0);
}

TEST_CASE("a conversation goes with all its rows, in as many turns as it takes; its neighbours stay") {
  wipe_fixture f;
  constexpr std::uint32_t messages = ports::turn_rows_max / 5 + 10;
  for (std::uint32_t i = 1; i <= messages; ++i)
    f.plant(f.talk(1), i, number(i));
  f.plant(f.talk(2), 1, number(5000));
  f.order({rows::wipe_kind::conversation, f.talk(1).value, {}, 0, 5});
  f.tick();
  f.tick();
  CHECK(f.turns.turn.number == 2);
  CHECK(f.orders() == 0);
  REQUIRE(f.destroyed().size() == 1); // when all of it is gone
  CHECK(f.destroyed()[0].conversation == f.talk(1));
  CHECK(f.rows_in(table::index) == 1);
  CHECK(f.rows_in(table::item) == 1);
  CHECK(f.rows_in(table::waiting) == 1);
  CHECK(f.rows_in(table::log) == 2);
}

TEST_CASE("a conversation in which nothing was written is destroyed, too") {
  wipe_fixture f;
  f.order({rows::wipe_kind::conversation, f.talk(1).value, {}, 0, 5});
  f.tick();
  f.tick();
  CHECK(f.orders() == 0);
  CHECK(f.destroyed().size() == 1);
}

TEST_CASE("a place that cannot be read is never claimed to be destroyed") {
  wipe_fixture f;
  f.plant(f.talk(1), 1, number(1));
  f.plant(f.talk(1), 2, number(2));
  f.s.disk.poison(table::index, rows::key_of_place(f.talk(1), 1));
  f.order({rows::wipe_kind::conversation, f.talk(1).value, {}, 0, 5});
  for (int i = 0; i < 4; ++i)
    f.tick();
  CHECK(f.rows_in(table::log) == 2); // what can be found is gone
  CHECK(f.turns.turn.number == 1);   // and it does not turn for ever
  CHECK(f.orders() == 1);
  CHECK(f.destroyed().empty());
}

TEST_CASE("a revoked device's shards turn, and no row of another one goes") {
  wipe_fixture f;
  auto device = id_of<device_id>(9);
  f.order({rows::wipe_kind::device, device.value, {}, 0, 5});
  f.tick();
  f.tick();
  REQUIRE(f.turns.doomed.size() == 2);
  for (const auto& p : f.turns.doomed) {
    CHECK((p.where == table::device || p.where == table::session));
    CHECK(p.key.size() > device_id::size);
    CHECK(p.key[0] == device.value[0]);
  }
  REQUIRE(f.destroyed().size() == 1);
  CHECK(f.destroyed()[0].device == device);
}

TEST_CASE("a full disk leaves an order pending, said once, and ended later") {
  wipe_fixture f;
  f.plant(f.talk(1), 1, number(1));
  f.order({rows::wipe_kind::message, number(1).value, f.talk(1), 1, 5});
  f.tick();
  for (int i = 0; i < 6; ++i) {
    f.turns.next = ports::commit_result::refused;
    f.tick();
  }
  CHECK(f.s.journal.count("destruction_pending") == 1);
  CHECK(f.orders() == 1);
  CHECK(f.destroyed().empty());
  f.turns.next = ports::commit_result::committed;
  for (int i = 0; i < 3; ++i)
    f.tick();
  CHECK(f.orders() == 0);
  CHECK(f.destroyed().size() == 1);
}

TEST_CASE("whatever point a process ends at, the next one ends the order, with one leaf") {
  for (std::size_t jobs = 1; jobs < 60; ++jobs) {
    INFO("after " << jobs << " jobs");
    wipe_fixture f;
    f.plant(f.talk(1), 1, number(1));
    f.order({rows::wipe_kind::message, number(1).value, f.talk(1), 1, 5});
    f.tick();
    caf::anon_send(f.wiping, wardline::tick{1000, 1000});
    f.w.run_some(jobs);
    caf::anon_send_exit(f.wiping, caf::exit_reason::kill); // the turn stays as it is in its own row
    caf::anon_send_exit(f.store, caf::exit_reason::kill);
    f.w.run();
    f.start();
    for (int i = 0; i < 3; ++i)
      f.tick();
    CHECK(f.orders() == 0);
    CHECK(f.destroyed().size() == 1);
    CHECK_FALSE(f.s.disk.read(table::log, ports::row_key(1)));
  }
}

TEST_CASE("an unknown result of a turn ends the process, and nobody is told anything") {
  wipe_fixture f;
  f.plant(f.talk(1), 1, number(1));
  f.order({rows::wipe_kind::message, number(1).value, f.talk(1), 1, 5});
  f.tick();
  f.turns.next = ports::commit_result::unknown;
  f.tick();
  CHECK(f.s.deaths.size() == 1);
  CHECK(f.destroyed().empty());
}

TEST_CASE("a store that turns no keys refuses, and what is ordered waits") {
  world w;
  store_fixture s;
  auto store = s.spawn(w);
  auto begun = w.ask<turn_state>(store, begin_turn{{{table::log, ports::row_key(0)}}, {}});
  auto stepped = w.ask<turn_state>(store, step_turn{});
  w.run();
  CHECK(begun->why == refusal::unknown_request);
  CHECK(stepped->why == refusal::unknown_request);
  store_fixture::stop(w, store);
}
