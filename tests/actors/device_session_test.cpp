// The channel: handshake, Hello, its end.
#include "session_fixture.hpp"
#include "wire/hash.hpp"

using namespace wardline;

TEST_CASE("a known device is greeted with everything it needs before it asks") {
  session_fixture f;
  f.c.change([&](rules::clinic& c) { c.parties.at(f.c.nurse.party).head = sha256(view("head")); });
  REQUIRE(f.shake(f.c.nurse.noise));
  CHECK(f.greeting.incarnation == f.c.incarnation);
  CHECK(f.greeting.time == session_fixture::now);
  CHECK(f.greeting.message_bytes_max == wire::message_bytes_max);
  CHECK(f.greeting.checkpoint == "note");
  auto head = sha256(view("head"));
  CHECK(f.greeting.heads_digest == sha256({f.c.nurse.party.view(), head}));
  CHECK(f.d.online.empty()); // not before the device has spoken (e2ee 7.2)
}

TEST_CASE("a handshake is answered without a checkpoint when the log does not answer in time") {
  session_fixture f;
  SECTION("silent") {
    f.a.silent = true;
    wire::channel_initiator initiator{f.c.id, f.c.nurse.noise, f.daemon_key->pub};
    f.in(*initiator.start());
    CHECK(f.out.empty());
    f.w.advance(std::chrono::milliseconds{hello_checkpoint_ms_max + 100}, std::chrono::milliseconds{100});
    REQUIRE(f.out.size() == 1);
    auto opened = initiator.finish(f.out[0], f.clock);
    REQUIRE(opened);
    CHECK(wire::device::decode_server_hello(opened->server_hello)->checkpoint.empty());
  }
  SECTION("no checkpoint yet") {
    f.a.why = refusal::not_found;
    REQUIRE(f.shake(f.c.nurse.noise));
    CHECK(f.greeting.checkpoint.empty());
  }
  SECTION("frames before our answer cannot be") {
    f.a.silent = true;
    wire::channel_initiator initiator{f.c.id, f.c.nurse.noise, f.daemon_key->pub};
    f.in(*initiator.start());
    f.in(bytes(40));
    REQUIRE(f.overs.size() == 1);
    CHECK(f.overs[0].why == refusal::handshake_failed);
  }
}

TEST_CASE("first messages that are refused, all alike but by size") {
  session_fixture f;
  wire::channel_initiator initiator{f.c.id, f.c.nurse.noise, f.daemon_key->pub};
  auto first = *initiator.start();
  auto expected_why = refusal::handshake_failed;
  SECTION("altered") {
    first[50] ^= 1;
  }
  SECTION("short") {
    first.resize(95);
  }
  SECTION("for another clinic") {
    wire::channel_initiator other{id_of<clinic_id>(0xc2), f.c.nurse.noise, f.daemon_key->pub};
    first = *other.start();
  }
  SECTION("for another server key") {
    wire::channel_initiator other{f.c.id, f.c.nurse.noise, f.c.physician.noise.pub};
    first = *other.start();
  }
  SECTION("of a gated device") {
    f.c.gate(f.c.nurse);
  }
  SECTION("with a payload") {
    first.push_back(0);
    expected_why = refusal::first_payload_not_empty;
  }
  f.in(first);
  CHECK(f.out.empty());
  REQUIRE(f.overs.size() == 1);
  CHECK(f.overs[0].why == expected_why);
  CHECK(f.d.online.empty());
}

TEST_CASE("Hello makes the channel the device's live one, and says who is logged in") {
  session_fixture f;
  f.a.proof = {sha256(view("node"))};
  REQUIRE(f.shake(f.c.nurse.noise));
  f.d.on_resume = [&](const resume& m) {
    CHECK(m.who->device == f.c.nurse.device);

    return outcome{
        wire::device::welcome{f.c.nurse.user, session_fixture::now + 9'000, {}, {}, {3, bytes(32, 4)}}};
  };
  auto hello = f.hello_of(f.c.nurse);
  hello.pin_size = 17;
  auto w = std::get<wire::device::welcome>(f.answer_to(hello));
  CHECK(w.user == f.c.nurse.user);
  CHECK(w.session_until == session_fixture::now + 9'000);
  CHECK(w.checkpoint == "note");
  CHECK(w.consistency == f.a.proof);
  CHECK(w.share.number == 3);
  CHECK(w.share.value == bytes(32, 4));
  CHECK(f.a.asked_from.back() == 17);
  REQUIRE(f.d.online.size() == 1);
  CHECK(f.d.online[0].who->device == f.c.nurse.device);
  CHECK(f.d.online[0].session == f.session);
  // Logged in by it: requests pass. A second Hello is answered, and is no second arrival.
  CHECK(f.why(wire::device::list_parties{}) == refusal::not_found);
  CHECK(std::holds_alternative<wire::device::welcome>(f.answer_to(f.hello_of(f.c.nurse))));
  CHECK(f.d.online.size() == 1);
}

TEST_CASE("a welcome comes also when the log cannot prove itself") {
  session_fixture f;
  f.a.why = refusal::value_not_openable;
  f.connect(f.c.nurse);
}

TEST_CASE("Hello by another name or an old certificate is refused, and can be said again") {
  session_fixture f;
  REQUIRE(f.shake(f.c.nurse.noise));
  auto hello = f.hello_of(f.c.nurse);
  SECTION("certificate") {
    hello.certificate_hash = sha256(view("old"));
  }
  SECTION("device") {
    hello.device = f.c.physician.device;
  }
  auto r = std::get<wire::device::refused>(f.answer_to(hello));
  CHECK(r.why == refusal::stale_certificate);
  CHECK(r.hash == f.c.nurse.certificate);
  CHECK(f.d.online.empty());
  CHECK(f.why(wire::device::log_in{{}, "correct horse"}) == refusal::hello_missing);
  CHECK(std::holds_alternative<wire::device::welcome>(f.answer_to(f.hello_of(f.c.nurse))));
  CHECK(f.d.online.size() == 1);
}

TEST_CASE("what ends a channel, and what the device is told") {
  session_fixture f;
  f.connect(f.c.nurse);
  std::optional<refusal> told;
  auto why = refusal::none;
  SECTION("the device closes") {
    f.in(*f.device->close());
  }
  SECTION("an altered frame: no word (e2ee 10, 116)") {
    auto frame = f.device->send(view("x"))->front();
    frame[3] ^= 1;
    f.in(frame);
    why = refusal::frame_not_openable;
  }
  SECTION("a frame twice (114)") {
    auto frame =
        f.device
            ->send(wire::device::encode(wire::device::request{id_of<request_id>(1), f.hello_of(f.c.nurse)}))
            ->front();
    f.in(frame);
    f.listen();
    f.in(frame);
    why = refusal::frame_not_openable;
  }
  SECTION("bytes that are no request, and name none") {
    f.say(bytes{0xff});
    told = why = refusal::malformed_request;
  }
  SECTION("half a message, 30 s (117)") {
    auto frames = f.device->send(bytes(wire::fragment_bytes_max + 1));
    f.in(frames->front());
    f.pass(wire::assembly_ms_max);
    CHECK(f.overs.empty());
    f.pass(1);
    told = why = refusal::message_unfinished;
  }
  SECTION("replaced by a newer one (122)") {
    caf::anon_send(f.session, channel_cut{refusal::replaced});
    told = why = refusal::replaced;
  }
  SECTION("the same by order of directory") {
    caf::anon_send(f.session, end_session{refusal::replaced});
    told = why = refusal::replaced;
  }
  SECTION("turned out") {
    caf::anon_send(f.session, end_session{refusal::device_revoked});
    told = why = refusal::device_revoked;
  }
  f.w.run();
  CHECK(f.listen().closed == told);
  REQUIRE(f.overs.size() == 1);
  CHECK(f.overs[0].channel == f.ref);
  CHECK(f.overs[0].why == why);
  REQUIRE(f.d.offline.size() == 1);
  CHECK(f.d.offline[0].device == f.c.nurse.device);
  CHECK(f.d.offline[0].session == f.session);
}

TEST_CASE("a device that does not rekey loses its channel at frame 65 536 (120)") {
  session_fixture f;
  wire::noise_handshake hand{
      wire::noise_pattern::ik, wire::noise_role::initiator, wire::channel_prologue(f.c.id),
      wire::noise_key_pair{f.c.nurse.noise.secret.copy(), f.c.nurse.noise.pub}, f.daemon_key->pub};
  f.in(*hand.write({}));
  REQUIRE(hand.read(f.out.back()));
  auto keys = hand.split();
  REQUIRE(keys);
  bytes hello{1};
  auto raw = wire::device::encode(wire::device::request{id_of<request_id>(1), f.hello_of(f.c.nurse)});
  hello.insert(hello.end(), raw.begin(), raw.end());
  f.in(keys->sending.seal({}, hello));
  const bytes part{0, 7}; // one message that grows by a byte with each frame
  for (std::uint64_t i = 1; i < wire::frames_per_key; ++i)
    f.in(keys->sending.seal({}, part));
  CHECK(f.overs.empty());
  f.in(keys->sending.seal({}, part)); // under the key of the frames before
  REQUIRE(f.overs.size() == 1);
  CHECK(f.overs[0].why == refusal::frame_not_openable);
}

TEST_CASE("before Hello a message has 8 KiB at most, afterwards 1 MiB") {
  session_fixture f;
  SECTION("a known device that has not said Hello") {
    REQUIRE(f.shake(f.c.nurse.noise));
    f.in(f.device->send(bytes(wire::greeting_bytes_max + 1))->front());
  }
  SECTION("an unknown one that enrols") {
    REQUIRE(f.shake(wire::noise_key_pair::from(secret32{sha256(bytes{88})})));
    f.in(f.device->send(bytes(wire::fragment_bytes_max + 1))->front());
  }
  SECTION("greeted: the limit is the channel's") {
    f.connect(f.c.nurse);
    auto frames = f.device->send(bytes(wire::message_bytes_max, 0xff));
    for (const auto& frame : *frames)
      f.in(frame);
    REQUIRE(f.overs.size() == 1);
    CHECK(f.overs[0].why == refusal::malformed_request); // it came whole
    return;
  }
  REQUIRE(f.overs.size() == 1);
  CHECK(f.overs[0].why == refusal::message_too_large);
  CHECK(f.listen().closed == refusal::message_too_large);
}

TEST_CASE("a replayed handshake leaves nothing after ten seconds and disturbs nobody (106)") {
  session_fixture f;
  wire::channel_initiator initiator{f.c.id, f.c.nurse.noise, f.daemon_key->pub};
  f.in(*initiator.start());
  CHECK(f.out.size() == 1);
  f.pass(wire::handshake_ms_max);
  CHECK(f.overs.empty());
  f.pass(1);
  REQUIRE(f.overs.size() == 1);
  CHECK(f.overs[0].why == refusal::handshake_failed);
  CHECK(f.d.online.empty());
  CHECK(f.d.offline.empty());
}

TEST_CASE("a channel on which nobody says Hello ends by itself") {
  session_fixture f;
  auto stranger = wire::noise_key_pair::from(secret32{sha256(bytes{88})});
  REQUIRE(f.shake(stranger));
  f.say(wire::device::encode(wire::device::request{id_of<request_id>(1), wire::device::show_invitation{}}));
  f.pass(hello_within_ms_max);
  CHECK(f.overs.empty());
  f.pass(1);
  REQUIRE(f.overs.size() == 1);
  CHECK(f.overs[0].why == refusal::timed_out);
}

TEST_CASE("a session that dies says nothing; what it left unanswered is asked again elsewhere") {
  session_fixture f;
  f.log_in(f.c.nurse);
  f.d.silent = true;
  f.send(wire::device::list_parties{});
  caf::anon_send_exit(f.session, caf::exit_reason::kill);
  f.w.run();
  CHECK(f.listen().messages.empty());
  f.d.silent = false;
  f.session = f.spawn();
  f.log_in(f.c.nurse);
  CHECK(f.why(wire::device::list_parties{}) == refusal::not_found);
}
