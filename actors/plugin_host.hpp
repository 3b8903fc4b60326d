#pragma once
#include "handles.hpp"
#include "ports/journal.hpp"
#include "rules/plugin_links.hpp"
#include "wire/link.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <map>
#include <set>

namespace wardline {

/// Rights of plugins.d: plugin name -> granted rights ("channels").
using plugin_rights = std::map<std::string, std::set<std::string>>;

/// Connections of plugins at a time; one more is refused as overloaded.
inline constexpr std::size_t links_max = 4'096;
/// Dropped connections whose frames still on the way in are ignored in silence.
inline constexpr std::size_t dropped_links_max = 64;

/// Knows the links of plugins and their rights, and parents the device sessions. Holds nothing that outlives
/// the process: after a crash plugins say Hello again and devices make new channels.
struct plugin_host_state {
  static inline const char* name = "plugin_host";

  /// However this actor ends, its sessions end with it: one that keeps an answer back for somebody holds
  /// itself.
  ~plugin_host_state();

  struct link {
    std::set<std::string> granted;
    std::map<std::uint64_t, device_session_actor> channels;
  };

  plugin_host_actor::pointer self = nullptr;
  ports::link* out = nullptr;                       // owned by main, outlives every actor
  ports::journal* journal = nullptr;                // likewise
  std::shared_ptr<rules::plugin_links_board> shown; // swapped with each tick
  plugin_rights rights;
  make_device_session make;
  std::map<ports::link_peer, link> links;
  std::map<std::string, std::size_t> channels_of; // by authenticated User-Id, over all its connections
  std::deque<ports::link_peer> dropped;           // the newest dropped_links_max
  tick last;                                      // none yet: nobody knows what time it is

  void on(const frame_in& m);
  void on(const peer_gone& m);
  void on(const channel_out& m);
  void on(const channel_over& m);
  void on(const tick& m);
  void down(const caf::down_msg& m);
  void cut_all(refusal why);

private:
  void show() const;
  void take(const ports::link_peer& from, const wire::link::hello& m);
  void take(const ports::link_peer& from, link& l, wire::link::channel_data& m, const credit& held);
  void refuse(const ports::link_peer& peer, refusal why);
  void forget(const ports::link_peer& peer, refusal why);
  void close(const ports::link_peer& peer, std::uint64_t channel, refusal why);
  device_session_actor open(const ports::link_peer& from, link& l, std::uint64_t channel);
  void erase(const ports::link_peer& peer, link& l, std::uint64_t channel);
  bool is_live(const channel_ref& c, const caf::strong_actor_ptr& session);
};

plugin_host_actor::behavior_type plugin_host(plugin_host_actor::stateful_pointer<plugin_host_state> self,
                                             ports::link* out, plugin_rights rights, make_device_session make,
                                             ports::journal* journal,
                                             std::shared_ptr<rules::plugin_links_board> shown);

} // namespace wardline
