// The port: what the house asks of the link, from its own threads.
#include "zmq_link_sockets.hpp"

namespace wardline::daemon {

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
  // A registrar names the key of whoever is invited: it must not take another plugin's over.
  if (!sockets_->keys.allow(key, plugin))
    sockets_->journal->write(ports::severity::error, "link_key_taken");
}

void zmq_link::forbid(const public_key& key) {
  auto plugin = sockets_->keys.plugin_of(key);
  if (!plugin || !sockets_->keys.forbid(key))
    return;
  sockets_->enqueue({command::kind::forbid, {link_keys::user_of(key, *plugin), {}}, {}});
}

} // namespace wardline::daemon
