#include "client/link.hpp"
#include "wire/limits.hpp"
#include "wire/link.hpp"
#include <algorithm>
#include <deque>
#include <zmq.hpp>

namespace wardline::client {

namespace {

/// Frames kept while Welcome has not come; a handshake needs one.
constexpr std::size_t frames_held_max = 64;
constexpr int linger_ms = 200;

constexpr int ends_link = ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
                          ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH;

std::string raw_key(bytes_view key) {
  return std::string{text(key)};
}

} // namespace

struct link::sockets {
  explicit sockets(link_settings s) : settings{std::move(s)}, context{1} {}

  link_settings settings;
  zmq::context_t context;
  std::optional<zmq::socket_t> dealer;
  std::optional<zmq::socket_t> monitor; ///< says when the connection ends; DEALER itself would say nothing
  std::uint64_t made = 0;               ///< sockets so far: names the monitor
  std::uint64_t made_at = 0;
  std::uint64_t next_try = 0;
  std::uint64_t wait_ms = socket_wait_ms_min;
  bool welcomed = false;
  refusal trouble = refusal::none;

  std::uint64_t channel = 0; ///< number of the newest channel; it is the open one if `open`
  bool open = false;
  bool cut = false; ///< the open channel is lost, and its owner not told yet
  std::deque<bytes> held;

  void connect(std::uint64_t now);
  void drop(refusal why, std::uint64_t now);
  void send(const wire::link::frame& f);
  void transmit(const bytes& frame);
  void take(const wire::link::frame& f, std::uint64_t now, channel_listener& to);
  void receive(std::uint64_t now, channel_listener& to);
  bool ended_event();
  void say_hello();
};

void link::sockets::say_hello() {
  wire::link::hello hello;
  hello.plugin = settings.plugin;
  hello.version = settings.version;
  hello.wants = {"channels"};
  transmit(wire::link::encode(hello));
}

void link::sockets::connect(std::uint64_t now) {
  made_at = now;
  auto place = "inproc://link-" + std::to_string(made++);
  try {
    dealer.emplace(context, zmq::socket_type::dealer);
    dealer->set(zmq::sockopt::linger, linger_ms);
    dealer->set(zmq::sockopt::sndhwm, wire::high_water_messages);
    dealer->set(zmq::sockopt::rcvhwm, wire::high_water_messages);
    dealer->set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(wire::frame_bytes_max));
    dealer->set(zmq::sockopt::handshake_ivl, wire::curve_handshake_ms_max);
    dealer->set(zmq::sockopt::heartbeat_ivl, wire::heartbeat_every_ms);
    dealer->set(zmq::sockopt::heartbeat_timeout, wire::heartbeat_timeout_ms_max);
    dealer->set(zmq::sockopt::heartbeat_ttl, wire::heartbeat_ttl_ms);
    dealer->set(zmq::sockopt::curve_serverkey, raw_key(settings.server_curve_key));
    dealer->set(zmq::sockopt::curve_publickey, raw_key(settings.client_curve_public));
    auto secret = raw_key(settings.client_curve_secret.view());
    dealer->set(zmq::sockopt::curve_secretkey, secret);
    wipe({reinterpret_cast<std::uint8_t*>(secret.data()), secret.size()});
    zmq_socket_monitor(dealer->handle(), place.c_str(), ends_link);
    monitor.emplace(context, zmq::socket_type::pair);
    monitor->set(zmq::sockopt::linger, 0);
    monitor->connect(place);
    dealer->connect(settings.endpoint);
  } catch (const zmq::error_t&) {
    drop(refusal::link_malformed, now);
    return;
  }
  say_hello();
}

/// The socket is given up; the next one is made after a wait that doubles. The channel on it is lost.
void link::sockets::drop(refusal why, std::uint64_t now) {
  // In this order: an event that finds the monitor's reader gone makes libzmq's thread wait for ever, and
  // this one for its lock.
  if (dealer)
    zmq_socket_monitor(dealer->handle(), nullptr, 0);
  if (monitor)
    monitor->close();
  if (dealer)
    dealer->close();
  monitor.reset();
  dealer.reset();
  held.clear();
  welcomed = false;
  trouble = why;
  cut = cut || open;
  next_try = now + wait_ms;
  wait_ms = std::min(wait_ms * 2, socket_wait_ms_max);
}

void link::sockets::transmit(const bytes& frame) {
  if (!dealer)
    return;
  try {
    if (!dealer->send(zmq::buffer(frame.data(), frame.size()), zmq::send_flags::dontwait))
      cut = cut || open; // full for longer than anything here may wait: the channel starts anew
  } catch (const zmq::error_t&) {
    cut = cut || open;
  }
}

void link::sockets::send(const wire::link::frame& f) {
  auto raw = wire::link::encode(f);
  if (welcomed)
    transmit(raw);
  else if (held.size() < frames_held_max)
    held.push_back(std::move(raw));
  else
    cut = cut || open;
}

void link::sockets::take(const wire::link::frame& f, std::uint64_t now, channel_listener& to) {
  if (std::get_if<wire::link::welcome>(&f) != nullptr) {
    welcomed = true;
    trouble = refusal::none;
    wait_ms = socket_wait_ms_min;
    for (const auto& raw : std::exchange(held, {}))
      transmit(raw);
  } else if (const auto* no = std::get_if<wire::link::refused>(&f)) {
    drop(no->why, now);
  } else if (const auto* data = std::get_if<wire::link::channel_data>(&f)) {
    if (open && !cut && data->channel == channel)
      to.on_channel_data(data->payload);
  } else if (const auto* closed = std::get_if<wire::link::channel_closed>(&f)) {
    if (open && closed->channel == channel) {
      open = cut = false;
      to.on_channel_closed(closed->why);
    }
  }
}

void link::sockets::receive(std::uint64_t now, channel_listener& to) {
  for (std::size_t n = 0; dealer && n < wire::credit_frames_max; ++n) {
    zmq::message_t raw;
    try {
      if (!dealer->recv(raw, zmq::recv_flags::dontwait))
        return;
    } catch (const zmq::error_t&) {
      return;
    }
    auto f = wire::link::decode({static_cast<const std::uint8_t*>(raw.data()), raw.size()});
    if (f)
      take(*f, now, to);
    else
      drop(f.why(), now);
  }
}

bool link::sockets::ended_event() {
  bool ended = false;
  zmq::message_t part;
  try {
    while (monitor && monitor->recv(part, zmq::recv_flags::dontwait)) {
      ended = true; // only events that end the connection are asked for
      while (part.more() && monitor->recv(part, zmq::recv_flags::dontwait)) {
      }
    }
  } catch (const zmq::error_t&) {
    return true;
  }
  return ended;
}

link::link(link_settings settings) : sockets_{std::make_unique<sockets>(std::move(settings))} {}

link::~link() {
  sockets_->drop(refusal::none, 0);
}

void link::open() {
  auto& s = *sockets_;
  ++s.channel;
  s.open = true;
  s.cut = false;
  s.held.clear();
}

void link::send(bytes_view payload) {
  if (sockets_->open)
    sockets_->send(wire::link::channel_data{sockets_->channel, to_bytes(payload)});
}

void link::close() {
  if (std::exchange(sockets_->open, false))
    sockets_->send(wire::link::channel_closed{sockets_->channel, refusal::none});
  sockets_->cut = false;
}

void link::turn(std::uint64_t now, std::uint64_t wait_ms, channel_listener& to) {
  auto& s = *sockets_;
  if (!s.dealer && now >= s.next_try)
    s.connect(now);
  if (s.dealer) {
    zmq::pollitem_t items[] = {{s.dealer->handle(), 0, ZMQ_POLLIN, 0},
                               {s.monitor->handle(), 0, ZMQ_POLLIN, 0}};
    try {
      zmq::poll(items, 2, std::chrono::milliseconds{wait_ms});
    } catch (const zmq::error_t&) {
      // interrupted by a signal: what came is read below all the same
    }
    s.receive(now, to); // what came before the end is read before the end
    if (s.ended_event() || (s.dealer && !s.welcomed && now >= s.made_at + welcome_ms_max))
      s.drop(refusal::link_down, now);
  } else {
    zmq_poll(nullptr, 0, static_cast<long>(wait_ms));
  }
  if (s.open && s.cut) {
    s.open = s.cut = false;
    to.on_channel_closed(s.trouble == refusal::none ? refusal::link_down : s.trouble);
  }
}

bool link::welcomed() const {
  return sockets_->welcomed;
}

refusal link::trouble() const {
  return sockets_->trouble;
}

} // namespace wardline::client
