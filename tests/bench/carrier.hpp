#pragma once
// What carries a bench device's channel: a connection of its own, or one that it shares with others.
#include "bench_daemon.hpp"
#include "client/link.hpp"
#include "e2ee/signing.hpp"

namespace wardline::bench {

class carrier : public client::pipe {
public:
  /// Waits up to `wait_ms` for frames and hands on what came.
  virtual void turn(std::uint64_t now_ms, std::uint64_t wait_ms, client::link::channel_listener& to) = 0;
};

/// As `ward` connects.
class own_connection final : public carrier {
public:
  own_connection(const daemon_process& daemon, const e2ee::x25519_pair& curve);

  void open() override { link_.open(); }
  void send(bytes_view payload) override { link_.send(payload); }
  void close() override { link_.close(); }
  void turn(std::uint64_t now_ms, std::uint64_t wait_ms, client::link::channel_listener& to) override {
    link_.turn(now_ms, wait_ms, to);
  }

private:
  client::link link_;
};

} // namespace wardline::bench
