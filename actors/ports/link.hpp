#pragma once
// The plugin link as plugin_host sees it (DESIGN 3, step 3). One thread behind it owns every socket.
#include "wire/ids.hpp"
#include "wire/refusals.hpp"
#include <compare>

namespace wardline::ports {

/// One connection of a plugin. `user` is what ZAP found for its CURVE key and decides who it is; `routing`
/// only says where answers go (security 6.1).
struct link_peer {
  std::string user; ///< plugin name | "/" | 16 hex digits of the CURVE key
  bytes routing;    ///< at most 255 bytes

  auto operator<=>(const link_peer&) const = default;

  /// As in plugins.d: what stands before the "/".
  [[nodiscard]] std::string plugin() const { return user.substr(0, user.find('/')); }
};

struct link {
  virtual ~link() = default;

  /// Queues one frame. False: the way out is full or the peer is gone; the caller ends the channel.
  /// plugin_host's thread only.
  virtual bool send(const link_peer& to, bytes frame) = 0;

  /// Cuts this connection; its frames still on the way in are dropped. plugin_host's thread only.
  virtual void drop(const link_peer& peer, refusal why) = 0;

  /// From now on this CURVE key may connect as that plugin (an enrolment's `ward`). Any thread.
  virtual void allow(const public_key& key, const std::string& plugin) = 0;

  /// Takes the key back, live connections included (security 6.2). Any thread.
  virtual void forbid(const public_key& key) = 0;
};

} // namespace wardline::ports
