// Whoever lost a device has nothing in hand any more: what she had goes back to everybody, after a crash at
// any step as well.
#include "escalation_fixture.hpp"

using namespace wardline;

namespace {

const auto phone = filled<device_id>(0xd1);

struct reroute_fixture : escalation_fixture {
  /// As the revocation of the device writes it.
  void order(const user_id& of = ann) {
    act a;
    a.entry.kind = rules::audit_kind::object_accepted;
    a.changes.push_back(
        put_row(ports::table::meta, rows::key_of_reroute(of), rows::reroute_order{of, phone, now}));
    write_act(std::move(a));
  }
  std::size_t orders() const {
    return s.disk.scan(ports::table::meta, view(rows::reroute_prefix), {}, ports::scan_rows_max).size();
  }
  void own(std::uint8_t number, const user_id& who) { happen(number, rules::acknowledged_now{who}); }
};

} // namespace

TEST_CASE("what the owner of a lost device had rings again at once, and nobody else loses anything") {
  reroute_fixture f;
  for (std::uint8_t i = 1; i <= 3; ++i)
    f.post(i);
  f.post(4, rules::lane::routine);
  f.post(5);
  f.pass(1'000);
  f.own(1, ann);
  f.own(2, ann);
  f.own(3, bea);
  f.own(4, ann);
  f.own(5, ann);
  f.happen(5, rules::written_behind{ann}); // finished
  f.d.wakes.clear();
  f.order();
  f.tick_once();
  for (std::uint8_t i = 1; i <= 2; ++i) {
    CHECK(f.state(i).at == rules::phase::climbing);
    f.check_owned_or_due(i);
  }
  CHECK(f.state(3).owner == bea);
  CHECK(f.state(4).at == rules::phase::resting); // waits in its lane again
  CHECK(f.state(5).at == rules::phase::answered);
  CHECK(f.d.wakes.size() == 2); // in the same second
  f.pass(2'000);
  CHECK(f.orders() == 0);
  auto leaves = f.leaves(rules::audit_kind::rerouted);
  REQUIRE(leaves.size() == 3);
  CHECK(leaves[0].user == ann);
  CHECK(leaves[0].device == phone);
  CHECK(leaves[0].object == filled<message_id>(1).value);
  CHECK(f.leaves(rules::audit_kind::rerouting_ended).size() == 1);
  f.pass(2'000);
  CHECK(f.leaves(rules::audit_kind::rerouting_ended).size() == 1);
}

TEST_CASE("what she took on another device behind the order stays hers") {
  reroute_fixture f;
  f.post(1);
  f.post(2);
  f.own(1, ann);
  f.order();
  f.own(2, ann);
  f.pass(3'000);
  CHECK(f.state(1).at == rules::phase::climbing);
  CHECK(f.state(2).owner == ann);
  CHECK(f.orders() == 0);
}

TEST_CASE("an order outlives a full disk and a crash at every step") {
  for (unsigned refused = 0; refused <= 3; ++refused) {
    INFO(refused << " commits were refused or lost");
    reroute_fixture f;
    f.post(1);
    f.post(2);
    f.own(1, ann);
    f.own(2, ann);
    f.order();
    for (unsigned i = 0; i < refused; ++i) {
      f.gate.hold = true; // the process dies before the store has answered
      f.tick_once();
      f.restart();
      f.gate.refuse(refusal::storage_refused);
      f.gate.hold = false;
      f.w.run();
      for (std::uint8_t n = 1; n <= 2; ++n)
        f.check_owned_or_due(n);
      CHECK(f.orders() == 1);
    }
    f.pass(15'000);
    for (std::uint8_t n = 1; n <= 2; ++n) {
      CHECK_FALSE(f.state(n).owner);
      f.check_owned_or_due(n);
    }
    CHECK(f.leaves(rules::audit_kind::rerouted).size() == 2);
    CHECK(f.orders() == 0);
  }
}

TEST_CASE("a crash between two of her messages leaves each with an owner or a step") {
  reroute_fixture f;
  for (std::uint8_t i = 1; i <= 6; ++i) {
    f.post(i);
    f.own(i, ann);
  }
  f.order();
  for (std::uint8_t done = 0; done < 6; ++done) {
    f.gate.hold = true;
    f.tick_once();
    // One commit comes through, then the process is gone.
    f.gate.release_one();
    f.w.run();
    f.restart();
    f.gate.refuse(refusal::storage_refused);
    f.w.run();
    f.gate.hold = false;
    for (std::uint8_t n = 1; n <= 6; ++n)
      f.check_owned_or_due(n);
  }
  f.pass(15'000);
  for (std::uint8_t n = 1; n <= 6; ++n)
    CHECK_FALSE(f.state(n).owner);
  CHECK(f.leaves(rules::audit_kind::rerouted).size() == 6);
  CHECK(f.orders() == 0);
}

TEST_CASE("more waits than one tick looks at: the rest comes with the next ones") {
  reroute_fixture f;
  rows::item item;
  item.conversation = filled<conversation_id>(7);
  item.author = filled<user_id>(0xc1);
  item.parties = {nurses};
  item.state = rules::begin(rules::lane::routine, false, {}, f.now);
  wardline::write many;
  for (std::uint32_t i = 0; i < reroute_rows_max + 1; ++i) {
    message_id message;
    message.value = {1, static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 8),
                     static_cast<std::uint8_t>(i)};
    item.seq = i + 1;
    act a;
    put_item(a, message, item);
    many.acts.push_back(std::move(a));
    if (many.acts.size() == write_acts_max || i == reroute_rows_max) {
      auto done = f.w.ask<committed>(f.real, std::exchange(many, {}));
      f.w.run();
      REQUIRE(done->answer);
    }
  }
  f.post(1); // its conversation comes behind all of these
  f.own(1, ann);
  f.order();
  f.tick_once();
  CHECK(f.state(1).owner == ann);
  f.pass(1'000);
  CHECK_FALSE(f.state(1).owner);
  f.pass(3'000);
  CHECK(f.orders() == 0);
}

TEST_CASE("an order that cannot be read is said once, and what is due runs on") {
  reroute_fixture f;
  f.post(1);
  f.order();
  f.s.disk.poison(ports::table::meta, rows::key_of_reroute(ann));
  f.pass(3'000);
  CHECK(f.s.journal.count("reroute_not_openable") == 1);
  CHECK(f.d.wakes.size() == 1);
  CHECK(f.orders() == 1);
}
