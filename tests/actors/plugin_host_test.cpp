#include "plugin_host.hpp"
#include "small_clinic.hpp"
#include "wire/limits.hpp"

using namespace wardline;
namespace framed = wire::link;

namespace {

struct kept_link : ports::link {
  struct sent {
    ports::link_peer to;
    wire::link::frame frame;
  };
  std::vector<sent> out;
  std::vector<std::pair<ports::link_peer, refusal>> drops;
  bool full = false;

  bool send(const ports::link_peer& to, bytes frame) override {
    if (full)
      return false;
    auto f = wire::link::decode(frame);
    REQUIRE(f);
    out.push_back({to, *f});
    return true;
  }
  void drop(const ports::link_peer& peer, refusal why) override { drops.emplace_back(peer, why); }
  void allow(const public_key&, const std::string&) override {}
  void forbid(const public_key&) override {}
};

/// What a session was told, and the session itself, which says what the test wants.
struct kept_session {
  channel_ref ref;
  device_session_actor actor;
  std::vector<bytes> in;
  std::vector<refusal> cuts;
  std::vector<time_ms> ticks;
};

struct host_fixture {
  world w;
  kept_link out;
  kept_journal journal;
  std::deque<kept_session> sessions;
  std::shared_ptr<rules::plugin_links_board> shown = std::make_shared<rules::plugin_links_board>();
  plugin_host_actor host;
  ports::link_peer web{"web/0011223344556677", {1}};
  ports::link_peer hl7{"hl7/0011223344556677", {2}};
  const bytes crash{0xff};
  static constexpr time_ms now = 1'790'000'000'000;

  host_fixture() {
    host = w.sys.spawn(plugin_host, &out, plugin_rights{{"web", {"channels"}}, {"hl7", {"wakeup.message"}}},
                       make_device_session{[this](const channel_ref& c, plugin_host_actor p) {
                         return spawn_session(c, std::move(p));
                       }},
                       &journal, shown);
    caf::anon_send(host, tick{now, 1});
    w.run();
  }
  ~host_fixture() {
    caf::anon_send_exit(host, caf::exit_reason::user_shutdown);
    w.run();
    for (auto& s : sessions)
      caf::anon_send_exit(s.actor, caf::exit_reason::user_shutdown);
    w.run();
  }
  host_fixture(const host_fixture&) = delete;
  host_fixture& operator=(const host_fixture&) = delete;

  device_session_actor spawn_session(const channel_ref& c, plugin_host_actor parent) {
    auto& kept = sessions.emplace_back();
    kept.ref = c;
    kept.actor = w.sys.spawn(
        [&kept, parent](device_session_actor::pointer self) -> device_session_actor::behavior_type {
          return {
              [&kept, self](const channel_in& m) {
                kept.in.push_back(m.payload);
                if (m.payload == bytes{0xff})
                  self->quit(caf::exit_reason::unhandled_exception);
              },
              [&kept](const channel_cut& m) { kept.cuts.push_back(m.why); },
              [&kept, self, parent](const deliver& m) {
                self->send(parent, channel_out{kept.ref, {*m.message}});
              },
              [&kept, self, parent](const end_session& m) {
                self->send(parent, channel_over{kept.ref, m.why});
              },
              [&kept](const tick& m) { kept.ticks.push_back(m.now); },
          };
        });
    return kept.actor;
  }

  void frame(const ports::link_peer& from, const framed::frame& f, credit held = {}) {
    raw(from, framed::encode(f), std::move(held));
  }
  void raw(const ports::link_peer& from, bytes f, credit held = {}) {
    caf::anon_send(host, frame_in{from, std::move(f), std::move(held)});
    w.run();
  }
  void say_hello(const ports::link_peer& from) {
    framed::hello h;
    h.plugin = from.plugin();
    h.wants = {"channels", "wakeup.message", "everything"};
    frame(from, h);
  }
  void data(const ports::link_peer& from, std::uint64_t channel, bytes payload = {1}, credit held = {}) {
    frame(from, framed::channel_data{channel, std::move(payload)}, std::move(held));
  }

  template <class T>
  std::vector<T> sent_to(const ports::link_peer& to) const {
    std::vector<T> all;
    for (const auto& s : out.out)
      if (s.to == to && std::holds_alternative<T>(s.frame))
        all.push_back(std::get<T>(s.frame));
    return all;
  }
  /// The link ended with this refusal, said and done.
  void check_dropped(const ports::link_peer& peer, refusal why) const {
    auto said = sent_to<framed::refused>(peer);
    REQUIRE(said.size() == 1);
    CHECK(said[0].why == why);
    REQUIRE(out.drops.size() == 1);
    CHECK(out.drops[0].first == peer);
    CHECK(out.drops[0].second == why);
  }
};

} // namespace

TEST_CASE("Hello is answered with what was granted and asked for") {
  host_fixture f;
  f.say_hello(f.web);
  auto welcomes = f.sent_to<framed::welcome>(f.web);
  REQUIRE(welcomes.size() == 1);
  CHECK(welcomes[0].protocol == framed::protocol);
  CHECK(welcomes[0].granted == std::vector<std::string>{"channels"});
  CHECK(welcomes[0].frame_bytes_max == wire::frame_bytes_max);
  CHECK(welcomes[0].channels_max == wire::channels_per_plugin_max);
  CHECK(welcomes[0].credit_frames_max == wire::credit_frames_max);
  CHECK(welcomes[0].credit_bytes_max == wire::credit_bytes_max);
  CHECK(f.out.drops.empty());
}

TEST_CASE("what costs a plugin its link, and no other") {
  host_fixture f;
  ports::link_peer other{"web/8899aabbccddeeff", {9}};
  f.say_hello(other);
  f.data(other, 1);
  SECTION("data before Hello") {
    f.data(f.web, 1);
    f.check_dropped(f.web, refusal::hello_missing);
    f.data(f.web, 1); // was on its way already
    CHECK(f.out.drops.size() == 1);
  }
  SECTION("not ours") {
    f.raw(f.web, {0xff, 0xff});
    f.check_dropped(f.web, refusal::frame_malformed);
  }
  SECTION("another plugin's name") {
    framed::hello h;
    h.plugin = "hl7";
    f.frame(f.web, h);
    f.check_dropped(f.web, refusal::plugin_not_granted);
  }
  SECTION("a plugin without a file in plugins.d") {
    ports::link_peer unknown{"rogue/0011223344556677", {5}};
    f.say_hello(unknown);
    f.check_dropped(unknown, refusal::plugin_not_granted);
  }
  SECTION("another protocol") {
    framed::hello h;
    h.plugin = "web";
    h.protocol_min = 2;
    h.protocol_max = 3;
    f.frame(f.web, h);
    f.check_dropped(f.web, refusal::protocol_not_supported);
  }
  SECTION("malformed in the middle: its channels are cut with it") {
    f.say_hello(f.web);
    f.data(f.web, 1);
    f.data(f.web, 2);
    f.raw(f.web, {0x0a});
    f.check_dropped(f.web, refusal::frame_malformed);
    CHECK(f.sessions[1].cuts == std::vector{refusal::frame_malformed});
    CHECK(f.sessions[2].cuts == std::vector{refusal::frame_malformed});
  }
  SECTION("a frame that only the daemon sends") {
    f.say_hello(f.web);
    f.frame(f.web, framed::frame{GENERATE(0, 1) == 0 ? framed::frame{framed::refused{refusal::overloaded}}
                                                     : framed::frame{framed::event_ack{bytes(16, 1)}}});
    f.check_dropped(f.web, refusal::frame_malformed);
  }
  SECTION("channels without the right to") {
    f.say_hello(f.hl7);
    f.data(f.hl7, 1);
    f.check_dropped(f.hl7, refusal::plugin_not_granted);
  }
  f.data(other, 1, {2});
  CHECK(f.sessions[0].in == std::vector<bytes>{{1}, {2}});
  CHECK(f.sessions[0].cuts.empty());
}

TEST_CASE("frames of a channel reach its session in order, and give their credit back") {
  host_fixture f;
  f.say_hello(f.web);
  int returned = 0;
  auto held = [&] { return credit{&returned, [&](const void*) { ++returned; }}; };
  f.data(f.web, 7, {1}, held());
  f.data(f.web, 7, {2}, held());
  f.data(f.web, 8, {3}, held());
  REQUIRE(f.sessions.size() == 2);
  CHECK(f.sessions[0].in == std::vector<bytes>{{1}, {2}});
  CHECK(f.sessions[1].in == std::vector<bytes>{{3}});
  CHECK(returned == 3);
  CHECK(f.sessions[0].ticks == std::vector{host_fixture::now}); // before its first frame
  f.raw(f.web, {0xff}, held());
  CHECK(returned == 4);
}

TEST_CASE("what a session says goes to its own channel; its end frees the number") {
  host_fixture f;
  f.say_hello(f.web);
  f.data(f.web, 7);
  auto& old = f.sessions[0];
  caf::anon_send(old.actor, deliver{std::make_shared<const bytes>(bytes{5, 5})});
  f.w.run();
  auto data = f.sent_to<framed::channel_data>(f.web);
  REQUIRE(data.size() == 1);
  CHECK(data[0].channel == 7);
  CHECK(data[0].payload == bytes{5, 5});
  caf::anon_send(old.actor, end_session{refusal::replaced});
  f.w.run();
  auto closed = f.sent_to<framed::channel_closed>(f.web);
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].why == refusal::replaced);
  // The number again is a new session; words of the old one are not for it.
  f.data(f.web, 7);
  REQUIRE(f.sessions.size() == 2);
  caf::anon_send(old.actor, deliver{std::make_shared<const bytes>(bytes{6})});
  caf::anon_send(old.actor, end_session{refusal::none});
  f.w.run();
  CHECK(f.sent_to<framed::channel_data>(f.web).size() == 1);
  f.data(f.web, 7, {9});
  CHECK(f.sessions[1].in == std::vector<bytes>{{1}, {9}});
}

TEST_CASE("a plugin closes a channel, or its connection goes: its sessions are cut") {
  host_fixture f;
  f.say_hello(f.web);
  f.data(f.web, 1);
  f.data(f.web, 2);
  f.frame(f.web, framed::channel_closed{1, refusal::none});
  CHECK(f.sessions[0].cuts == std::vector{refusal::none});
  f.frame(f.web, framed::channel_closed{1, refusal::none}); // twice is no crime
  CHECK(f.out.drops.empty());
  SECTION("gone") {
    caf::anon_send(f.host, peer_gone{f.web});
  }
  SECTION("back without our noticing") {
    f.say_hello(f.web);
  }
  f.w.run();
  CHECK(f.sessions[1].cuts == std::vector{refusal::link_down});
}

TEST_CASE("a crashed session costs its device its channel and leaves the others alone") {
  host_fixture f;
  f.say_hello(f.web);
  f.data(f.web, 1);
  f.data(f.web, 2);
  f.data(f.web, 1, f.crash);
  auto closed = f.sent_to<framed::channel_closed>(f.web);
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].channel == 1);
  CHECK(f.journal.count("session_crashed") == 1);
  f.data(f.web, 2, {4});
  CHECK(f.sessions[1].in == std::vector<bytes>{{1}, {4}});
  f.data(f.web, 1, {5});
  REQUIRE(f.sessions.size() == 3);
  CHECK(f.sessions[2].in == std::vector<bytes>{{5}});
}

TEST_CASE("channels above channels_per_plugin_max are refused; a closed one makes room") {
  host_fixture f;
  f.say_hello(f.web);
  auto second = f.web; // another connection of the same key shares the limit
  second.routing = {42};
  f.say_hello(second);
  for (std::uint64_t i = 1; i <= wire::channels_per_plugin_max; ++i)
    f.data(f.web, i);
  f.data(second, 1);
  auto closed = f.sent_to<framed::channel_closed>(second);
  REQUIRE(closed.size() == 1);
  CHECK(closed[0].why == refusal::too_many_channels);
  CHECK(f.sessions.size() == wire::channels_per_plugin_max);
  CHECK(f.out.drops.empty());
  f.frame(f.web, framed::channel_closed{5, refusal::none});
  f.data(second, 1);
  CHECK(f.sessions.size() == wire::channels_per_plugin_max + 1);
}

TEST_CASE("links above links_max are refused") {
  host_fixture f;
  auto peer = f.web;
  for (std::size_t i = 0; i < links_max; ++i) {
    peer.routing = ports::row_key(i);
    f.say_hello(peer);
  }
  CHECK(f.out.drops.empty());
  peer.routing = ports::row_key(links_max);
  f.say_hello(peer);
  f.check_dropped(peer, refusal::overloaded);
}

TEST_CASE("a way out that is full ends the channel") {
  host_fixture f;
  f.say_hello(f.web);
  f.data(f.web, 1);
  f.out.full = true;
  caf::anon_send(f.sessions[0].actor, deliver{std::make_shared<const bytes>(bytes{5})});
  f.w.run();
  CHECK(f.sessions[0].cuts == std::vector{refusal::link_down});
}

TEST_CASE("before the house knows the time no channel opens; then every session hears each tick") {
  world w;
  kept_link out;
  kept_journal journal;
  int made = 0;
  auto host = w.sys.spawn(plugin_host, &out, plugin_rights{{"web", {"channels"}}},
                          make_device_session{[&](const channel_ref&, plugin_host_actor) {
                            ++made;
                            return device_session_actor{};
                          }},
                          &journal, std::make_shared<rules::plugin_links_board>());
  ports::link_peer web{"web/0011223344556677", {1}};
  framed::hello h;
  h.plugin = "web";
  h.wants = {"channels"};
  caf::anon_send(host, frame_in{web, framed::encode(h), {}});
  caf::anon_send(host, frame_in{web, framed::encode(framed::channel_data{1, {1}}), {}});
  w.run();
  CHECK(made == 0);
  REQUIRE(out.out.size() == 2);
  CHECK(std::get<framed::channel_closed>(out.out[1].frame).why == refusal::overloaded);
  caf::anon_send_exit(host, caf::exit_reason::user_shutdown);
  w.run();

  host_fixture f;
  f.say_hello(f.web);
  f.data(f.web, 1);
  f.data(f.web, 2);
  caf::anon_send(f.host, tick{host_fixture::now + 1'000, 2});
  f.w.run();
  for (const auto& s : f.sessions)
    CHECK(s.ticks == std::vector<time_ms>{host_fixture::now, host_fixture::now + 1'000});
}

TEST_CASE("when the host stops, its sessions are cut") {
  host_fixture f;
  f.say_hello(f.web);
  f.data(f.web, 1);
  caf::anon_send_exit(f.host, caf::exit_reason::user_shutdown);
  f.w.run();
  CHECK(f.sessions[0].cuts == std::vector{refusal::link_down});
}

TEST_CASE("only the newest dropped_links_max dropped links are remembered") {
  host_fixture f;
  auto peer = f.web;
  for (std::size_t i = 0; i <= dropped_links_max; ++i) {
    peer.routing = ports::row_key(i);
    f.data(peer, 1);
    f.data(peer, 1);
  }
  CHECK(f.out.drops.size() == dropped_links_max + 1);
  peer.routing = ports::row_key(0);
  f.data(peer, 1);
  CHECK(f.out.drops.size() == dropped_links_max + 2);
}

TEST_CASE("with each tick it shows which plugins are connected, with how many channels") {
  host_fixture f;
  using links = rules::all_plugin_links;
  CHECK(*f.shown->now() == links{{"hl7", {}}, {"web", {}}});
  framed::hello h;
  h.plugin = "web";
  h.wants = {"channels"};
  caf::anon_send(f.host, frame_in{f.web, framed::encode(h), {}});
  for (std::uint64_t channel : {1, 2})
    caf::anon_send(f.host, frame_in{f.web, framed::encode(framed::channel_data{channel, {1}}), {}});
  f.w.run();
  CHECK(*f.shown->now() == links{{"hl7", {}}, {"web", {}}}); // not before the tick
  caf::anon_send(f.host, tick{f.now + 1'000, 1'001});
  f.w.run();
  CHECK(*f.shown->now() == links{{"hl7", {}}, {"web", {1, 2}}});
  caf::anon_send(f.host, peer_gone{f.web});
  caf::anon_send(f.host, tick{f.now + 2'000, 2'001});
  f.w.run();
  CHECK(*f.shown->now() == links{{"hl7", {}}, {"web", {}}});
}
