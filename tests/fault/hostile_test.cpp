// Bad input against the real daemon: each abuse gets its named refusal, the sender alone pays, and after all
// of it the daemon lives, is small, and serves.
#include "real_clinic.hpp"
#include "wire/channel.hpp"
#include "wire/device.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include <atomic>
#include <catch2/catch.hpp>
#include <csignal>
#include <sys/socket.h>
#include <sys/un.h>
#include <thread>
#include <unistd.h>

using namespace wardline;
using namespace wardline::fault;
namespace frames = wardline::wire::link;
namespace asked = wardline::wire::device;

namespace {

constexpr std::size_t resident_bytes_max = 256u << 20;

real_clinic& clinic() {
  static real_clinic one; // one daemon takes all of it
  return one;
}

/// Somebody sends, somebody else reads and acknowledges, within the time given.
void honest_exchange(int within_ms = 60'000) {
  auto& c = clinic();
  static unsigned number = 0;
  client::draft what;
  what.text = "honest message " + std::to_string(++number);
  auto sent = c.act<client::sent_message>(
      "sending", [&](auto then) { c.nurse().device->send("physician", what, {}, std::move(then)); });
  REQUIRE(c.run_until([&] { return c.physician().device->find(sent.message).has_value(); }, within_ms));
  auto opened = c.act<std::vector<client::opened_message>>("opening", [&](auto then) {
    c.physician().device->open(sent.conversation, {sent.seq}, wire::device::purpose::treatment,
                               std::move(then));
  });
  REQUIRE(opened.size() == 1);
  CHECK(opened[0].content.text == what.text);
  c.act<client::acknowledged_message>(
      "acknowledging", [&](auto then) { c.physician().device->acknowledge(sent.message, std::move(then)); });
  CHECK(c.daemon->alive());
  CHECK(c.daemon->resident_bytes() < resident_bytes_max);
}

std::string address(const std::string& plugin) {
  return "ipc://" + (clinic().folder.path / plugin).string() + ".sock";
}

/// The plugin web, by hand.
struct web_plugin {
  raw_plugin wire{address("web"), clinic().server_curve, clinic().web_key, {.stays_cut = true}};

  bool say(const frames::frame& f) { return wire.send(frames::encode(f)); }

  std::optional<frames::frame> hear(int within_ms = 10'000) {
    auto raw = wire.receive(within_ms);
    if (!raw)
      return std::nullopt;
    auto f = frames::decode(*raw);
    REQUIRE(f);
    return *f;
  }

  void greet() {
    REQUIRE(say(frames::hello{"web", "1", 1, 1, {"channels"}}));
    auto answer = hear();
    REQUIRE(answer);
    REQUIRE(std::holds_alternative<frames::welcome>(*answer));
  }

  /// The refusal that ended the link, or none.
  refusal refused() {
    auto answer = hear();
    auto* no = answer ? std::get_if<frames::refused>(&*answer) : nullptr;
    return no == nullptr ? refusal::none : no->why;
  }

  /// Why that channel was closed, whatever else comes before.
  refusal closed(std::uint64_t channel) {
    while (auto answer = hear())
      if (auto* end = std::get_if<frames::channel_closed>(&*answer);
          end != nullptr && end->channel == channel)
        return end->why;
    return refusal::none;
  }

  std::optional<bytes> data(std::uint64_t channel) {
    while (auto answer = hear())
      if (auto* in = std::get_if<frames::channel_data>(&*answer); in != nullptr && in->channel == channel)
        return in->payload;
    return std::nullopt;
  }
};

/// A device that nobody knows, up to an open channel: whoever wants to enrol gets this far.
struct stranger {
  wire::noise_key_pair own = wire::noise_key_pair::random();
  wire::channel_initiator hand{clinic().clinic, own, clinic().server_noise};
  std::optional<wire::channel> line;

  bytes first() {
    auto m = hand.start();
    REQUIRE(m);
    return *m;
  }

  void open(web_plugin& p, std::uint64_t channel) {
    p.say(frames::channel_data{channel, first()});
    auto answer = p.data(channel);
    REQUIRE(answer);
    auto opened = hand.finish(*answer, 1);
    REQUIRE(opened);
    line.emplace(std::move(opened->channel));
  }

  void ask(web_plugin& p, std::uint64_t channel, wire::device::request_body what) {
    wire::device::request r;
    r.id.value.fill(1);
    r.what = std::move(what);
    auto sealed = line->send(wire::device::encode(r));
    REQUIRE(sealed);
    for (const auto& f : *sealed)
      p.say(frames::channel_data{channel, f});
  }
};

bytes first_bytes(const bytes& all, std::size_t n) {
  return {all.begin(), all.begin() + static_cast<std::ptrdiff_t>(n)};
}

} // namespace

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
       refusal::none}, // named below: malformed or not supported
      {"another plugin's name", with([](auto& h) { h.plugin = "cli"; }), refusal::plugin_not_granted},
      {"nobody's name", with([](auto& h) { h.plugin = "nobody"; }), refusal::plugin_not_granted},
      {"data before hello", frames::encode(frames::channel_data{1, bytes(96, 1)}), refusal::hello_missing},
      {"a close before hello", frames::encode(frames::channel_closed{1, refusal::none}),
       refusal::hello_missing},
      {"a frame of the daemon's", frames::encode(frames::welcome{}), refusal::none},
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
    if (r.expected == refusal::none)
      CHECK(why != refusal::none);
    else
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

TEST_CASE("hostile: after all of it the daemon stops and starts as ever") {
  auto& c = clinic();
  CHECK(c.daemon->end(SIGTERM) == 0);
  c.daemon->start();
  honest_exchange();
}
