// How long people stay logged in, over channels and restarts; stores that were copied.
#include "people_fixture.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct seated : people_fixture {
  build::enrolled* nurse1 = nullptr;
  std::uint64_t steady = 1'000;

  seated() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    pass(0);
  }
  void pass(std::uint64_t ms) {
    steady += ms;
    now += ms;
    tell(tick{now, steady});
  }
  template <class Message>
  void tell(Message m) {
    caf::anon_send(house, std::move(m));
    w.run();
  }
  /// As the channel says it.
  void used(const build::enrolled& e, bool logged_in, std::uint64_t lasts) {
    tell(session_used{e.device, {nurse1->user, steady, steady + lasts}, logged_in});
  }
  outcome back_on(const build::enrolled& e) { return answer_to(resume{caller_of(e), now}); }
  bool is_back(const build::enrolled& e) { return static_cast<bool>(as<ask::welcome>(back_on(e)).user); }
  ask::hello hello_of(const build::enrolled& e, std::uint8_t instance) {
    ask::hello m{e.device, e.certificate.hash(), {}, 0};
    m.store_instance.fill(instance);
    return m;
  }
};

} // namespace

TEST_CASE("a session is taken up again within the idle time of its device's class, and ended after it") {
  seated f;
  CHECK(f.is_back(*f.nurse1));
  f.pass(15 * rules::minute_ms - 1);
  auto back = f.back_on(*f.nurse1);
  CHECK(as<ask::welcome>(back).idle == 15 * rules::minute_ms);
  CHECK(back.quiet_ms == 15 * rules::minute_ms - 1); // a Hello is no sign of a person
  f.used(*f.nurse1, false, 12 * rules::hour_ms);
  f.pass(15 * rules::minute_ms - 1);
  CHECK(f.is_back(*f.nurse1));
  f.pass(1);
  auto leaves = f.leaves();
  CHECK_FALSE(f.is_back(*f.nurse1));
  CHECK(f.last_entry().kind == rules::audit_kind::logged_off);
  CHECK(f.leaves() == leaves + 1);
  CHECK(read_row<rows::session>(f.s.disk, ports::table::session, f.nurse1->device.view()) == std::nullopt);

  auto& desk = f.bring_in(f.c.station("front desk", {f.c.party("triage")}), {});
  as<ask::logged_in>(f.answer_to(f.signing_in(desk, f.nurse1->user)));
  f.used(desk, true, 12 * rules::hour_ms);
  f.pass(5 * rules::minute_ms - 1);
  CHECK(f.is_back(desk));
  f.pass(1);
  CHECK_FALSE(f.is_back(desk));
}

TEST_CASE("after a restart idle counts from the start") {
  seated f;
  f.pass(14 * rules::minute_ms);
  f.restart();
  f.steady = 5;
  f.pass(0);
  CHECK(f.is_back(*f.nurse1));
  f.pass(15 * rules::minute_ms);
  CHECK_FALSE(f.is_back(*f.nurse1));
}

TEST_CASE("clocks that are set back or ahead lengthen no session") {
  seated f;
  auto& desk = f.bring_in(f.c.station("front desk", {f.c.party("triage")}), {});
  as<ask::logged_in>(f.answer_to(f.signing_in(desk, f.nurse1->user)));
  f.used(desk, true, 12 * rules::hour_ms);
  for (int i = 0; i < 12 * 60 - 1; ++i) {
    f.pass(rules::minute_ms);
    f.now -= rules::minute_ms; // somebody keeps the wall clock where it is
    f.used(desk, false, 12 * rules::hour_ms);
  }
  auto left = as<ask::welcome>(f.back_on(desk)).session_until - f.now;
  CHECK(left == rules::minute_ms);
  f.pass(rules::minute_ms);
  f.now -= rules::minute_ms;
  CHECK_FALSE(f.is_back(desk));
  as<ask::logged_in>(f.answer_to(f.signing_in(desk, f.nurse1->user)));
  f.used(desk, true, 12 * rules::hour_ms);
  f.now += 12 * rules::hour_ms;
  CHECK_FALSE(f.is_back(desk));
}

TEST_CASE("who logs off elsewhere ends the channel's log-in there") {
  seated f;
  auto& desk = f.bring_in(f.c.station("front desk", {f.c.party("triage")}), {});
  as<ask::logged_in>(f.answer_to(f.signing_in(desk, f.nurse1->user)));
  std::vector<end_session> ended;
  std::vector<refusal> cut;
  auto live = f.w.sys.spawn([&](device_session_actor::pointer) -> device_session_actor::behavior_type {
    return {[](const channel_in&) {}, [&](const channel_cut& m) { cut.push_back(m.why); },
            [](const deliver&) {}, [&](const end_session& m) { ended.push_back(m); }, [](const tick&) {}};
  });
  f.tell(session_online{f.caller_of(desk), live});
  auto off = f.answer_to(sign_off{f.caller_of(*f.nurse1), f.now, desk.device});
  as<ask::done>(off);
  f.w.run();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].why == refusal::not_logged_in);
  CHECK(ended[0].user == f.nurse1->user);
  CHECK_FALSE(f.is_back(desk));
  CHECK(f.is_back(*f.nurse1));
  CHECK(why(f.answer_to(sign_off{f.caller_of(*f.nurse1), f.now, desk.device})) == refusal::not_found);
  f.stop(live);
}

TEST_CASE("the first store of a device is noted, a second one gates the device and both channels") {
  seated f;
  auto says_hello = [&](std::uint8_t instance) {
    return f.answer_to(ask_directory{f.caller_of(*f.nurse1), f.nurse1->noise.public_part,
                                     f.hello_of(*f.nurse1, instance), f.now});
  };
  auto leaves = f.leaves();
  as<ask::done>(says_hello(1));
  CHECK(f.last_entry().kind == rules::audit_kind::store_seen);
  as<ask::done>(says_hello(1));
  CHECK(f.leaves() == leaves + 1);
  f.restart();
  as<ask::done>(says_hello(1));
  CHECK(f.leaves() == leaves + 1);

  std::vector<refusal> cut;
  auto live = f.w.sys.spawn([&](device_session_actor::pointer) -> device_session_actor::behavior_type {
    return {[](const channel_in&) {}, [&](const channel_cut& m) { cut.push_back(m.why); },
            [](const deliver&) {}, [](const end_session&) {}, [](const tick&) {}};
  });
  f.tell(session_online{f.caller_of(*f.nurse1), live});
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(says_hello(2)) == refusal::storage_refused);
  CHECK(cut.empty());
  CHECK(why(says_hello(2)) == refusal::store_copied);
  f.w.run();
  CHECK(f.last_entry().kind == rules::audit_kind::store_copied);
  CHECK(f.last_entry().device == f.nurse1->device);
  CHECK(cut == std::vector{refusal::device_revoked});
  CHECK(f.board->now()->device(f.nurse1->device)->gated);
  CHECK(why(f.answer_to(f.signing_in(*f.nurse1, {}))) == refusal::device_revoked);
  f.stop(live);
  f.restart();
  CHECK(f.board->now()->device(f.nurse1->device)->gated);
}

TEST_CASE(
    "an ended certificate is an alarm: log-in and looking go on; an ended registrar's brake is the box's") {
  seated f;
  auto& other = f.nurse("nurse2", {"triage"});
  f.pass(400 * build::day);
  CHECK(f.nurse1->certificate.until < f.now);
  as<ask::done>(f.says(*f.nurse1, f.hello_of(*f.nurse1, 1)));
  as<ask::logged_in>(f.answer_to(f.signing_in(*f.nurse1, f.nurse1->user)));
  CHECK(f.is_back(*f.nurse1));
  as<ask::party>(f.says(*f.nurse1, ask::get_party{f.c.party("triage"), 1}));
  CHECK_FALSE(f.board->now()->device(f.nurse1->device)->gated);
  // A registrar whose own certificate ended turns nobody out (e2ee 5.2). A lost device does not wait for her
  // next one: the administrator closes its gate, and another device of its person may revoke it.
  f.proved = f.now;
  e2ee::revocation_fields lost{e2ee::subject_kind::device,
                               other.device,
                               e2ee::revocation_reason::lost,
                               f.now,
                               f.c.admin().device,
                               f.c.registrar_of(f.c.admin()).hash()};
  auto signed_by = [&](const e2ee::signing_key& key) {
    return ask::submit{e2ee::sign_object(f.c.id, lost, {{key, e2ee::labels::revocation}}), {}, {}};
  };
  CHECK(why(f.says(f.c.admin(), signed_by(f.c.admin().signing))) == refusal::registrar_expired);
  as<ask::done>(f.answer_to(gate_devices{{other.device, {}, false, "lost at night"}, f.now}));
  CHECK(f.board->now()->device(other.device)->gated);
}
