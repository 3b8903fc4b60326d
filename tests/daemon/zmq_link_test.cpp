// The plugin link against real sockets: who gets in, who is heard, who is cut.
#include "link_fixture.hpp"
#include <catch2/catch.hpp>
#include <future>
#include <thread>

using namespace wardline;
using namespace wardline::daemon;

namespace {

constexpr int auth_events = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
/// Long enough for a frame that is let through to arrive; nothing waits for it when all is well.
constexpr int quiet_ms = 300;

/// Until the way out is full for good: what a flooder does.
std::size_t flood(raw_plugin& p, const bytes& frame, std::size_t frames_max) {
  std::size_t sent = 0;
  while (sent < frames_max && p.send(frame, 1'500))
    ++sent;
  return sent;
}

} // namespace

TEST_CASE("a key that nobody allowed is refused, an allowed one is heard under its own name") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto stranger_key = curve_pair::fresh();
  auto stranger = f.plugin("a", stranger_key, {.events = auth_events});
  CHECK(stranger.happened() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  auto known = f.plugin("a", f.own_a);
  REQUIRE(known.send(said("hello")));
  REQUIRE(f.hears(1));
  CHECK(f.heard[0].from.user == link_keys::user_of(f.own_a.open, "a"));
  CHECK(f.heard[0].from.plugin() == "a");
  CHECK(f.heard[0].frame == said("hello"));
}

TEST_CASE("a plugin's key does not open another plugin's endpoint") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto wrong = f.plugin("b", f.own_a, {.events = auth_events});
  CHECK(wrong.happened() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  auto right = f.plugin("a", f.own_a, {.events = auth_events});
  CHECK(right.happened() == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
}

TEST_CASE("without CURVE nobody gets in") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto plain =
      f.plugin("a", f.own_a,
               {.curve = false,
                .events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
                          ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL});
  plain.send(said("let me in"), quiet_ms);
  auto event = plain.happened();
  CHECK(event != 0);
  CHECK(event != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  CHECK_FALSE(f.hears(1, quiet_ms));
}

TEST_CASE("the key decides who speaks, not the routing id it asks for") {
  link_fixture f;
  auto second_key = curve_pair::fresh();
  f.link->allow(second_key.open, "a");
  REQUIRE(f.start() == std::nullopt);
  auto first = f.plugin("a", f.own_a, {.routing_id = "nurse"});
  REQUIRE(first.send(said("mine")));
  REQUIRE(f.hears(1));
  auto thief = f.plugin("a", second_key, {.routing_id = "nurse"});
  thief.send(said("mine too"));
  CHECK_FALSE(f.hears(2, quiet_ms)); // a routing id that is taken is not handed over
  REQUIRE(first.send(said("still mine")));
  REQUIRE(f.hears(2));
  CHECK(f.heard[1].from.user == link_keys::user_of(f.own_a.open, "a"));
  CHECK(f.heard_of(link_keys::user_of(second_key.open, "a")) == 0);
}

TEST_CASE("an old routing id under a new key is a new peer, and the old one is told gone") {
  link_fixture f;
  auto second_key = curve_pair::fresh();
  f.link->allow(second_key.open, "a");
  REQUIRE(f.start() == std::nullopt);
  {
    auto first = f.plugin("a", f.own_a, {.routing_id = "nurse"});
    REQUIRE(first.send(said("one")));
    REQUIRE(f.hears(1));
  }
  auto second = f.plugin("a", second_key, {.routing_id = "nurse"});
  // Until the daemon has seen the first connection end, the id is taken; then the second is let in.
  for (int i = 0; i < 20 && !f.hears(2, 100); ++i)
    second.send(said("two"), 100);
  REQUIRE(f.hears(2));
  REQUIRE(f.loses(1));
  CHECK(f.heard[1].from.user == link_keys::user_of(second_key.open, "a"));
  CHECK(f.gone[0].user == link_keys::user_of(f.own_a.open, "a"));
}

TEST_CASE("a frame above the endpoint's limit cuts its sender and nobody else") {
  link_fixture f;
  auto other_key = curve_pair::fresh();
  f.link->allow(other_key.open, "b");
  REQUIRE(f.start() == std::nullopt);
  auto honest = f.plugin("b", other_key);
  REQUIRE(honest.send(bytes(wire::listener_frame_bytes_max, 7)));
  REQUIRE(f.hears(1)); // exactly the limit is fine
  auto greedy = f.plugin("b", f.own_b, {.stays_cut = true});
  REQUIRE(greedy.send(said("hello")));
  REQUIRE(f.hears(2));
  REQUIRE(greedy.send(bytes(wire::listener_frame_bytes_max + 1, 7)));
  CHECK(greedy.happened() == ZMQ_EVENT_DISCONNECTED);
  REQUIRE(f.loses(1));
  CHECK(f.gone[0].user == link_keys::user_of(f.own_b.open, "b"));
  REQUIRE(honest.send(said("still here")));
  REQUIRE(f.hears(3));
  CHECK(f.heard[2].frame == said("still here"));
}

TEST_CASE("a message of several parts is thrown away whole") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto p = f.plugin("a", f.own_a);
  REQUIRE(p.send_parts({said("one"), said("two"), said("three")}));
  REQUIRE(p.send(said("whole")));
  REQUIRE(f.hears(1));
  CHECK(f.heard[0].frame == said("whole"));
}

TEST_CASE("whoever floods is heard up to its credit in frames, others are served") {
  link_fixture f;
  f.keeps_credit = true;
  REQUIRE(f.start() == std::nullopt);
  auto flooder = f.plugin("a", f.own_a);
  auto sent = flood(flooder, said("x"), 4 * wire::credit_frames_max);
  CHECK(sent < 4 * wire::credit_frames_max); // its own queue is full, not ours
  REQUIRE(f.hears(wire::credit_frames_max));
  auto honest = f.plugin("b", f.own_b);
  REQUIRE(honest.send(said("hello")));
  REQUIRE(f.hears(wire::credit_frames_max + 1));
  CHECK(f.heard_of(link_keys::user_of(f.own_a.open, "a")) == wire::credit_frames_max);
  CHECK(f.heard_of(link_keys::user_of(f.own_b.open, "b")) == 1);
  {
    std::lock_guard hold{f.mutex}; // the house catches up
    for (auto& h : f.heard)
      h.credit.reset();
  }
  REQUIRE(f.hears(wire::credit_frames_max + 2));
}

TEST_CASE("whoever floods is heard up to its credit in bytes") {
  link_fixture f;
  f.keeps_credit = true;
  REQUIRE(f.start() == std::nullopt);
  auto flooder = f.plugin("a", f.own_a);
  constexpr auto frames = wire::credit_bytes_max / wire::frame_bytes_max;
  auto sending = std::async(std::launch::async,
                            [&] { return flood(flooder, bytes(wire::frame_bytes_max, 1), 2 * frames); });
  REQUIRE(f.hears(frames));
  CHECK_FALSE(f.hears(frames + 1, quiet_ms));
  {
    std::lock_guard hold{f.mutex};
    f.keeps_credit = false;
    for (auto& h : f.heard)
      h.credit.reset();
  }
  CHECK(sending.get() == 2 * frames);
  CHECK(f.hears(2 * frames));
}

TEST_CASE("a key that is taken back loses its live connection within a second") {
  link_fixture f;
  auto other_key = curve_pair::fresh();
  f.link->allow(other_key.open, "a");
  REQUIRE(f.start() == std::nullopt);
  auto cut = f.plugin("a", f.own_a);
  auto other = f.plugin("a", other_key);
  REQUIRE(cut.send(said("one")));
  REQUIRE(f.hears(1));
  REQUIRE(other.send(said("two")));
  REQUIRE(f.hears(2));
  f.link->forbid(f.own_a.open);
  CHECK(cut.happened(1'000) == ZMQ_EVENT_DISCONNECTED);
  REQUIRE(f.loses(1));
  CHECK(f.gone[0].user == link_keys::user_of(f.own_a.open, "a"));
  cut.send(said("three"), quiet_ms);
  CHECK_FALSE(f.hears(3, quiet_ms));
  REQUIRE(other.send(said("four")));
  REQUIRE(f.hears(3));
  CHECK(f.heard[2].frame == said("four"));
  f.link->forbid(f.own_a.open); // nothing to take back any more
}

TEST_CASE("a dropped peer gets what was said to it before, is not heard any more, and is told gone") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto p = f.plugin("a", f.own_a, {.stays_cut = true});
  REQUIRE(p.send(said("nonsense")));
  REQUIRE(f.hears(1));
  auto peer = f.heard[0].from;
  REQUIRE(f.link->send(peer, said("refused")));
  f.link->drop(peer, refusal::frame_malformed);
  CHECK(p.receive() == said("refused"));
  CHECK(p.happened() == ZMQ_EVENT_DISCONNECTED);
  REQUIRE(f.loses(1));
  CHECK(f.gone[0] == peer);
  CHECK(f.journal.count("link_dropped") == 1);
  CHECK(f.heard.size() == 1);
}

TEST_CASE("a dropped plugin whose key still holds may come back") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto p = f.plugin("a", f.own_a);
  REQUIRE(p.send(said("nonsense")));
  REQUIRE(f.hears(1));
  f.link->drop(f.heard[0].from, refusal::frame_malformed);
  REQUIRE(f.loses(1));
  REQUIRE(p.send(said("sorry")));
  REQUIRE(f.hears(2));
  CHECK(f.heard[1].frame == said("sorry"));
}

TEST_CASE("a plugin that goes away is told gone once, and what is sent after it reaches nobody") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  std::optional<raw_plugin> p;
  p.emplace(f.address("a"), f.server.open, f.own_a);
  REQUIRE(p->send(said("one")));
  REQUIRE(f.hears(1));
  auto peer = f.heard[0].from;
  REQUIRE(f.link->send(peer, said("answer")));
  CHECK(p->receive() == said("answer"));
  p.reset();
  REQUIRE(f.loses(1));
  CHECK(f.gone[0] == peer);
  CHECK(f.link->send(peer, said("too late"))); // queued; the thread finds nobody
  f.link->drop(peer, refusal::link_down);
  auto next = f.plugin("a", f.own_a);
  REQUIRE(next.send(said("two")));
  REQUIRE(f.hears(2));
  CHECK(f.gone.size() == 1);
}

TEST_CASE("a reader that does not read loses its connection, not the daemon its memory") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto deaf = f.plugin("a", f.own_a, {.stays_cut = true});
  REQUIRE(deaf.send(said("one")));
  REQUIRE(f.hears(1));
  auto peer = f.heard[0].from;
  for (int i = 0; i < 2'000 && !f.loses(1, 0); ++i)
    for (int j = 0; j < 4; ++j)
      (void)f.link->send(peer, bytes(wire::frame_bytes_max / 4, 1));
  CHECK(f.loses(1));
}

TEST_CASE("frames that wait to go out are bounded in number and in bytes") {
  link_fixture f; // not started: nothing goes out
  ports::link_peer peer{link_keys::user_of(f.own_a.open, "a"), said("r")};
  ports::link_peer other{link_keys::user_of(f.own_b.open, "b"), said("r")};
  for (std::size_t i = 0; i < out_bytes_max / wire::frame_bytes_max; ++i)
    REQUIRE(f.link->send(peer, bytes(wire::frame_bytes_max)));
  CHECK_FALSE(f.link->send(peer, said("x")));
  std::size_t queued = out_bytes_max / wire::frame_bytes_max;
  while (f.link->send(other, {}))
    ++queued;
  CHECK(queued == out_frames_max);
}

TEST_CASE("stop twice is once, and nothing is sent behind it") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto p = f.plugin("a", f.own_a);
  REQUIRE(p.send(said("one")));
  REQUIRE(f.hears(1));
  REQUIRE(f.link->send(f.heard[0].from, said("last words")));
  f.link->stop();
  f.link->stop();
  CHECK(p.receive() == said("last words"));
  CHECK_FALSE(f.link->send(f.heard[0].from, said("too late")));
}

TEST_CASE("an endpoint that cannot be bound is said in words, and the link ends") {
  link_fixture f;
  temp_folder folder;
  zmq_link link{{{"a", "ipc://" + (folder.path / "no" / "such" / "folder").string(), 1'024}},
                f.server.secret,
                &f.journal};
  auto problem = link.start({});
  REQUIRE(problem);
  CHECK(problem->find("cannot listen at ipc://") == 0);
}
