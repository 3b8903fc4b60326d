// ward's link against a bare ROUTER with CURVE: hello, channels, ends, and sockets made anew.
#include "client/link.hpp"
#include "e2ee/signing.hpp"
#include "temp_folder.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include <catch2/catch.hpp>
#include <optional>
#include <zmq.hpp>

using namespace wardline;
using namespace wardline::client;

namespace {

std::string raw(bytes_view key) {
  return std::string{text(key)};
}

/// A daemon's endpoint, without the daemon.
struct endpoint {
  zmq::context_t context{1};
  std::optional<zmq::socket_t> router;
  std::string address;
  e2ee::x25519_pair key = e2ee::x25519_pair::random();
  std::string peer; ///< routing id of the last sender

  explicit endpoint(const temp_folder& folder) : address{"ipc://" + (folder.path / "link").string()} {
    open();
  }
  void open() {
    router.emplace(context, zmq::socket_type::router);
    router->set(zmq::sockopt::linger, 0);
    router->set(zmq::sockopt::curve_server, true);
    router->set(zmq::sockopt::curve_secretkey, raw(key.secret.view()));
    router->bind(address);
  }
  void close() { router.reset(); }
  void send(const wire::link::frame& f) {
    auto frame = wire::link::encode(f);
    router->send(zmq::buffer(peer), zmq::send_flags::sndmore);
    router->send(zmq::buffer(frame.data(), frame.size()), zmq::send_flags::none);
  }
  std::optional<wire::link::frame> take() {
    zmq::message_t from, frame;
    if (!router || !router->recv(from, zmq::recv_flags::dontwait) ||
        !router->recv(frame, zmq::recv_flags::dontwait))
      return std::nullopt;
    peer = from.to_string();
    auto read = wire::link::decode({static_cast<const std::uint8_t*>(frame.data()), frame.size()});
    REQUIRE(read);
    return *read;
  }
};

struct ears final : client::link::channel_listener {
  std::vector<bytes> data;
  std::vector<refusal> closed;
  void on_channel_data(bytes_view payload) override { data.push_back(to_bytes(payload)); }
  void on_channel_closed(refusal why) override { closed.push_back(why); }
};

struct wired {
  temp_folder folder;
  endpoint far{folder};
  ears heard;
  std::uint64_t now = 0; ///< counts turns as milliseconds: no clock is read here
  std::optional<client::link> near;

  void connect(std::optional<public_key> server = std::nullopt) {
    auto own = e2ee::x25519_pair::random();
    near.emplace(link_settings{far.address, server.value_or(far.key.public_part), own.public_part,
                               std::move(own.secret)});
  }
  /// Turns until a frame of the wanted kind has come at the far end.
  template <class Frame>
  std::optional<Frame> arrives(unsigned turns = 2'000) {
    for (unsigned i = 0; i < turns; ++i) {
      near->turn(now += 5, 5, heard);
      while (auto frame = far.take())
        if (auto* wanted = std::get_if<Frame>(&*frame))
          return *wanted;
    }
    return std::nullopt;
  }
  bool turn_until(const std::function<bool()>& ended, unsigned turns = 2'000) {
    for (unsigned i = 0; i < turns && !ended(); ++i)
      near->turn(now += 5, 5, heard);
    return ended();
  }
  void greet() {
    auto hello = arrives<wire::link::hello>();
    REQUIRE(hello);
    CHECK(hello->plugin == "cli");
    CHECK(hello->wants == std::vector<std::string>{"channels"});
    wire::link::welcome welcome;
    welcome.protocol = wire::link::protocol;
    welcome.granted = {"channels"};
    welcome.frame_bytes_max = wire::frame_bytes_max;
    welcome.channels_max = 1;
    welcome.credit_frames_max = 1;
    welcome.credit_bytes_max = 1;
    far.send(welcome);
    REQUIRE(turn_until([&] { return near->welcomed(); }));
  }
};

} // namespace

TEST_CASE("hello first, then the channel's frames, both ways") {
  wired w;
  w.connect();
  w.near->open();
  w.near->send(bytes(3, 1)); // before Welcome: held back, not lost
  w.greet();
  auto sent = w.arrives<wire::link::channel_data>();
  REQUIRE(sent);
  CHECK(sent->payload == bytes(3, 1));
  w.far.send(wire::link::channel_data{sent->channel, bytes(2, 9)});
  w.far.send(wire::link::channel_data{sent->channel + 1, bytes(2, 8)}); // not ours
  REQUIRE(w.turn_until([&] { return !w.heard.data.empty(); }));
  w.turn_until([] { return false; }, 5);
  CHECK(w.heard.data == std::vector<bytes>{bytes(2, 9)});
  w.near->close();
  CHECK(w.arrives<wire::link::channel_closed>()->channel == sent->channel);
  w.near->open();
  w.near->send(bytes(1, 1));
  CHECK(w.arrives<wire::link::channel_data>()->channel == sent->channel + 1); // a number is never used twice
}

TEST_CASE("the daemon closes the channel, or refuses the plugin") {
  wired w;
  w.connect();
  w.near->open();
  w.greet();
  w.far.send(wire::link::channel_closed{1, refusal::overloaded});
  REQUIRE(w.turn_until([&] { return !w.heard.closed.empty(); }));
  CHECK(w.heard.closed == std::vector<refusal>{refusal::overloaded});
  w.near->open();
  w.far.send(wire::link::refused{refusal::plugin_revoked});
  REQUIRE(w.turn_until([&] { return w.heard.closed.size() == 2; }));
  CHECK(w.heard.closed[1] == refusal::plugin_revoked);
  CHECK(w.near->trouble() == refusal::plugin_revoked);
  CHECK(w.arrives<wire::link::hello>()); // on a new socket, after its wait
}

TEST_CASE("a daemon that went and came back is greeted anew") {
  wired w;
  w.connect();
  w.near->open();
  w.greet();
  w.far.close();
  REQUIRE(w.turn_until([&] { return !w.heard.closed.empty(); }));
  CHECK(w.heard.closed[0] == refusal::link_down);
  CHECK_FALSE(w.near->welcomed());
  w.far.open();
  w.greet();
  CHECK(w.near->trouble() == refusal::none);
}

TEST_CASE("an endpoint with another key is never spoken to") {
  wired w;
  w.connect(e2ee::x25519_pair::random().public_part);
  w.near->open();
  w.near->send(bytes(3, 1));
  CHECK_FALSE(w.arrives<wire::link::hello>(700)); // longer than a Welcome may take
  CHECK(w.near->trouble() == refusal::link_down);
  CHECK_FALSE(w.heard.closed.empty());
}

TEST_CASE("more frames than may wait for Welcome are a cut channel") {
  wired w;
  w.connect();
  w.near->open();
  for (int i = 0; i < 64; ++i)
    w.near->send(bytes(1, 1));
  w.turn_until([] { return false; }, 3);
  CHECK(w.heard.closed.empty());
  w.near->send(bytes(1, 1));
  w.turn_until([] { return false; }, 1);
  CHECK(w.heard.closed == std::vector<refusal>{refusal::link_down});
}
