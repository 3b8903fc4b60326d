// The link's thread: who connects, who ends, and whose frames are handed on.
#include "zmq_link_sockets.hpp"
#include <algorithm>
#include <cstring>
#include <sys/socket.h>

namespace wardline::daemon {

namespace {

std::uint64_t ms_of(steady::time_point t) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(t.time_since_epoch()).count());
}

} // namespace

void zmq_link::sockets::serve() {
  std::vector<zmq::pollitem_t> items;
  for (;;) {
    items.clear();
    items.push_back({nullptr, wake->fd(), ZMQ_POLLIN, 0});
    items.push_back({zap.handle(), 0, ZMQ_POLLIN, 0});
    for (auto& e : endpoints) {
      // Whoever has spent its credit is not heard until the house has caught up; its own queue fills, nobody
      // else's.
      items.push_back({e->monitor.handle(), 0, ZMQ_POLLIN, 0});
      items.push_back({e->router.handle(), 0, static_cast<short>(hears(*e) ? ZMQ_POLLIN : 0), 0});
    }
    zmq::poll(items, std::chrono::milliseconds{wait_ms()});
    if ((items[0].revents & ZMQ_POLLIN) != 0)
      wake->clear();
    // Before anything else: a descriptor that ended is nobody's any more, and may be another's soon.
    for (auto& e : endpoints)
      watch(*e);
    if (!run_commands())
      return;
    for (std::size_t i = 0; i < endpoints.size(); ++i) {
      cut_due(*endpoints[i]);
      cut_silent(*endpoints[i]);
      if ((items[3 + 2 * i].revents & ZMQ_POLLIN) != 0)
        take_turn(*endpoints[i]);
      send_all_late(*endpoints[i]);
    }
    // Behind the frames: whoever is let in now speaks in the next round, when watch() has read its beginning
    // and the end of whoever had its descriptor before.
    if ((items[1].revents & ZMQ_POLLIN) != 0)
      answer_zap();
  }
}

bool zmq_link::sockets::hears(const endpoint_state& e) const {
  return hearing && !e.credit->spent() && steady::now() >= e.rests_until;
}

/// Until something is due by itself.
int zmq_link::sockets::wait_ms() const {
  auto now = steady::now();
  auto wait = 1'000;
  for (const auto& e : endpoints) {
    // A ROUTER cannot say which peer takes frames again: those that wait are tried again soon.
    if (!e->late.empty() || now < e->rests_until)
      return late_again_ms;
    if (!e->cuts.empty())
      wait = drop_linger_ms;
  }
  return wait;
}

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

// ---- connections

void zmq_link::sockets::watch(endpoint_state& e) {
  zmq::message_t event;
  zmq::message_t address;
  for (std::size_t n = 0; n < events_per_turn_max; ++n) {
    if (!e.monitor.recv(event, zmq::recv_flags::dontwait) || !e.monitor.recv(address))
      return;
    std::uint16_t what = 0;
    std::int32_t fd = -1;
    if (event.size() < sizeof what + sizeof fd)
      continue;
    std::memcpy(&what, event.data(), sizeof what);
    std::memcpy(&fd, static_cast<const char*>(event.data()) + sizeof what, sizeof fd);
    if (what == ZMQ_EVENT_ACCEPTED) {
      e.connections[fd] = {steady::now(), false};
      // libzmq has no limit of its own: without this one key could use up every descriptor of the process.
      if (e.connections.size() > link_peers_max)
        ::shutdown(fd, SHUT_RDWR);
    } else if (what == ZMQ_EVENT_DISCONNECTED) {
      ended(e, fd);
    }
  }
}

void zmq_link::sockets::ended(endpoint_state& e, int fd) {
  // What the peer sent before it went lies in its pipe: taken now, while its descriptor is still its own. If
  // its credit is spent, what is left is nobody's: it was never acknowledged, and is asked again.
  if (hears(e))
    take_frames(e, 2 * static_cast<std::size_t>(wire::high_water_messages));
  std::vector<bytes> gone;
  for (auto& [routing, peer] : e.peers)
    if (peer.fd == fd)
      gone.push_back(routing);
  for (auto& routing : gone)
    forget(e, routing);
  e.connections.erase(fd);
}

/// A connection without a frame is either an attack or broken: an honest plugin says Hello first of all.
void zmq_link::sockets::cut_silent(endpoint_state& e) {
  auto now = steady::now();
  if (now < e.silence_due)
    return;
  e.silence_due = now + std::chrono::seconds{1};
  for (auto& [fd, c] : e.connections)
    if (!c.spoke && now - c.since > std::chrono::milliseconds{first_frame_ms_max})
      ::shutdown(fd, SHUT_RDWR);
  for (auto& [user, u] : e.users)
    u.refill(ms_of(now));
  std::erase_if(e.users, [](const auto& u) { return u.second.forgettable(); });
}

// ---- frames

void zmq_link::sockets::take_turn(endpoint_state& e) {
  for (std::size_t i = 0; i < frames_per_turn_max && hears(e); ++i)
    if (!take_frames(e, 1))
      return;
}

/// False once nothing waits.
bool zmq_link::sockets::take_frames(endpoint_state& e, std::size_t frames) {
  zmq::message_t routing;
  zmq::message_t payload;
  for (std::size_t i = 0; i < frames && !e.credit->spent(); ++i) {
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
  auto fd = zmq_msg_get(payload.handle(), ZMQ_SRCFD);
  auto connected = e.connections.find(fd);
  if (user == nullptr || *user == 0 || connected == e.connections.end())
    return; // the second: its end was read before this
  connected->second.spoke = true;
  ports::link_peer from{user, to_bytes({routing.data<std::uint8_t>(), routing.size()})};
  auto [peer, fresh] = met(e, from, fd);
  if (peer->dropped)
    return;
  auto& who = e.users.at(from.user);
  // Its key may have been taken back since it connected (security 6.2).
  if (!keys.knows(from.user))
    return turn_away(e, from.routing, refusal::plugin_revoked);
  if (fresh && who.peers > link_peers_per_key_max)
    return turn_away(e, from.routing, refusal::overloaded);
  auto now = steady::now();
  who.refill(ms_of(now));
  // All connections of an endpoint come out of one socket: it can rest for its only user, but not for one
  // among others, who would wait with it.
  if (e.users_here > 1 && who.over_share())
    return turn_away(e, from.routing, refusal::credit_exceeded);
  if (who.too_fast())
    e.rests_until = now + std::chrono::milliseconds{late_again_ms};
  who.take(payload.size());
  hand_on(e, std::move(from), payload);
}

void zmq_link::sockets::hand_on(endpoint_state& e, ports::link_peer from, const zmq::message_t& payload) {
  auto held = hold_credit(e.credit, e.users.at(from.user).waiting, payload.size());
  listener.frame(std::move(from), to_bytes({payload.data<std::uint8_t>(), payload.size()}), std::move(held));
}

/// The peer, and whether this is its first frame.
std::pair<peer_state*, bool> zmq_link::sockets::met(endpoint_state& e, const ports::link_peer& from, int fd) {
  auto found = e.peers.find(from.routing);
  if (found != e.peers.end() && found->second.user != from.user) {
    forget(e, from.routing); // another plugin's key under an old routing id: a new peer
    found = e.peers.end();
  }
  bool fresh = found == e.peers.end();
  if (fresh) {
    found = e.peers.try_emplace(from.routing).first;
    found->second.user = from.user;
    if (e.users[from.user].peers++ == 0)
      ++e.users_here;
  }
  found->second.fd = fd;
  return {&found->second, fresh};
}

void zmq_link::sockets::forget(endpoint_state& e, const bytes& routing) {
  auto found = e.peers.find(routing);
  if (found == e.peers.end())
    return;
  ports::link_peer peer{found->second.user, routing};
  e.late_bytes -= found->second.late_bytes;
  e.late.erase(routing);
  e.peers.erase(found);
  if (--e.users.at(peer.user).peers == 0)
    --e.users_here;
  listener.gone(std::move(peer));
}

} // namespace wardline::daemon
