#pragma once
// The wire of a simulation: the plugin link as the house sees it and the pipes as the devices see them, with
// frames on the way in between. Order holds within one connection and direction, as on a socket; nothing else
// does.
#include "client/device.hpp"
#include "client/memory_device_store.hpp"
#include "ports/link.hpp"
#include "wire/link.hpp"
#include <deque>
#include <functional>
#include <map>
#include <set>

namespace wardline::sim {

/// A device's disk, which counts the links that are staged on it (table turns) and knows which ones wait.
class counting_store final : public client::device_store {
public:
  [[nodiscard]] client::store_instance instance() const override { return disk_.instance(); }
  [[nodiscard]] std::optional<bytes> get(client::table where, bytes_view key) const override {
    return disk_.get(where, key);
  }
  [[nodiscard]] std::vector<client::store_row> scan(client::table where, bytes_view prefix, bytes_view after,
                                                    std::size_t rows_max) const override {
    return disk_.scan(where, prefix, after, rows_max);
  }
  client::store_result commit(std::span<const client::store_change> changes) override;
  [[nodiscard]] std::optional<wiped_bytes> read_cell(client::secret_cell which) const override {
    return disk_.read_cell(which);
  }
  client::store_result write_cell(client::secret_cell which, bytes_view content) override {
    return disk_.write_cell(which, content);
  }
  client::store_result burn_cell(client::secret_cell which) override { return disk_.burn_cell(which); }

  [[nodiscard]] unsigned links_staged() const { return staged_; }
  [[nodiscard]] bool link_waits() const { return !waiting_.empty(); }

private:
  client::memory_device_store disk_;
  unsigned staged_ = 0;
  std::set<bytes> waiting_;
};

/// One device with its store, its connection of the plugin `cli`, and what is on the way to and from it.
class wired_device final : public client::pipe {
public:
  /// `person`: whose it is; on a station who works at it.
  wired_device(std::string name, std::string person, std::uint32_t number);

  /// A fresh object on the same store, as after a crash of the program.
  void restart(time_ms now);
  /// The daemon is gone, or back: every channel is cut, what was on the way is lost.
  void reconnect(time_ms now);

  void open() override;
  void send(bytes_view payload) override;
  void close() override;

  /// Hands one waiting frame to the device.
  void deliver_one(time_ms now);

  /// How often it was started: what was asked of an earlier one is never answered.
  [[nodiscard]] unsigned lives() const { return lives_; }

  std::string name;
  std::string person;
  bool station = false;
  ports::link_peer peer;
  counting_store store;
  std::function<void(const client::notice&)> said; ///< may be unset
  /// Highest durable leaf when its revocation was answered; from then on nothing is for it.
  std::optional<std::uint64_t> revoked_behind;
  bool being_revoked = false; ///< somebody has begun to; it may obey a wipe order before the answer comes
  device_id revoked_id;       ///< which it was: one that obeyed the wipe order does not know it any more
  std::unique_ptr<client::device> device;
  std::deque<bytes> to_daemon;
  std::deque<bytes> to_device;

private:
  void say_hello();
  void make_device();

  std::uint64_t channel_ = 0;
  bool open_ = false;
  unsigned lives_ = 0;
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
