#pragma once
// What a daemon that was taken over can do to its answers and news, between the honest daemon's output and
// the sealing of the channel: hold them back and let them out in another order, or say something else. The
// code of daemon and clients is the real one; the linker puts this layer around `wire::channel`
// (CMakeLists.txt: --wrap), and it acts only while the daemon runs.
#include "ports/link.hpp"
#include "wire/channel.hpp"
#include "wire/device.hpp"
#include "wire/link.hpp"
#include <functional>
#include <map>
#include <random>

namespace wardline::sim {

class hostile_layer {
public:
  /// Milliseconds that something is held back at most; less than the silence after which a device gives a
  /// channel up, so that nothing is asked again only because of it.
  static constexpr std::uint64_t held_ms_max = 4'000;
  /// One in so many messages is held back.
  static constexpr std::uint64_t held_one_in = 4;

  /// For one run; the dice are its own, so that a run without it replays as before.
  void begin(std::uint64_t seed);
  void end();

  bool delays = false;
  /// Changes what is said to a device and returns true, or leaves it. May be unset.
  std::function<bool(const ports::link_peer& to, wire::device::from_daemon& what)> lie;

  // ---- told by the daemon's life
  /// From here to the next false the daemon runs.
  void daemon_runs(bool yes) { daemon_runs_ = yes; }
  void life_begins();
  void came(const ports::link_peer& from, bytes_view link_frame);
  void went(const ports::link_peer& to, bytes_view link_frame);
  /// Lets out what was held back long enough, in an order of its own.
  void let_out(time_ms now, ports::link& out);

  // ---- told by the channels
  expected<std::vector<bytes>> seal(wire::channel& c, bytes_view message);
  void received(const wire::channel& c, bytes_view frame);
  void closed(const wire::channel& c);

  [[nodiscard]] std::uint64_t held() const { return held_so_far_; }
  [[nodiscard]] std::uint64_t overtaken() const { return overtaken_; }

private:
  struct line {
    ports::link_peer peer;
    std::uint64_t number = 0;
    std::size_t on_the_way =
        0; ///< sealed, and not at the link yet: nothing may be sealed and sent before them
  };
  struct held_back {
    wire::channel* channel;
    bytes message;
    time_ms due;
  };

  std::mt19937_64 dice_;
  bool on_ = false;
  bool daemon_runs_ = false;
  time_ms now_ = 0;
  std::uint64_t held_so_far_ = 0, overtaken_ = 0;
  std::map<bytes, std::pair<ports::link_peer, std::uint64_t>> arriving_; ///< payload -> where it came from
  std::map<const wire::channel*, line> lines_;
  std::vector<held_back> held_;
};

/// The one of this program; the simulation has one thread.
hostile_layer& the_hostile_layer();

} // namespace wardline::sim
