#include "zmq_link_self_test.hpp"
#include "zmq_link_sockets.hpp"
#include <sodium.h>
#include <sys/stat.h>

namespace wardline::daemon {

namespace {

/// Bytes that CURVE puts around a message: "\x07MESSAGE", nonce, tag, flags (RFC 26 of ZeroMQ). MAXMSGSIZE
/// counts them, our limits do not.
constexpr std::size_t curve_message_bytes = 8 + 8 + 16 + 1;

void set_limits(zmq::socket_t& s, std::size_t frame_bytes_max) {
  s.set(zmq::sockopt::maxmsgsize, static_cast<std::int64_t>(frame_bytes_max + curve_message_bytes));
  bool large = frame_bytes_max > wire::listener_frame_bytes_max;
  s.set(zmq::sockopt::rcvhwm, large ? large_frames_high_water : wire::high_water_messages);
  s.set(zmq::sockopt::sndhwm, wire::high_water_messages);
  s.set(zmq::sockopt::handshake_ivl, wire::curve_handshake_ms_max);
  s.set(zmq::sockopt::backlog, wire::backlog_max);
  s.set(zmq::sockopt::heartbeat_ivl, wire::heartbeat_every_ms);
  s.set(zmq::sockopt::heartbeat_timeout, wire::heartbeat_timeout_ms_max);
  s.set(zmq::sockopt::heartbeat_ttl, wire::heartbeat_ttl_ms);
  s.set(zmq::sockopt::router_mandatory, true);
  s.set(zmq::sockopt::router_handover, false);
  s.set(zmq::sockopt::linger, 500);
}

std::string key_text(bytes_view key) {
  return std::string{text(key)};
}

} // namespace

std::optional<std::string> zmq_link::sockets::bind() {
  public_key server_public;
  crypto_scalarmult_base(server_public.data(), server_secret.data());
  try {
    // ZAP has to stand before the first endpoint: without it libzmq lets everybody in.
    zap = zmq::socket_t{context, zmq::socket_type::rep};
    zap.set(zmq::sockopt::linger, 0);
    zap.bind("inproc://zeromq.zap.01");
  } catch (const zmq::error_t& error) {
    return std::string{"cannot prepare the link: "} + error.what();
  }
  for (const auto& config : wanted)
    if (auto problem = bind_one(config, server_public))
      return problem;
  thread = std::thread{[this] { serve(); }};
  // The thread answers ZAP already and takes no frame yet.
  for (const auto& e : endpoints)
    if (auto problem = refuses_strangers(e->config.plugin, e->dialled, server_public))
      return problem;
  hearing = true;
  wake->wake();
  return std::nullopt;
}

std::optional<std::string> zmq_link::sockets::bind_one(const link_endpoint& config,
                                                       bytes_view server_public) {
  auto e = std::make_unique<endpoint_state>();
  e->config = config;
  e->credit->wake = wake;
  try {
    e->router = zmq::socket_t{context, zmq::socket_type::router};
    set_limits(e->router, config.frame_bytes_max);
    e->router.set(zmq::sockopt::curve_server, true);
    e->router.set(zmq::sockopt::curve_secretkey, key_text(server_secret.view()));
    e->router.set(zmq::sockopt::curve_publickey, key_text(server_public));
    e->router.set(zmq::sockopt::zap_domain, config.plugin);
    auto watched = "inproc://monitor/" + config.plugin;
    zmq_socket_monitor(e->router.handle(), watched.c_str(), ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED);
    e->monitor = zmq::socket_t{context, zmq::socket_type::pair};
    e->monitor.set(zmq::sockopt::linger, 0);
    e->monitor.set(zmq::sockopt::rcvhwm, 0); // a full one would hold up libzmq's own thread
    e->monitor.connect(watched);
    e->router.bind(config.address);
    e->dialled = dialled_address(e->router.get(zmq::sockopt::last_endpoint));
  } catch (const zmq::error_t& error) {
    return "cannot listen at " + config.address + ": " + error.what() +
           ". Check that the folder exists, that no other daemon runs there, and that the path is at most "
           "107 "
           "characters long.";
  }
  // The umask leaves the socket to its owner alone; the folder's group decides who may connect
  // (security 8.4).
  if (config.address.starts_with("ipc://"))
    ::chmod(config.address.c_str() + 6, 0660);
  endpoints.push_back(std::move(e));
  return std::nullopt;
}

} // namespace wardline::daemon
