// Bad input in device channels against the real daemon, by devices that nobody knows.
#include "hostile.hpp"
#include <csignal>

using namespace wardline;
using namespace wardline::fault;
namespace frames = wardline::wire::link;
namespace asked = wardline::wire::device;

TEST_CASE("hostile: garbage instead of a handshake closes that channel alone") {
  web_plugin p;
  p.greet();
  stranger good;
  good.open(p, 1);
  std::uint64_t channel = 2;
  for (std::size_t size : {1u, 31u, 95u, 96u, 65'535u}) {
    INFO(size);
    p.say(frames::channel_data{channel, bytes(size, 0xa5)});
    auto why = p.closed(channel++);
    CHECK((why == refusal::handshake_failed || why == refusal::first_payload_not_empty));
  }
  p.say(frames::channel_data{channel, bytes(97, 0xa5)});
  CHECK(p.closed(channel) == refusal::first_payload_not_empty);
  good.ask(p, 1, wire::device::show_invitation{{}, "00000000"}); // channel 1 still answers, by a refusal
  CHECK(p.data(1).has_value());
  honest_exchange();
}

TEST_CASE("hostile: an altered, doubled or cut frame ends its channel at once") {
  web_plugin p;
  p.greet();
  std::uint64_t channel = 1;
  for (auto damage : {0, 1, 2, 3}) {
    INFO(damage);
    stranger s;
    s.open(p, channel);
    wire::device::request r;
    r.id.value.fill(1);
    r.what = wire::device::list_parties{};
    auto frame = s.line->send(wire::device::encode(r))->front();
    if (damage == 0)
      frame[frame.size() / 2] ^= 1;
    else if (damage == 1)
      frame.pop_back();
    else if (damage == 2)
      frame.assign(10, 0);
    else
      frame = s.line->send(wire::device::encode(r))->front(); // the second without the first
    p.say(frames::channel_data{channel, frame});
    CHECK(p.closed(channel) == refusal::frame_not_openable);
    ++channel;
  }
  honest_exchange();
}

TEST_CASE("hostile: an unknown device may do nothing but enrol") {
  web_plugin p;
  p.greet();
  std::uint64_t channel = 1;
  asked::hello greeting;
  greeting.device.value.fill(3);
  asked::open bodies;
  bodies.conversation.value.fill(4);
  bodies.seqs = {1};
  asked::log_in password;
  password.user.value.fill(5);
  password.password = "a long enough password";
  for (const asked::request_body& what :
       {asked::request_body{greeting}, asked::request_body{password},
        asked::request_body{asked::list_parties{}}, asked::request_body{bodies},
        asked::request_body{asked::list_conversations{}}, asked::request_body{asked::get_checkpoint{}},
        asked::request_body{asked::find_person{"nurse"}}}) {
    INFO(what.index());
    stranger s;
    s.open(p, channel);
    s.ask(p, channel, what);
    auto raw = p.data(channel);
    REQUIRE(raw);
    auto event = s.line->receive(*raw, 2);
    REQUIRE(event);
    auto answer_read = asked::decode_from_daemon(std::get<wire::channel_message>(*event).value);
    REQUIRE(answer_read);
    CHECK(std::get<asked::refused>(std::get<asked::answer>(*answer_read).result).why ==
          refusal::handshake_failed);
    CHECK(p.closed(channel) == refusal::handshake_failed);
    ++channel;
  }
  honest_exchange();
}

TEST_CASE("hostile: codes are not for guessing") {
  web_plugin p;
  p.greet();
  stranger s;
  s.open(p, 1);
  wire::device::show_invitation guess;
  guess.invitation.value.fill(9);
  guess.code = "12345678";
  for (int i = 0; i < 3; ++i) {
    wire::device::request r;
    r.id.value.fill(static_cast<std::uint8_t>(10 + i));
    r.what = guess;
    auto sealed = s.line->send(wire::device::encode(r));
    REQUIRE(sealed);
    for (const auto& f : *sealed)
      p.say(frames::channel_data{1, f});
  }
  CHECK(p.closed(1) == refusal::too_many_tries);
  honest_exchange();
}

TEST_CASE("hostile: a replayed first message changes nothing, live channels stay") {
  auto& c = clinic();
  web_plugin p;
  p.greet();
  stranger s;
  auto first = s.first();
  p.say(frames::channel_data{1, first});
  auto answer = p.data(1);
  REQUIRE(answer);
  auto opened = s.hand.finish(*answer, 1);
  REQUIRE(opened);
  s.line.emplace(std::move(opened->channel));
  for (std::uint64_t channel = 2; channel < 12; ++channel) {
    p.say(frames::channel_data{channel, first});
    CHECK(p.data(channel).has_value()); // answered like any, and of no use to whoever replays
    p.say(frames::channel_data{channel, bytes(64, 1)});
    CHECK(p.closed(channel) == refusal::frame_not_openable);
  }
  s.ask(p, 1, wire::device::show_invitation{{}, "00000000"});
  CHECK(p.data(1).has_value());
  CHECK(c.nurse().device->link() == client::session_state::ready);
  honest_exchange();
}

TEST_CASE("hostile: an invitation serves one device") {
  auto& c = clinic();
  auto invited = c.act<client::invitation_made>("invitation", [&](auto then) {
    client::invite_order order;
    order.display_name = "visitor";
    c.manager().device->invite(std::move(order), std::move(then));
  });
  real_device first{"visitor"};
  first.connect(invited.file);
  c.act<client::logged_in_as>(
      "enrolment",
      [&](auto then) {
        first.device->enrol(invited.file, invited.code, credentials_of("visitor"), std::move(then));
      },
      &first);
  real_device second{"thief"};
  second.connect(invited.file);
  std::optional<refusal> why;
  second.device->enrol(invited.file, invited.code, credentials_of("thief"),
                       [&](client::result<client::logged_in_as> r) { why = r.why(); });
  REQUIRE(c.run_until([&] { return why.has_value(); }, 60'000, &second));
  INFO(name_of(*why));
  CHECK(*why == refusal::invitation_used_twice);
  honest_exchange();
}

TEST_CASE("hostile: another wire version and another clinic's prologue are refused like any bad handshake") {
  web_plugin p;
  p.greet();
  auto other = clinic().clinic;
  other.value[0] ^= 1;
  std::uint64_t channel = 1;
  for (auto version : {std::uint16_t{0}, std::uint16_t{2}, std::uint16_t{0xffff}}) {
    stranger s{clinic().clinic, version};
    p.say(frames::channel_data{channel, s.first()});
    CHECK(p.closed(channel++) == refusal::handshake_failed);
  }
  stranger elsewhere{other};
  p.say(frames::channel_data{channel, elsewhere.first()});
  CHECK(p.closed(channel) == refusal::handshake_failed);
  honest_exchange();
}

TEST_CASE("hostile: who has not said who it is sends 8 KiB and not a byte more") {
  web_plugin p;
  p.greet();
  auto send = [&](std::uint64_t channel, std::size_t size) {
    stranger s;
    s.open(p, channel);
    auto sealed = s.line->send(bytes(size, 0xff));
    REQUIRE(sealed);
    for (const auto& f : *sealed)
      p.say(frames::channel_data{channel, f});
    return p.closed(channel);
  };
  CHECK(send(1, wire::greeting_bytes_max) == refusal::malformed_request); // read whole, and no request
  CHECK(send(2, wire::greeting_bytes_max + 1) == refusal::message_too_large);
  CHECK(send(3, wire::message_bytes_max) == refusal::message_too_large);
  honest_exchange();
}

TEST_CASE("hostile: after all of it the daemon stops and starts as ever") {
  auto& c = clinic();
  CHECK(c.daemon->end(SIGTERM) == 0);
  c.daemon->start();
  honest_exchange();
}
