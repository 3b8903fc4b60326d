#pragma once
// One plugin's connection that carries the channels of many devices, as a gateway's does.
#include "carrier.hpp"
#include <map>

namespace wardline {
class raw_plugin;
}

namespace wardline::bench {

/// Outlives the channels that it gave out.
class shared_connection {
public:
  shared_connection(const daemon_process& daemon, const e2ee::x25519_pair& curve);
  ~shared_connection();
  shared_connection(const shared_connection&) = delete;

  /// For one more device.
  std::unique_ptr<carrier> channel();
  /// The daemon was started anew: nothing of before is open.
  void open_again();

private:
  class shared_channel;
  void turn(std::uint64_t wait_ms);
  void take(bytes_view frame);

  const daemon_process& daemon_;
  const e2ee::x25519_pair curve_;
  std::unique_ptr<raw_plugin> socket_;
  std::map<std::uint64_t, shared_channel*> open_; ///< by number
  std::uint64_t next_ = 1;
};

} // namespace wardline::bench
