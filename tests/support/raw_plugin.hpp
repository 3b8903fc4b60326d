#pragma once
// A plugin with nothing but a socket: what an attacker's program, or an honest one, does on the link by hand.
#include "wire/ids.hpp"
#include "wire/secret.hpp"
#include <chrono>
#include <sodium.h>
#include <zmq.hpp>

namespace wardline {

/// A CURVE key pair (X25519).
struct curve_pair {
  public_key open{};
  secret32 secret;

  static curve_pair fresh() {
    curve_pair out;
    crypto_box_keypair(out.open.data(), out.secret.data());
    return out;
  }
};

/// One DEALER socket. Waits are in milliseconds; a wait that ends without news gives nothing.
class raw_plugin {
public:
  struct settings {
    std::string routing_id{};            ///< empty: the daemon makes one up
    bool curve = true;                   ///< false: no encryption at all
    bool stays_cut = false;              ///< never connects a second time
    int events = ZMQ_EVENT_DISCONNECTED; ///< what happened() tells
    int frames_held_max = 1'000;         ///< RCVHWM: what libzmq takes for a reader that does not read
  };

  raw_plugin(const std::string& address, const public_key& server, const curve_pair& own)
      : raw_plugin{address, server, own, settings{}} {}

  raw_plugin(const std::string& address, const public_key& server, const curve_pair& own, const settings& s) {
    socket_.set(zmq::sockopt::linger, 0);
    socket_.set(zmq::sockopt::rcvhwm, s.frames_held_max);
    if (s.stays_cut)
      socket_.set(zmq::sockopt::reconnect_ivl, -1);
    if (!s.routing_id.empty())
      socket_.set(zmq::sockopt::routing_id, s.routing_id);
    if (s.curve) {
      socket_.set(zmq::sockopt::curve_serverkey, std::string{text(server)});
      socket_.set(zmq::sockopt::curve_publickey, std::string{text(own.open)});
      socket_.set(zmq::sockopt::curve_secretkey, std::string{text(own.secret.view())});
    }
    zmq_socket_monitor(socket_.handle(), "inproc://watched", s.events);
    monitor_.set(zmq::sockopt::linger, 0);
    monitor_.connect("inproc://watched");
    socket_.connect(address);
  }

  /// False: the way out stayed full.
  bool send(bytes_view frame, int within_ms = 5'000) {
    socket_.set(zmq::sockopt::sndtimeo, within_ms);
    return socket_.send(zmq::buffer(frame.data(), frame.size())).has_value();
  }

  bool send_parts(const std::vector<bytes>& parts) {
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (!socket_.send(zmq::buffer(parts[i]),
                        i + 1 < parts.size() ? zmq::send_flags::sndmore : zmq::send_flags::none))
        return false;
    return true;
  }

  std::optional<bytes> receive(int within_ms = 5'000) {
    zmq::message_t m;
    socket_.set(zmq::sockopt::rcvtimeo, within_ms);
    if (!socket_.recv(m))
      return std::nullopt;
    return bytes{m.data<std::uint8_t>(), m.data<std::uint8_t>() + m.size()};
  }

  /// The next event of the connection (ZMQ_EVENT_*), or 0.
  int happened(int within_ms = 5'000) {
    zmq::message_t event;
    zmq::message_t address;
    monitor_.set(zmq::sockopt::rcvtimeo, within_ms);
    if (!monitor_.recv(event) || !monitor_.recv(address) || event.size() < 2)
      return 0;
    std::uint16_t number = 0;
    std::memcpy(&number, event.data(), sizeof number);
    return number;
  }

  /// For polls.
  [[nodiscard]] void* handle() { return socket_.handle(); }

private:
  zmq::context_t context_{1};
  zmq::socket_t socket_{context_, zmq::socket_type::dealer};
  zmq::socket_t monitor_{context_, zmq::socket_type::pair};
};

} // namespace wardline
