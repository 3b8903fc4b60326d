#include "zmq_link_sockets.hpp"
#include <algorithm>
#include <chrono>
#include <cstring>
#include <sys/socket.h>

namespace wardline::daemon {

void zmq_link::sockets::serve() {
  std::vector<zmq::pollitem_t> items;
  for (;;) {
    items.clear();
    items.push_back({nullptr, wake->fd(), ZMQ_POLLIN, 0});
    items.push_back({zap.handle(), 0, ZMQ_POLLIN, 0});
    for (auto& e : endpoints) {
      // Whoever has spent its credit is not heard until the house has caught up; its own queue fills, nobody
      // else's. Nor are its ends, because they bring what was sent before them.
      short wanted_events = e->credit->spent() ? 0 : ZMQ_POLLIN;
      items.push_back({e->monitor.handle(), 0, wanted_events, 0});
      items.push_back({e->router.handle(), 0, wanted_events, 0});
    }
    bool cuts_wait =
        std::any_of(endpoints.begin(), endpoints.end(), [](const auto& e) { return !e->cuts.empty(); });
    bool late_wait =
        std::any_of(endpoints.begin(), endpoints.end(), [](const auto& e) { return !e->late.empty(); });
    // A ROUTER cannot say which peer takes frames again: those that wait are tried again soon.
    zmq::poll(items, std::chrono::milliseconds{late_wait   ? late_again_ms
                                               : cuts_wait ? drop_linger_ms
                                                           : 1'000});
    if ((items[0].revents & ZMQ_POLLIN) != 0)
      wake->clear();
    if (!run_commands())
      return;
    if ((items[1].revents & ZMQ_POLLIN) != 0)
      answer_zap();
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      if ((items[2 + 2 * i].revents & ZMQ_POLLIN) != 0)
        watch(*endpoints[i]);
      if (!endpoints[i]->credit->spent())
        cut_due(*endpoints[i]); // behind watch(): a descriptor that is gone is nobody's any more
      if ((items[3 + 2 * i].revents & ZMQ_POLLIN) != 0)
        take_turn(*endpoints[i]);
      send_all_late(*endpoints[i]);
    }
  }
}

// ---- in

void zmq_link::sockets::answer_zap() {
  std::vector<bytes> request;
  zmq::message_t part;
  constexpr std::size_t zap_frames_max = 16;
  do {
    if (!zap.recv(part))
      return;
    if (request.size() < zap_frames_max)
      request.push_back(to_bytes({part.data<std::uint8_t>(), part.size()}));
  } while (part.more());
  auto reply = keys.zap_reply(request);
  for (std::size_t i = 0; i < reply.size(); ++i)
    zap.send(zmq::buffer(reply[i]), i + 1 < reply.size() ? zmq::send_flags::sndmore : zmq::send_flags::none);
}

void zmq_link::sockets::watch(endpoint_state& e) {
  zmq::message_t event;
  zmq::message_t address;
  while (!e.credit->spent() && e.monitor.recv(event, zmq::recv_flags::dontwait) && e.monitor.recv(address)) {
    std::int32_t fd = -1;
    if (event.size() >= 6)
      std::memcpy(&fd, static_cast<const char*>(event.data()) + 2, sizeof fd);
    // What the peer sent before it went lies in its pipe: taken now, while its routing id still says who it
    // was. Later it would look like a new peer under a descriptor that may be somebody else's by then.
    take_frames(e, 2 * static_cast<std::size_t>(wire::high_water_messages));
    std::vector<bytes> ended;
    for (auto& [routing, peer] : e.peers)
      if (peer.fd == fd)
        ended.push_back(routing);
    for (auto& routing : ended)
      forget(e, routing);
  }
}

void zmq_link::sockets::take_turn(endpoint_state& e) {
  for (std::size_t i = 0; i < frames_per_turn_max && !e.credit->spent(); ++i)
    if (!take_frames(e, 1))
      return;
}

/// False once nothing waits.
bool zmq_link::sockets::take_frames(endpoint_state& e, std::size_t frames) {
  zmq::message_t routing;
  zmq::message_t payload;
  for (std::size_t i = 0; i < frames; ++i) {
    if (!e.router.recv(routing, zmq::recv_flags::dontwait) || !routing.more() || !e.router.recv(payload))
      return false;
    bool surplus = false;
    while (payload.more()) { // a frame is one part; the rest is received and thrown away
      surplus = true;
      if (!e.router.recv(payload))
        return false;
    }
    if (!surplus)
      take_frame(e, routing, payload);
  }
  return true;
}

void zmq_link::sockets::take_frame(endpoint_state& e, zmq::message_t& routing, zmq::message_t& payload) {
  // Who it is stands in the property that ZAP set, never in the routing id (security 6.1).
  const char* user = zmq_msg_gets(payload.handle(), "User-Id");
  if (user == nullptr || *user == 0)
    return;
  ports::link_peer from{user, to_bytes({routing.data<std::uint8_t>(), routing.size()})};
  auto found = e.peers.find(from.routing);
  if (found != e.peers.end() && found->second.user != from.user) {
    forget(e, from.routing); // another plugin's key under an old routing id: a new peer
    found = e.peers.end();
  }
  if (found == e.peers.end() && e.peers.size() >= link_peers_max) {
    ::shutdown(zmq_msg_get(payload.handle(), ZMQ_SRCFD), SHUT_RDWR);
    return;
  }
  if (found == e.peers.end())
    found = e.peers.try_emplace(from.routing).first;
  found->second.user = from.user;
  found->second.fd = zmq_msg_get(payload.handle(), ZMQ_SRCFD);
  if (found->second.dropped)
    return;
  auto held = hold_credit(e.credit, payload.size());
  listener.frame(std::move(from), to_bytes({payload.data<std::uint8_t>(), payload.size()}), std::move(held));
}

void zmq_link::sockets::forget(endpoint_state& e, const bytes& routing) {
  auto found = e.peers.find(routing);
  if (found == e.peers.end())
    return;
  ports::link_peer peer{found->second.user, routing};
  e.peers.erase(found);
  listener.gone(std::move(peer));
}

// ---- out

bool zmq_link::sockets::enqueue(command c) {
  {
    std::lock_guard hold{mutex};
    if (stopping)
      return false;
    auto& waiting = out_bytes[c.peer.plugin()];
    if (c.what == command::kind::send &&
        (commands.size() >= out_frames_max || waiting + c.frame.size() > out_bytes_max))
      return false;
    waiting += c.frame.size();
    commands.push_back(std::move(c));
  }
  wake->wake();
  return true;
}

/// False once stop() was called and everything that waited is out.
bool zmq_link::sockets::run_commands() {
  std::deque<command> now;
  bool last = false;
  {
    std::lock_guard hold{mutex};
    now.swap(commands);
    for (const auto& c : now)
      out_bytes[c.peer.plugin()] -= c.frame.size();
    last = stopping;
  }
  for (auto& c : now) {
    switch (c.what) {
    case command::kind::send:
      send_now(c);
      break;
    case command::kind::drop:
      drop_now(c.peer);
      break;
    case command::kind::forbid:
      forbid_now(c.peer.user);
      break;
    }
  }
  return !last;
}

endpoint_state* zmq_link::sockets::endpoint_of(const ports::link_peer& peer) {
  auto plugin = peer.plugin();
  for (auto& e : endpoints)
    if (e->config.plugin == plugin)
      return e.get();
  return nullptr;
}

void zmq_link::sockets::send_now(command& c) {
  auto* e = endpoint_of(c.peer);
  if (e == nullptr)
    return;
  auto known = e->peers.find(c.peer.routing);
  if (known == e->peers.end() || known->second.user != c.peer.user || known->second.dropped)
    return;
  auto& peer = known->second;
  // A burst is longer than libzmq's queue; the rest waits here. A reader that lets it grow loses its
  // connection, because a channel with a missing frame is dead anyway.
  if (peer.late_bytes + c.frame.size() > late_bytes_max) {
    cut(peer);
    return forget(*e, c.peer.routing);
  }
  peer.late_bytes += c.frame.size();
  peer.late.push_back(std::move(c.frame));
  send_late(*e, c.peer.routing, peer);
}

/// What waits for a peer, as far as libzmq takes it. The peer may be gone afterwards.
void zmq_link::sockets::send_late(endpoint_state& e, const bytes& routing, peer_state& peer) {
  constexpr auto flags = zmq::send_flags::dontwait;
  try {
    while (!peer.late.empty()) {
      if (!e.router.send(zmq::buffer(routing), flags | zmq::send_flags::sndmore) ||
          !e.router.send(zmq::buffer(peer.late.front()), flags)) {
        e.late.insert(routing);
        return;
      }
      peer.late_bytes -= peer.late.front().size();
      peer.late.pop_front();
    }
    e.late.erase(routing);
  } catch (const zmq::error_t&) {
    // EHOSTUNREACH: it is gone already. Its descriptor may be another peer's by now, and is left alone.
    forget(e, bytes{routing});
  }
}

void zmq_link::sockets::send_all_late(endpoint_state& e) {
  for (const auto& routing : std::set<bytes>{e.late})
    if (auto found = e.peers.find(routing); found != e.peers.end() && !found->second.dropped)
      send_late(e, routing, found->second);
    else
      e.late.erase(routing);
}

/// What the peer still sends is nobody's from now on; it is cut a little later, because the refusal that it
/// is owed was queued just before.
void zmq_link::sockets::drop_now(const ports::link_peer& peer) {
  auto* e = endpoint_of(peer);
  if (e == nullptr)
    return;
  auto found = e->peers.find(peer.routing);
  if (found == e->peers.end() || found->second.user != peer.user || found->second.dropped)
    return;
  found->second.dropped = true;
  e->cuts.push_back(
      {std::chrono::steady_clock::now() + std::chrono::milliseconds{drop_linger_ms}, peer.routing});
}

void zmq_link::sockets::cut_due(endpoint_state& e) {
  auto now = std::chrono::steady_clock::now();
  while (!e.cuts.empty() && e.cuts.front().at <= now) {
    auto found = e.peers.find(e.cuts.front().routing);
    if (found != e.peers.end() && found->second.dropped)
      cut(found->second);
    e.cuts.pop_front();
  }
}

void zmq_link::sockets::cut(peer_state& peer) {
  peer.dropped = true;
  // shutdown, never close: libzmq owns the descriptor (its issue 2877). Disconnect events were read before,
  // so that the number still means this peer; one that was reused within this turn would only have to connect
  // again.
  if (peer.fd >= 0)
    ::shutdown(peer.fd, SHUT_RDWR);
}

void zmq_link::sockets::forbid_now(const std::string& user) {
  for (auto& e : endpoints)
    for (auto& [routing, peer] : e->peers)
      if (peer.user == user)
        cut(peer);
}

// ---- the port

zmq_link::zmq_link(std::vector<link_endpoint> endpoints, const secret32& server_secret,
                   ports::journal* journal)
    : sockets_{std::make_unique<sockets>(std::move(endpoints), server_secret, journal)} {}

zmq_link::~zmq_link() {
  stop();
}

std::optional<std::string> zmq_link::start(link_listener listener) {
  sockets_->listener = std::move(listener);
  auto problem = sockets_->bind();
  if (problem)
    stop();
  return problem;
}

void zmq_link::stop() {
  {
    std::lock_guard hold{sockets_->mutex};
    sockets_->stopping = true;
  }
  sockets_->wake->wake();
  if (sockets_->thread.joinable())
    sockets_->thread.join();
}

bool zmq_link::send(const ports::link_peer& to, bytes frame) {
  return sockets_->enqueue({command::kind::send, to, std::move(frame)});
}

void zmq_link::drop(const ports::link_peer& peer, refusal why) {
  sockets_->journal->write(ports::severity::warning, "link_dropped",
                           {{"refusal", ports::word::of_table(name_of(why))}});
  sockets_->enqueue({command::kind::drop, peer, {}});
}

void zmq_link::allow(const public_key& key, const std::string& plugin) {
  sockets_->keys.allow(key, plugin);
}

void zmq_link::forbid(const public_key& key) {
  auto plugin = sockets_->keys.plugin_of(key);
  if (!plugin || !sockets_->keys.forbid(key))
    return;
  sockets_->enqueue({command::kind::forbid, {link_keys::user_of(key, *plugin), {}}, {}});
}

} // namespace wardline::daemon
