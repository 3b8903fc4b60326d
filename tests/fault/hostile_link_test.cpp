// Bad input on the plugin link against the real daemon: each abuse gets its named refusal, the sender alone
// pays, and after all of it the daemon lives, is small, and serves.
#include "hostile.hpp"
#include <atomic>
#include <csignal>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace wardline;
using namespace wardline::fault;
namespace frames = wardline::wire::link;

TEST_CASE("hostile: keys that are not allowed get no connection") {
  constexpr int events = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
  auto key = curve_pair::fresh();
  raw_plugin unknown{address("web"), clinic().server_curve, key, {.events = events}};
  CHECK(unknown.happened() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  raw_plugin elsewhere{address("cli"), clinic().server_curve, clinic().web_key, {.events = events}};
  CHECK(elsewhere.happened() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  raw_plugin plain{address("web"),
                   clinic().server_curve,
                   key,
                   {.curve = false,
                    .events = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                              ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | events}};
  auto happened = plain.happened();
  CHECK(happened != 0);
  CHECK(happened != ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  honest_exchange();
}

TEST_CASE("hostile: every wrong first frame has its refusal, and ends the link") {
  frames::hello good{"web", "1", 1, 1, {"channels"}};
  auto whole = frames::encode(good);
  auto with = [&](auto change) {
    auto h = good;
    change(h);
    return frames::encode(h);
  };
  struct row {
    const char* what;
    bytes frame;
    refusal expected;
  };
  const row rows[] = {
      {"a newer protocol", with([](auto& h) { h.protocol_min = h.protocol_max = 2; }),
       refusal::protocol_not_supported},
      {"versions the wrong way round", with([](auto& h) { h.protocol_min = 2, h.protocol_max = 1; }),
       refusal::frame_malformed},
      {"another plugin's name", with([](auto& h) { h.plugin = "cli"; }), refusal::plugin_not_granted},
      {"nobody's name", with([](auto& h) { h.plugin = "nobody"; }), refusal::plugin_not_granted},
      {"data before hello", frames::encode(frames::channel_data{1, bytes(96, 1)}), refusal::hello_missing},
      {"a close before hello", frames::encode(frames::channel_closed{1, refusal::none}),
       refusal::hello_missing},
      {"a frame of the daemon's", frames::encode(frames::welcome{1, {}, 1, 1, 1, 1}), refusal::hello_missing},
      {"a frame of the daemon's that says nothing", frames::encode(frames::welcome{}),
       refusal::frame_malformed},
      {"nothing", {}, refusal::frame_malformed},
      {"noise", bytes(200, 0xff), refusal::frame_malformed},
      {"a hello cut short", first_bytes(whole, whole.size() - 1), refusal::frame_malformed},
      {"a hello cut to its head", first_bytes(whole, 1), refusal::frame_malformed},
      {"a hello with a megabyte of name", with([](auto& h) { h.plugin = std::string(1'000'000, 'a'); }),
       refusal::frame_too_large},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    web_plugin p;
    REQUIRE(p.wire.send(r.frame));
    auto why = p.refused();
    INFO("refused as " << name_of(why));
    CHECK(why == r.expected);
    CHECK(p.wire.happened() == ZMQ_EVENT_DISCONNECTED);
  }
  honest_exchange();
}

TEST_CASE("hostile: wrong frames behind a good hello end the link by name") {
  struct row {
    const char* what;
    bytes frame;
    refusal expected;
  };
  auto data = frames::encode(frames::channel_data{1, bytes(96, 1)});
  const row rows[] = {
      {"noise", bytes(64, 0xff), refusal::frame_malformed},
      {"cut short", first_bytes(data, data.size() - 1), refusal::frame_malformed},
      {"the daemon's own welcome", frames::encode(frames::welcome{1, {}, 1, 1, 1, 1}),
       refusal::frame_malformed},
      {"the daemon's own refusal", frames::encode(frames::refused{refusal::overloaded}),
       refusal::frame_malformed},
  };
  for (const auto& r : rows) {
    INFO(r.what);
    web_plugin p;
    p.greet();
    REQUIRE(p.wire.send(r.frame));
    CHECK(p.refused() == r.expected);
    CHECK(p.wire.happened() == ZMQ_EVENT_DISCONNECTED);
  }
  SECTION("above the endpoint's limit: cut before anything is read") {
    web_plugin p;
    p.greet();
    REQUIRE(p.wire.send(bytes(wire::frame_bytes_max + 1, 1)));
    CHECK(p.wire.happened() == ZMQ_EVENT_DISCONNECTED);
  }
  SECTION("a listener that carries channels") {
    raw_plugin push{address("push"), clinic().server_curve, clinic().push_key};
    push.send(frames::encode(frames::hello{"push", "1", 1, 1, {"channels", "wakeup.message"}}));
    auto welcome = push.receive();
    REQUIRE(welcome);
    auto granted = frames::decode(*welcome);
    REQUIRE(granted);
    CHECK(std::get<frames::welcome>(*granted).granted == std::vector<std::string>{"wakeup.message"});
    push.send(data);
    auto answer = push.receive();
    REQUIRE(answer);
    CHECK(std::get<frames::refused>(*frames::decode(*answer)).why == refusal::plugin_not_granted);
  }
  honest_exchange();
}

TEST_CASE("hostile: channels above the limit are refused, the others live") {
  web_plugin p;
  p.greet();
  constexpr std::uint64_t surplus = 50;
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;
  auto count = [&] {
    auto f = p.hear();
    REQUIRE(f);
    if (std::holds_alternative<frames::channel_data>(*f))
      ++opened;
    else if (auto* end = std::get_if<frames::channel_closed>(&*f);
             end != nullptr && end->why == refusal::too_many_channels)
      ++refused;
    else
      FAIL("neither opened nor refused");
  };
  stranger s;
  auto first = s.first(); // one handshake, replayed: the cheapest way for an attacker
  for (std::uint64_t i = 1; i <= wire::channels_per_plugin_max + surplus; ++i) {
    p.say(frames::channel_data{i, first});
    if (i > 32)
      count();
  }
  for (int i = 0; i < 32; ++i)
    count();
  CHECK(opened == wire::channels_per_plugin_max);
  CHECK(refused == surplus);
  honest_exchange();
}

TEST_CASE("hostile: peers that connect and say nothing hold nobody up") {
  std::vector<int> silent;
  auto path = (clinic().folder.path / "web").string() + ".sock";
  auto connect_one = [&] {
    int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    for (int i = 0; i < 500; ++i) {
      if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0)
        return silent.push_back(fd);
      std::this_thread::sleep_for(std::chrono::milliseconds{2}); // the backlog is full for a moment
    }
    ::close(fd);
  };
  for (int i = 0; i < 500; ++i)
    connect_one();
  CHECK(silent.size() > 400);
  honest_exchange();
  web_plugin p; // at the same endpoint
  p.greet();
  for (int fd : silent)
    ::close(fd);
  honest_exchange();
}

TEST_CASE("hostile: a flooding plugin does not starve an honest one") {
  std::atomic<bool> over{false};
  std::atomic<std::size_t> sent{0};
  auto& c = clinic();
  auto where = address("web");
  std::thread flooder{[&] {
    raw_plugin p{where, c.server_curve, c.web_key, {.stays_cut = true}};
    p.send(frames::encode(frames::hello{"web", "1", 1, 1, {"channels"}}));
    auto garbage = frames::encode(frames::channel_data{7, bytes(60'000, 3)});
    while (!over)
      if (p.send(garbage, 100))
        ++sent;
  }};
  for (int i = 0; i < 5; ++i)
    honest_exchange();
  over = true;
  flooder.join();
  CHECK(sent > 100);
  honest_exchange();
}

TEST_CASE(
    "hostile: who holds a key and says nothing is cut, and so are handshakes that nobody finishes (106)") {
  raw_plugin silent{address("web"),
                    clinic().server_curve,
                    clinic().web_key,
                    {.stays_cut = true, .events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED}};
  REQUIRE(silent.happened() == ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  web_plugin p;
  p.greet();
  stranger s;
  auto first = s.first();
  // As many as one plugin may have: if any of them left state behind, the next round could not open as many.
  for (int round = 0; round < 2; ++round) {
    std::size_t opened = 0;
    std::size_t ended = 0;
    for (std::uint64_t i = 1; i <= wire::channels_per_plugin_max; ++i) {
      p.say(frames::channel_data{i, first});
      if (auto f = p.hear(); f && std::holds_alternative<frames::channel_data>(*f))
        ++opened;
    }
    CHECK(opened == wire::channels_per_plugin_max);
    while (ended < opened) {
      auto f = p.hear(static_cast<int>(2 * wire::handshake_ms_max));
      REQUIRE(f);
      if (auto* end = std::get_if<frames::channel_closed>(&*f)) {
        CHECK(end->why == refusal::handshake_failed);
        ++ended;
      }
    }
  }
  CHECK(silent.happened(20'000) == ZMQ_EVENT_DISCONNECTED);
  honest_exchange();
}

TEST_CASE("hostile: a plugin whose key is taken out of plugins.d is cut by a reload, and may come back") {
  auto& c = clinic();
  auto file = c.conf.plugins_dir / "web.yaml";
  auto before = file_text(file);
  auto reload = [&](const std::string& text, const std::string& event) {
    std::ofstream{file} << text;
    auto seen = c.daemon->journal().size();
    ::kill(c.daemon->pid(), SIGHUP);
    REQUIRE(c.run_until([&] { return c.daemon->journal().find(event, seen) != std::string::npos; }));
  };
  web_plugin p;
  p.greet();
  reload("address: nowhere\n", "web.yaml:1:10: address: expected");
  stranger still;
  still.open(p, 1); // what is wrong changes nothing
  reload("address: " + address("web") + "\nrights: [channels]\nkeys: []\n", "settings_reloaded");
  CHECK(p.refused() == refusal::plugin_revoked);
  CHECK(p.wire.happened(1'000) == ZMQ_EVENT_DISCONNECTED);
  raw_plugin denied{address("web"),
                    c.server_curve,
                    c.web_key,
                    {.events = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED}};
  CHECK(denied.happened() == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH);
  reload(before, "settings_reloaded");
  web_plugin again;
  again.greet();
  honest_exchange();
}
