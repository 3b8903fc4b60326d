#pragma once
// The plugin link on ZeroMQ: one thread owns every socket; one endpoint a plugin; CURVE and ZAP decide who is
// there; credit decides who is heard (DESIGN 3, 7, 10; security 6). The daemon's only files with zmq.hpp are
// zmq_link_*.
#include "ports/journal.hpp"
#include "ports/link.hpp"
#include "wire/secret.hpp"
#include <functional>
#include <memory>

namespace wardline::daemon {

/// Where a plugin connects.
struct link_endpoint {
  std::string plugin;          ///< name as in plugins.d
  std::string address;         ///< "ipc:///path" (at most 107 characters of path) or "tcp://host:port"
  std::size_t frame_bytes_max; ///< ZMQ_MAXMSGSIZE: 1 MiB for client plugins, 64 KiB for listeners
};

/// What the link hands to the house. Called on the socket thread; must not block.
struct link_listener {
  std::function<void(ports::link_peer from, bytes frame, std::shared_ptr<const void> credit)> frame;
  std::function<void(ports::link_peer peer)> gone;
};

/// Frames waiting to go out, all peers together; beyond it send() says false and the channel ends.
inline constexpr std::size_t out_frames_max = 65'536;
/// Bytes waiting to go out to one plugin.
inline constexpr std::size_t out_bytes_max = 64u << 20;
/// Frames taken from one endpoint before the next one has its turn.
inline constexpr std::size_t frames_per_turn_max = 64;

/// Bytes that may wait for one connection behind libzmq's own queue; a slower reader is cut. Each frame
/// counts late_frame_bytes more, for what it costs to hold it.
inline constexpr std::size_t late_bytes_max = 8u << 20;
inline constexpr std::size_t late_frame_bytes = 64;
/// The same for all connections of one plugin together; above it the slowest reader is cut.
inline constexpr std::size_t late_plugin_bytes_max = 64u << 20;
/// Milliseconds until what waits is tried again.
inline constexpr int late_again_ms = 2;

/// Milliseconds from drop() to the cut: long enough for a refusal that was queued before it.
inline constexpr int drop_linger_ms = 100;

/// Connections of one plugin at a time, authenticated or not; one more is cut as soon as it is accepted.
inline constexpr std::size_t link_peers_max = 2'048;
/// Connections of one key at a time that have spoken; one more is refused as overloaded.
inline constexpr std::size_t link_peers_per_key_max = 16;
/// Milliseconds from a connection's beginning to its first frame; who says nothing until then is cut.
inline constexpr int first_frame_ms_max = 10'000;
/// Connections that begin or end, looked at before the sockets' thread goes on.
inline constexpr std::size_t events_per_turn_max = 4'096;
/// RCVHWM of an endpoint with frames of 1 MiB. libzmq takes up to twice as many for each connection:
/// 2 * 16 * 1 MiB * link_peers_per_key_max = 512 MiB for the worst key.
inline constexpr int large_frames_high_water = 16;

class zmq_link final : public ports::link {
public:
  /// Binds nothing yet. `server_secret` is the CURVE key of this box; `journal` outlives the link.
  zmq_link(std::vector<link_endpoint> endpoints, const secret32& server_secret, ports::journal* journal);
  ~zmq_link() override;

  /// Binds, starts the thread, and proves that an unknown key is refused. What went wrong in plain words, or
  /// nothing.
  std::optional<std::string> start(link_listener listener);
  /// Reads no more, sends what waits for at most a second, joins the thread. Twice is once.
  void stop();

  bool send(const ports::link_peer& to, bytes frame) override;
  void drop(const ports::link_peer& peer, refusal why) override;
  void allow(const public_key& key, const std::string& plugin) override;
  void forbid(const public_key& key) override;

private:
  struct sockets;
  std::unique_ptr<sockets> sockets_;
};

} // namespace wardline::daemon
