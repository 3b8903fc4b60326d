#pragma once
// plugins.d read again while the daemon runs (SIGHUP, `systemctl reload wardlined`): keys come and go at
// once. Endpoints and rights are the link's and the house's from their start to their end; they change at a
// restart.
#include "config.hpp"
#include "ports/journal.hpp"
#include "ports/link.hpp"

namespace wardline::daemon {

/// What a new reading of plugins.d changes.
struct plugin_changes {
  struct named_key {
    public_key key{};
    std::string plugin;
  };
  std::vector<named_key> allowed;
  std::vector<public_key> forbidden;
  /// Plugins that are new, or have another address or other rights.
  std::vector<std::string> need_restart;
};

/// `in_force` becomes what is in force afterwards: its own endpoints and rights, the new keys.
plugin_changes change_plugins(std::vector<plugin_config>& in_force, const std::vector<plugin_config>& now);

/// Reads plugins.d and brings its keys into force. On any problem nothing changes: each is printed with its
/// place, and the last good keys stay.
void reload_plugins(const config& conf, std::vector<plugin_config>& in_force, ports::link& link,
                    ports::journal& journal);

} // namespace wardline::daemon
