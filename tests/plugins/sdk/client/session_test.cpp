// The session against a bare channel: cuts, silence, waits, bounds.
#include "client/session.hpp"
#include "wire/limits.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::client;

namespace {

namespace d = wire::device;

/// One device's session and the daemon's end of its channel; answers only when told to.
struct bench final : pipe {
  clinic_id clinic;
  wire::noise_key_pair server = wire::noise_key_pair::random();
  std::vector<bytes> up;
  unsigned opened = 0, closed = 0;
  std::optional<wire::channel> far;
  std::vector<d::request> asked;
  std::vector<refusal> lost;
  std::uint64_t welcomes = 0;
  time_ms now = 1'000'000;
  session near{*this, events()};

  session_events events() {
    session_events e;
    e.lost = [this](refusal why) { lost.push_back(why); };
    e.welcomed = [this](d::welcome&) { ++welcomes; };
    return e;
  }
  void open() override {
    ++opened;
    far.reset();
    up.clear();
  }
  void send(bytes_view payload) override { up.push_back(to_bytes(payload)); }
  void close() override { ++closed; }

  void start(bool enrolled = true) {
    session_identity who;
    who.clinic = clinic;
    who.server_noise_key = server.pub;
    who.noise = wire::noise_key_pair::random();
    if (enrolled)
      who.device.value.fill(1);
    near.start(std::move(who), now);
  }
  /// Carries what the device sent; requests are collected, the hello answered.
  void pump() {
    for (auto& payload : std::exchange(up, {})) {
      if (!far) {
        d::server_hello hello;
        hello.incarnation.value.fill(3);
        hello.time = now;
        hello.message_bytes_max = wire::message_bytes_max;
        wire::channel_responder responder{clinic, server};
        (void)responder.read(payload);
        auto answered = responder.answer(d::encode(hello), true, now);
        far.emplace(std::move(answered->channel));
        near.on_channel_data(answered->message, now);
        continue;
      }
      auto event = far->receive(payload, now);
      if (auto* m = event ? std::get_if<wire::channel_message>(&*event) : nullptr) {
        auto request = d::decode_request(m->value);
        if (std::get_if<d::hello>(&request->what) != nullptr)
          answer(request->id, d::welcome{});
        else
          asked.push_back(std::move(*request));
      }
    }
    if (!up.empty())
      pump();
  }
  void answer(const request_id& id, d::answer_body what) {
    auto frames = far->send(d::encode(d::from_daemon{d::answer{id, std::move(what)}}));
    for (const auto& frame : *frames)
      near.on_channel_data(frame, now);
  }
  void refuse(const request_id& id, refusal why) {
    d::refused no;
    no.why = why;
    answer(id, no);
  }
  void pass(std::uint64_t ms) {
    now += ms;
    near.tick(now);
    pump();
  }
};

} // namespace

TEST_CASE("requests wait for the hello and end with their answer") {
  bench b;
  unsigned ended = 0;
  b.near.ask_for<d::done>(d::log_off{}, [&](result<d::done> r) { ended += r ? 1 : 100; });
  b.start();
  b.pump();
  CHECK(b.welcomes == 1);
  REQUIRE(b.asked.size() == 1);
  b.answer(b.asked[0].id, d::done{7});
  b.answer(b.asked[0].id, d::done{8}); // a second answer is ignored
  CHECK(ended == 1);
  CHECK(b.near.pending() == 0);
}

TEST_CASE("another kind of answer than the one asked for is malformed") {
  bench b;
  b.start();
  b.pump();
  refusal why = refusal::none;
  b.near.ask_for<d::done>(d::log_off{}, [&](result<d::done> r) { why = r.why(); });
  b.pump();
  b.answer(b.asked.at(0).id, d::parties{});
  CHECK(why == refusal::malformed_request);
}

TEST_CASE("after a cut what is unanswered is asked again, in order, by the same ids") {
  bench b;
  b.start();
  b.pump();
  for (int i = 0; i < 3; ++i)
    b.near.ask(d::list_parties{}, [](d::answer_body&) {});
  b.pump();
  b.answer(b.asked.at(1).id, d::parties{});
  std::vector<request_id> first{b.asked[0].id, b.asked[2].id};
  b.asked.clear();
  b.near.on_channel_closed(refusal::link_down, b.now);
  CHECK(b.near.state() == session_state::down);
  b.pass(reconnect_ms_min - 1);
  CHECK(b.near.state() == session_state::down);
  b.pass(1);
  REQUIRE(b.asked.size() == 2);
  CHECK(b.asked[0].id == first[0]);
  CHECK(b.asked[1].id == first[1]);
}

TEST_CASE("no more than the unanswered ones go out, and no more wait than may") {
  bench b;
  b.start();
  b.pump();
  unsigned refused_now = 0;
  auto on_answer = [&](d::answer_body& a) {
    auto* no = std::get_if<refused>(&a);
    refused_now += no != nullptr && no->why == refusal::too_many_unanswered ? 1 : 0;
  };
  for (std::size_t i = 0; i < requests_waiting_max + wire::unanswered_max; ++i)
    b.near.ask(d::list_parties{}, on_answer);
  CHECK(refused_now == 0);
  b.near.ask(d::list_parties{}, on_answer);
  CHECK(refused_now == 1);
  b.pump();
  CHECK(b.asked.size() == wire::unanswered_max);
  b.answer(b.asked[0].id, d::parties{});
  b.pump();
  CHECK(b.asked.size() == wire::unanswered_max + 1);
}

TEST_CASE("a busy daemon is asked again a few times, then its refusal is the answer") {
  bench b;
  b.start();
  b.pump();
  refusal why = refusal::none;
  auto id = b.near.ask(d::list_parties{}, [&](d::answer_body& a) { why = std::get<refused>(a).why; });
  b.pump();
  for (unsigned i = 0; i < retries_max; ++i) {
    b.refuse(id, refusal::overloaded);
    CHECK(why == refusal::none);
    auto before = b.asked.size();
    b.pass((retry_ms_min << i) - 1);
    CHECK(b.asked.size() == before);
    b.pass(1);
    REQUIRE(b.asked.size() == before + 1);
    CHECK(b.asked.back().id == id);
  }
  b.refuse(id, refusal::overloaded);
  CHECK(why == refusal::overloaded);
}

TEST_CASE("a handshake or an answer that does not come ends the channel, never the request") {
  bench b;
  b.start();
  b.now += greeting_ms_max;
  b.near.tick(b.now); // nothing was carried
  REQUIRE(b.lost.size() == 1);
  CHECK(b.lost[0] == refusal::link_down);
  b.pass(reconnect_ms_max);
  b.near.ask(d::list_parties{}, [](d::answer_body&) { FAIL("a timeout is never an answer"); });
  b.pump();
  b.pass(silence_ms_max - 1);
  CHECK(b.lost.size() == 1);
  b.pass(1);
  REQUIRE(b.lost.size() == 2);
  CHECK(b.lost[1] == refusal::timed_out);
  CHECK(b.near.pending() == 1);
}

TEST_CASE("waits between tries double up to their longest") {
  bench b;
  b.start();
  std::vector<std::uint64_t> waits;
  for (int i = 0; i < 8; ++i) {
    b.near.on_channel_closed(refusal::link_down, b.now);
    auto before = b.opened;
    std::uint64_t waited = 0;
    while (b.opened == before) {
      b.now += 50;
      waited += 50;
      b.near.tick(b.now);
      b.up.clear();
    }
    waits.push_back(waited);
  }
  CHECK(waits.front() == reconnect_ms_min);
  CHECK(waits[1] == 2 * reconnect_ms_min);
  CHECK(waits.back() == reconnect_ms_max);
}

TEST_CASE("a disturbed channel is given up and made anew") {
  bench b;
  b.start();
  b.pump();
  b.near.on_channel_data(bytes(40), b.now);
  REQUIRE(b.lost.size() == 1);
  CHECK(b.lost[0] == refusal::frame_not_openable);
  b.pass(reconnect_ms_min);
  CHECK(b.near.state() == session_state::ready);
  CHECK(b.opened == 2);
}

TEST_CASE("the daemon's close is a reason, and stop says our own") {
  bench b;
  b.start();
  b.pump();
  b.near.on_channel_data(*b.far->close(refusal::replaced), b.now);
  CHECK(b.near.last_loss() == refusal::replaced);
  b.pass(reconnect_ms_max);
  REQUIRE(b.near.state() == session_state::ready);
  b.near.stop();
  REQUIRE(b.up.size() == 1);
  auto last = b.far->receive(b.up[0], b.now);
  REQUIRE(last);
  CHECK(std::get_if<wire::channel_closed>(&*last) != nullptr);
  CHECK(b.near.state() == session_state::idle);
}
