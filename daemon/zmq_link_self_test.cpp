#include "zmq_link_self_test.hpp"
#include "wire/secret.hpp"
#include <array>
#include <cstring>
#include <sodium.h>
#include <zmq.hpp>

namespace wardline::daemon {

namespace {

std::string key_text(bytes_view key) {
  return std::string{text(key)};
}

/// The event with which the handshake of a fresh key ends; 0: none came in time.
std::uint16_t verdict_on_stranger(const std::string& address, bytes_view server_public) {
  secret32 secret;
  public_key own;
  crypto_box_keypair(own.data(), secret.data());
  zmq::context_t context{1};
  zmq::socket_t stranger{context, zmq::socket_type::dealer};
  stranger.set(zmq::sockopt::linger, 0);
  stranger.set(zmq::sockopt::curve_serverkey, key_text(server_public));
  stranger.set(zmq::sockopt::curve_publickey, key_text(own));
  stranger.set(zmq::sockopt::curve_secretkey, key_text(secret.view()));
  constexpr const char* watched = "inproc://stranger";
  zmq_socket_monitor(stranger.handle(), watched,
                     ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_SUCCEEDED);
  zmq::socket_t monitor{context, zmq::socket_type::pair};
  monitor.set(zmq::sockopt::linger, 0);
  monitor.set(zmq::sockopt::rcvtimeo, self_test_ms_max);
  monitor.connect(watched);
  stranger.connect(address);
  zmq::message_t event;
  zmq::message_t where;
  std::uint16_t number = 0;
  if (monitor.recv(event) && monitor.recv(where) && event.size() >= sizeof number)
    std::memcpy(&number, event.data(), sizeof number);
  zmq_socket_monitor(stranger.handle(), nullptr, 0);
  return number;
}

} // namespace

std::string dialled_address(std::string bound) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 2> wildcards{{
      {"tcp://0.0.0.0:", "tcp://127.0.0.1:"},
      {"tcp://[::]:", "tcp://[::1]:"},
  }};
  while (!bound.empty() && bound.back() == '\0')
    bound.pop_back();
  for (const auto& [any, here] : wildcards)
    if (bound.starts_with(any))
      return std::string{here} + bound.substr(any.size());
  return bound;
}

std::optional<std::string> refuses_strangers(const std::string& plugin, const std::string& address,
                                             bytes_view server_public) {
  std::string failed = "the self-test of endpoint " + plugin + " failed: ";
  try {
    switch (verdict_on_stranger(address, server_public)) {
    case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH:
      return std::nullopt;
    case ZMQ_EVENT_HANDSHAKE_SUCCEEDED:
      return failed + "a client with an unknown key was not refused. The daemon does not start.";
    default:
      return failed + "nobody answered at " + address + ". The daemon does not start.";
    }
  } catch (const zmq::error_t& error) {
    return failed + "cannot connect to " + address + ": " + error.what() + ". The daemon does not start.";
  }
}

} // namespace wardline::daemon
