#pragma once
// The wire of a simulation: the plugin link as the house sees it and the pipes as the devices see them, with
// frames on the way in between. Order holds within one connection and direction, as on a socket; nothing else
// does.
#include "client/device.hpp"
#include "client/memory_device_store.hpp"
#include "ports/link.hpp"
#include "wire/link.hpp"
#include <deque>
#include <map>

namespace wardline::sim {

/// One device with its store, its connection of the plugin `cli`, and what is on the way to and from it.
class wired_device final : public client::pipe {
public:
  wired_device(std::string name, std::uint32_t number);

  /// A fresh object on the same store, as after a crash of the program.
  void restart(time_ms now);
  /// The daemon is gone, or back: every channel is cut, what was on the way is lost.
  void reconnect(time_ms now);

  void open() override;
  void send(bytes_view payload) override;
  void close() override;

  /// Hands one waiting frame to the device.
  void deliver_one(time_ms now);

  std::string name;
  ports::link_peer peer;
  client::memory_device_store store;
  std::unique_ptr<client::device> device;
  std::deque<bytes> to_daemon;
  std::deque<bytes> to_device;

private:
  void say_hello();

  std::uint64_t channel_ = 0;
  bool open_ = false;
};

/// The house's side: what it sends lands at the devices' queues.
class sim_link final : public ports::link {
public:
  explicit sim_link(std::map<ports::link_peer, wired_device*>& devices) : devices_{devices} {}

  bool send(const ports::link_peer& to, bytes frame) override;
  void drop(const ports::link_peer& peer, refusal why) override;
  void allow(const public_key& key, const std::string& plugin) override;
  void forbid(const public_key& key) override;

  bool dead = false; ///< this life of the daemon is over: nothing goes out any more
  std::vector<std::pair<ports::link_peer, refusal>> dropped;

private:
  std::map<ports::link_peer, wired_device*>& devices_;
};

} // namespace wardline::sim
