// Who is logged in on a channel: limits, late answers, the second factor, lock shares, copied stores.
#include "e2ee/act.hpp"
#include "session_fixture.hpp"

using namespace wardline;
namespace device = wire::device;

namespace {

struct on_channel : session_fixture {
  time_ms idle = 5 * rules::minute_ms;
  on_channel() {
    d.on_sign_in = [this](const sign_in& m) { return logged_in_as(m.user, clock + 3'600'000, clock, idle); };
    d.on_ask = [](const ask_directory&) { return outcome{device::conversations{}}; };
    log_in(c.nurse);
  }
  std::optional<refusal> ended() {
    auto said = listen();
    for (const auto& m : said.messages)
      if (const auto* e = std::get_if<device::session_ended>(&m))
        return e->why;
    return std::nullopt;
  }
  void asks(device::request_body what) {
    send(std::move(what));
    listen();
  }
  bytes stored(std::uint32_t number) {
    e2ee::act_fields x;
    x.act = e2ee::act_kind::lock_share_stored;
    x.h = e2ee::share_reference(number);
    x.time = clock;
    return c.act_bytes(c.nurse, x);
  }
};

} // namespace

TEST_CASE("nobody stays logged in without asking anything, and what a device asks by itself is no person") {
  on_channel f;
  f.pass(5 * rules::minute_ms - 1);
  CHECK_FALSE(f.ended());
  f.asks(device::list_conversations{});
  f.pass(5 * rules::minute_ms - 1);
  CHECK_FALSE(f.ended());
  f.asks(device::get_checkpoint{});
  f.asks(device::get_party{f.c.nurse.party});
  f.asks(f.hello_of(f.c.nurse));
  f.pass(1);
  CHECK(f.ended() == refusal::logged_off_idle);
  CHECK(f.why(device::list_conversations{}) == refusal::not_logged_in);
  REQUIRE(f.d.signed_off.size() == 1); // the row goes as well
  CHECK(f.d.signed_off[0].who->user == f.c.nurse.user);
  CHECK(f.d.signed_off[0].why == refusal::logged_off_idle);
  CHECK(f.overs.empty());
}

TEST_CASE("directory hears of a person's requests, once a tick") {
  on_channel f;
  REQUIRE(f.d.used.size() == 1);
  CHECK(f.d.used[0].logged_in);
  CHECK(f.d.used[0].use.user == f.c.nurse.user);
  CHECK(f.d.used[0].use.ends == f.steady + 3'600'000);
  f.asks(device::list_conversations{});
  CHECK(f.d.used.size() == 1);
  f.pass(1'000);
  f.asks(device::list_conversations{});
  f.asks(device::list_conversations{});
  f.asks(device::get_checkpoint{});
  REQUIRE(f.d.used.size() == 2);
  CHECK_FALSE(f.d.used[1].logged_in);
  CHECK(f.d.used[1].use.last == f.steady);
}

TEST_CASE("a wall clock that is set back ends no session later, one that is set ahead ends it") {
  on_channel f;
  f.idle = 0;
  f.asks(device::log_in{{}, "x", "123456"});
  SECTION("back") {
    f.set_clock(f.clock - 3'000'000);
    f.pass(3'600'000 - 1);
    CHECK_FALSE(f.ended());
    f.pass(1);
  }
  SECTION("ahead") {
    f.set_clock(f.clock + 3'600'000);
  }
  CHECK(f.ended() == refusal::not_logged_in);
}

TEST_CASE("a log-in that is answered after a log-off logs nobody in, and is undone") {
  session_fixture f;
  f.connect(f.c.nurse);
  f.d.silent = true;
  f.send(device::log_in{{}, "correct horse", "123456"});
  REQUIRE(f.d.kept.size() == 1);
  f.d.silent = false;
  f.send(device::log_off{});
  f.listen();
  f.d.late = f.logged_in_as(f.c.nurse.user, f.clock + 1'000, f.clock);
  caf::anon_send(f.directory, tick{});
  f.w.run();
  auto said = f.listen();
  REQUIRE(said.messages.size() == 1);
  CHECK(why_of(outcome{std::get<device::answer>(said.messages[0]).result}) == refusal::not_logged_in);
  CHECK(f.why(device::list_conversations{}) == refusal::not_logged_in);
  REQUIRE(f.d.signed_off.size() == 2);
  CHECK(f.d.signed_off[1].who->user == f.c.nurse.user);
}

TEST_CASE("a hello that is answered after a log-off takes no session up") {
  session_fixture f;
  f.connect(f.c.nurse);
  f.d.silent = true;
  f.send(f.hello_of(f.c.nurse));
  REQUIRE(f.d.kept.size() == 1);
  f.d.silent = false;
  f.send(device::log_off{});
  f.listen();
  device::welcome w;
  w.user = f.c.nurse.user;
  w.session_until = f.clock + 1'000;
  f.d.late = outcome{w};
  caf::anon_send(f.directory, tick{});
  f.w.run();
  f.listen();
  CHECK(f.why(device::list_conversations{}) == refusal::not_logged_in);
}

TEST_CASE("the second factor of a session is known to who asks, for five minutes by the steady clock") {
  on_channel f;
  time_ms proved = 0;
  f.d.on_ask = [&](const ask_directory& m) {
    proved = m.who->proved;
    return outcome{device::conversations{}};
  };
  auto seen = [&] {
    f.asks(device::list_conversations{});
    return proved;
  };
  CHECK(seen() == f.clock);
  f.pass(4 * rules::minute_ms);
  CHECK(seen() == f.clock - 4 * rules::minute_ms);
  f.set_clock(f.clock - 2 * rules::minute_ms); // the step back adds nothing
  f.pass(rules::minute_ms + 1'000);
  CHECK(seen() == 0);
  f.d.on_user = [&](const ask_user& m) {
    const auto& what = std::get<prove_again>(m.what);
    CHECK(what.handshake == f.device->handshake_hash());
    return what.second_factor.text() == "123456" ? outcome{device::done{4}, m.now, {}}
                                                 : refused(refusal::wrong_second_factor);
  };
  CHECK(f.why(device::prove{"000000"}) == refusal::wrong_second_factor);
  CHECK(seen() == 0);
  CHECK(std::holds_alternative<device::done>(f.answer_to(device::prove{"123456"})));
  CHECK(seen() == f.clock);
}

TEST_CASE("what is about a person's own way in goes to her user, and needs her logged in") {
  on_channel f;
  f.d.on_user = [&](const ask_user& m) {
    CHECK(m.who->user == f.c.nurse.user);
    if (const auto* s = std::get_if<set_factor>(&m.what)) {
      CHECK(s->secret->value == bytes(20, 3));
      CHECK(s->code.text() == "123456");
      return outcome{device::done{6}};
    }
    CHECK(std::holds_alternative<make_codes>(m.what));
    return outcome{device::recovery_codes{std::vector<std::string>(wire::recovery_codes_made, "ABCD")}};
  };
  CHECK(std::get<device::recovery_codes>(f.answer_to(device::make_recovery_codes{})).codes ==
        std::vector<std::string>(wire::recovery_codes_made, "ABCD"));
  CHECK(std::get<device::done>(f.answer_to(device::set_second_factor{bytes(20, 3), "123456"})).leaf == 6);
  f.asks(device::log_off{});
  CHECK(f.why(device::prove{"123456"}) == refusal::not_logged_in);
  CHECK(f.why(device::make_recovery_codes{}) == refusal::not_logged_in);
  CHECK(f.why(device::set_second_factor{bytes(20, 3), "123456"}) == refusal::not_logged_in);
  CHECK(f.why(device::log_off{f.c.physician.device}) == refusal::not_logged_in);
}

TEST_CASE("a log-off elsewhere leaves this channel logged in") {
  on_channel f;
  CHECK(std::holds_alternative<device::done>(f.answer_to(device::log_off{f.c.physician.device})));
  CHECK(f.d.signed_off.back().device == f.c.physician.device);
  CHECK(std::holds_alternative<device::conversations>(f.answer_to(device::list_conversations{})));
}

TEST_CASE("an order to end somebody else's log-in ends nobody's") {
  on_channel f;
  caf::anon_send(f.session, end_session{refusal::not_logged_in, f.c.physician.user});
  f.w.run();
  CHECK_FALSE(f.ended());
  caf::anon_send(f.session, end_session{refusal::not_logged_in, f.c.nurse.user});
  f.w.run();
  CHECK(f.ended() == refusal::not_logged_in);
}

TEST_CASE("a confirmed lock share is answered, and the old one is called gone") {
  on_channel f;
  f.d.on_user = [&](const ask_user& m) {
    auto number = std::get<share_stored>(m.what).number;
    return number == 2 ? outcome{device::done{8}} : refused(refusal::not_found);
  };
  f.send(device::act{f.stored(2)});
  auto said = f.listen();
  REQUIRE(said.messages.size() == 2);
  CHECK(std::get<device::done>(std::get<device::answer>(said.messages[0]).result).leaf == 8);
  CHECK(std::get<device::share_gone>(said.messages[1]).number == 1);
  CHECK(f.why(device::act{f.stored(3)}) == refusal::not_found); // and nothing is called gone
  CHECK(f.why(device::act{f.stored(0)}) == refusal::malformed_request);
  auto damaged = f.stored(2);
  damaged.back() ^= 1;
  CHECK(f.why(device::act{damaged}) == refusal::bad_signature);
}

TEST_CASE("a copied store gets an answer and no channel, and the live one is not replaced") {
  session_fixture f;
  f.d.on_hello = [](const ask_directory&) { return refused(refusal::store_copied); };
  REQUIRE(f.shake(f.c.nurse.noise));
  f.send(f.hello_of(f.c.nurse));
  auto said = f.listen();
  REQUIRE(said.messages.size() == 1);
  CHECK(why_of(outcome{std::get<device::answer>(said.messages[0]).result}) == refusal::store_copied);
  CHECK(said.closed == refusal::store_copied);
  CHECK(f.d.online.empty());
}
