// What one key, one plugin and one connection may cost at most, on real sockets.
#include "link_fixture.hpp"
#include "link_share.hpp"
#include "wire/link.hpp"
#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

using namespace wardline;
using namespace wardline::daemon;

namespace {

constexpr int quiet_ms = 300;

/// Why the link was refused, whatever else comes before; none: it was not.
refusal refused_as(raw_plugin& p, int within_ms = 5'000) {
  while (auto raw = p.receive(within_ms))
    if (auto frame = wire::link::decode(*raw))
      if (auto* no = std::get_if<wire::link::refused>(&*frame))
        return no->why;
  return refusal::none;
}

/// A connection that says nothing at all, not even to CURVE.
class silent_socket {
public:
  explicit silent_socket(const std::string& path) {
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
  }
  silent_socket(const silent_socket&) = delete;
  ~silent_socket() { ::close(fd_); }
  [[nodiscard]] bool connected() const { return connected_; }
  /// The daemon ended it.
  [[nodiscard]] bool cut(int within_ms) const {
    char greeting[64];
    for (;;) {
      pollfd p{fd_, POLLIN, 0};
      if (::poll(&p, 1, within_ms) <= 0)
        return false;
      if (::recv(fd_, greeting, sizeof greeting, 0) <= 0) // libzmq's own greeting comes first
        return true;
    }
  }

private:
  int fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  bool connected_ = false;
};

} // namespace

TEST_CASE("a silent connection whose key is taken back is refused by name once it speaks, and cut") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto late = f.plugin("a", f.own_a,
                       {.stays_cut = true, .events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED});
  REQUIRE(late.happened() == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  f.link->forbid(f.own_a.open);
  REQUIRE(late.send(said("hello")));
  CHECK(refused_as(late) == refusal::plugin_revoked);
  CHECK(late.happened(1'000) == ZMQ_EVENT_DISCONNECTED);
  REQUIRE(f.loses(1));
  CHECK(f.heard.empty());
}

TEST_CASE("a plugin that is told plugin_revoked was speaking a moment ago") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto p = f.plugin("a", f.own_a, {.stays_cut = true});
  REQUIRE(p.send(said("hello")));
  REQUIRE(f.hears(1));
  f.link->forbid(f.own_a.open);
  CHECK(refused_as(p) == refusal::plugin_revoked);
  CHECK(p.happened(1'000) == ZMQ_EVENT_DISCONNECTED);
  CHECK(f.journal.count("link_refused") == 1);
}

TEST_CASE("an enrolment cannot take another plugin's key over") {
  link_fixture f;
  f.link->allow(f.own_b.open, "a");
  CHECK(f.journal.count("link_key_taken") == 1);
  REQUIRE(f.start() == std::nullopt);
  auto p = f.plugin("b", f.own_b);
  REQUIRE(p.send(said("still b")));
  REQUIRE(f.hears(1));
  CHECK(f.heard[0].from.plugin() == "b");
}

TEST_CASE("connections above link_peers_max are cut as they come, spoken or not; other endpoints stay") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  std::vector<std::unique_ptr<silent_socket>> all;
  auto path = f.address("a").substr(6);
  for (std::size_t i = 0; i < link_peers_max; ++i) {
    all.push_back(std::make_unique<silent_socket>(path));
    REQUIRE(all.back()->connected());
  }
  silent_socket surplus{path};
  REQUIRE(surplus.connected());
  CHECK(surplus.cut(2'000));
  auto elsewhere = f.plugin("b", f.own_b);
  REQUIRE(elsewhere.send(said("hello")));
  CHECK(f.hears(1));
  all.clear(); // room again
  auto again = f.plugin("a", f.own_a);
  REQUIRE(again.send(said("hello")));
  CHECK(f.hears(2));
}

TEST_CASE("one key's connections above link_peers_per_key_max are refused, the others of it live") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  std::vector<std::unique_ptr<raw_plugin>> all;
  for (std::size_t i = 0; i < link_peers_per_key_max; ++i) {
    all.push_back(std::make_unique<raw_plugin>(f.address("a"), f.server.open, f.own_a));
    REQUIRE(all.back()->send(said("hello")));
    REQUIRE(f.hears(i + 1));
  }
  auto surplus = f.plugin("a", f.own_a, {.stays_cut = true});
  REQUIRE(surplus.send(said("one more")));
  CHECK(refused_as(surplus) == refusal::overloaded);
  REQUIRE(all.front()->send(said("still here")));
  REQUIRE(f.hears(link_peers_per_key_max + 1));
  CHECK(f.heard.back().frame == said("still here"));
}

TEST_CASE("who is let in and says nothing is cut after first_frame_ms_max") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto silent = f.plugin(
      "a", f.own_a, {.stays_cut = true, .events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED});
  auto speaker = f.plugin("b", f.own_b);
  REQUIRE(silent.happened() == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  REQUIRE(speaker.send(said("hello")));
  CHECK(silent.happened(first_frame_ms_max / 2) == 0);
  CHECK(silent.happened(first_frame_ms_max) == ZMQ_EVENT_DISCONNECTED);
  REQUIRE(speaker.send(said("still here"))); // heartbeats keep it
  CHECK(f.hears(2));
  CHECK(f.gone.empty());
}

TEST_CASE("readers that are slow together are bounded together: the slowest goes first") {
  link_fixture f;
  std::vector<curve_pair> keys;
  std::vector<std::unique_ptr<raw_plugin>> deaf;
  REQUIRE(f.start() == std::nullopt);
  constexpr std::size_t readers = 2 * late_plugin_bytes_max / late_bytes_max;
  for (std::size_t i = 0; i < readers; ++i) {
    keys.push_back(curve_pair::fresh());
    f.link->allow(keys.back().open, "a");
    deaf.push_back(
        std::make_unique<raw_plugin>(f.address("a"), f.server.open, keys.back(),
                                     raw_plugin::settings{.stays_cut = true, .frames_held_max = 1}));
    REQUIRE(deaf.back()->send(said("hello")));
    REQUIRE(f.hears(i + 1));
  }
  // Frames of 64 KiB: libzmq and the kernel take some hundred for each, then they wait here. No reader gets
  // as far as late_bytes_max behind them before all together reach late_plugin_bytes_max.
  bytes frame(65'536, 1);
  std::size_t rounds = 0;
  constexpr std::size_t rounds_max = 2'000;
  for (; rounds < rounds_max && !f.loses(1, 0); ++rounds)
    for (std::size_t i = 0; i < readers; ++i)
      while (!f.link->send(f.heard[i].from, frame) && !f.loses(1, 1)) {
      }
  CHECK(rounds < rounds_max);
  REQUIRE(f.loses(1));
  CHECK(f.journal.count("slow_readers_cut") >= 1);
  CHECK(f.journal.count("slow_reader_cut") == 0); // none was over its own limit
}

TEST_CASE("a flooder among others is refused as credit_exceeded, and the honest one is heard") {
  link_fixture f;
  auto honest_key = curve_pair::fresh();
  f.link->allow(honest_key.open, "a");
  f.keeps_credit = true; // the house is stuck: nothing is given back
  REQUIRE(f.start() == std::nullopt);
  auto honest = f.plugin("a", honest_key);
  REQUIRE(honest.send(said("first")));
  REQUIRE(f.hears(1));
  auto flooder = f.plugin("a", f.own_a, {.stays_cut = true});
  auto why = refusal::none;
  for (std::size_t i = 0; i < 4 * user_credit_frames_max && why == refusal::none; ++i) {
    flooder.send(said("x"), 50);
    why = refused_as(flooder, 0);
  }
  CHECK(why == refusal::credit_exceeded);
  REQUIRE(f.loses(1));
  CHECK(f.heard_of(link_keys::user_of(f.own_a.open, "a")) == user_credit_frames_max);
  for (int i = 0; i < 50; ++i)
    REQUIRE(honest.send(said("still here")));
  CHECK(f.wait([&] { return f.heard.size() >= user_credit_frames_max + 51; }));
  CHECK(f.heard_of(link_keys::user_of(honest_key.open, "a")) == 51);
}

TEST_CASE("frames of two keys come in turns, whoever sends more") {
  link_fixture f;
  auto honest_key = curve_pair::fresh();
  f.link->allow(honest_key.open, "a");
  REQUIRE(f.start() == std::nullopt);
  auto honest = f.plugin("a", honest_key);
  auto busy = f.plugin("a", f.own_a);
  REQUIRE(honest.send(said("first")));
  REQUIRE(f.hears(1));
  constexpr std::size_t flood = 1'500; // within its rate
  for (std::size_t i = 0; i < flood; ++i)
    REQUIRE(busy.send(said("busy")));
  constexpr std::size_t words = 20;
  for (std::size_t i = 0; i < words; ++i)
    REQUIRE(honest.send(said("honest")));
  auto name = link_keys::user_of(honest_key.open, "a");
  REQUIRE(f.hears(flood + words + 1));
  CHECK(f.heard_of(name) == words + 1);
  CHECK(f.gone.empty());
}

TEST_CASE("a key alone at its endpoint is slowed to its rate, not refused") {
  link_fixture f;
  REQUIRE(f.start() == std::nullopt);
  auto only = f.plugin("a", f.own_a);
  auto begin = std::chrono::steady_clock::now();
  constexpr std::size_t frames = 3 * user_frames_per_second_max;
  for (std::size_t i = 0; i < frames; ++i)
    REQUIRE(only.send(said("x")));
  REQUIRE(f.hears(frames, 20'000));
  auto took = std::chrono::steady_clock::now() - begin;
  CHECK(took >=
        std::chrono::milliseconds{1'900}); // the first second's worth at once, two more seconds' worth
  CHECK(f.gone.empty());
}
