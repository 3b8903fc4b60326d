// A plugin that is nothing but a pipe, as the web gateway is to a browser: frames come in from a local
// socket, go to the daemon over CURVE, and back. What it can see is what its memory holds.
//
//   relay LOCAL_ADDRESS DAEMON_ADDRESS SERVER_KEY OWN_KEY OWN_SECRET      keys in hex
#include "raw_plugin.hpp"
#include "wire/link.hpp"
#include <cstdio>

namespace {

using namespace wardline;

public_key key_from(const char* hex_text) {
  auto raw = from_hex(hex_text);
  auto key = raw ? fixed<32>(*raw) : std::nullopt;
  return key.value_or(public_key{});
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 6 || sodium_init() < 0)
    return std::fputs("usage: relay LOCAL DAEMON SERVER_KEY OWN_KEY OWN_SECRET\n", stderr), 64;
  curve_pair own{key_from(argv[4]), secret32{key_from(argv[5])}};
  raw_plugin daemon{argv[2], key_from(argv[3]), own};
  zmq::context_t context{1};
  zmq::socket_t local{context, zmq::socket_type::pair};
  local.bind(argv[1]);
  daemon.send(wire::link::encode(wire::link::hello{"web", "1", 1, 1, {"channels"}}));
  for (;;) {
    zmq::pollitem_t items[] = {{local.handle(), 0, ZMQ_POLLIN, 0}, {daemon.handle(), 0, ZMQ_POLLIN, 0}};
    zmq::poll(items, 2, std::chrono::milliseconds{-1});
    zmq::message_t m;
    while (local.recv(m, zmq::recv_flags::dontwait))
      daemon.send({m.data<std::uint8_t>(), m.size()});
    while (auto frame = daemon.receive(0)) {
      auto read = wire::link::decode(*frame); // as a real pipe looks at it, to know whose channel it is
      if (read)
        local.send(zmq::buffer(wire::link::encode(*read)));
    }
  }
}
