// What goes out of the link, and who is cut.
#include "wire/link.hpp"
#include "zmq_link_sockets.hpp"
#include <algorithm>
#include <sys/socket.h>

namespace wardline::daemon {

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
  auto size = c.frame.size() + late_frame_bytes;
  if (peer.late_bytes + size > late_bytes_max) {
    journal->write(ports::severity::warning, "slow_reader_cut", {{"late_bytes", peer.late_bytes}});
    cut(*e, peer);
    return forget(*e, c.peer.routing);
  }
  if (!make_room(*e, c.peer.routing, size))
    return;
  peer.late_bytes += size;
  e->late_bytes += size;
  peer.late.push_back(std::move(c.frame));
  send_late(*e, c.peer.routing, peer);
}

/// The slowest readers go first when all of them together hold too much. False: it was this one.
bool zmq_link::sockets::make_room(endpoint_state& e, const bytes& routing, std::size_t size) {
  while (e.late_bytes + size > late_plugin_bytes_max) {
    auto slowest = std::max_element(e.peers.begin(), e.peers.end(), [](const auto& a, const auto& b) {
      return a.second.late_bytes < b.second.late_bytes;
    });
    bool same = slowest->first == routing;
    journal->write(ports::severity::warning, "slow_readers_cut", {{"late_bytes", e.late_bytes}});
    cut(e, slowest->second);
    forget(e, bytes{slowest->first});
    if (same)
      return false;
  }
  return true;
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
      auto size = peer.late.front().size() + late_frame_bytes;
      peer.late_bytes -= size;
      e.late_bytes -= size;
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

/// Refuses a peer by name. What else waits for it is nobody's any more.
void zmq_link::sockets::turn_away(endpoint_state& e, const bytes& routing, refusal why) {
  auto found = e.peers.find(routing);
  if (found == e.peers.end() || found->second.dropped)
    return;
  journal->write(ports::severity::warning, "link_refused",
                 {{"refusal", ports::word::of_table(name_of(why))}});
  auto& peer = found->second;
  e.late_bytes -= peer.late_bytes;
  peer.late.clear();
  peer.late.push_back(wire::link::encode(wire::link::refused{why}));
  peer.late_bytes = peer.late.front().size() + late_frame_bytes;
  e.late_bytes += peer.late_bytes;
  drop_soon(e, routing, peer);
  send_late(e, routing, peer);
}

void zmq_link::sockets::drop_now(const ports::link_peer& peer) {
  auto* e = endpoint_of(peer);
  if (e == nullptr)
    return;
  auto found = e->peers.find(peer.routing);
  if (found != e->peers.end() && found->second.user == peer.user && !found->second.dropped)
    drop_soon(*e, peer.routing, found->second);
}

/// What the peer still sends is nobody's from now on; it is cut a little later, because the refusal that it
/// is owed was queued just before.
void zmq_link::sockets::drop_soon(endpoint_state& e, const bytes& routing, peer_state& peer) {
  peer.dropped = true;
  e.cuts.push_back({steady::now() + std::chrono::milliseconds{drop_linger_ms}, routing});
}

void zmq_link::sockets::cut_due(endpoint_state& e) {
  auto now = steady::now();
  while (!e.cuts.empty() && e.cuts.front().at <= now) {
    auto found = e.peers.find(e.cuts.front().routing);
    if (found != e.peers.end() && found->second.dropped)
      cut(e, found->second);
    e.cuts.pop_front();
  }
}

void zmq_link::sockets::cut(endpoint_state& e, peer_state& peer) {
  peer.dropped = true;
  // shutdown, never close: libzmq owns the descriptor (its issue 2877). Ends were read before, so that the
  // number still means this peer; one that was reused within this turn would only have to connect again.
  if (e.connections.contains(peer.fd))
    ::shutdown(peer.fd, SHUT_RDWR);
}

/// Connections of this key that have not spoken are met by take_frame, should they ever speak, and by
/// cut_silent if they do not.
void zmq_link::sockets::forbid_now(const std::string& user) {
  for (auto& e : endpoints) {
    std::vector<bytes> theirs;
    for (auto& [routing, peer] : e->peers)
      if (peer.user == user)
        theirs.push_back(routing);
    for (const auto& routing : theirs)
      turn_away(*e, routing, refusal::plugin_revoked);
  }
}

} // namespace wardline::daemon
