#pragma once
// Settings read again while the daemon runs (SIGHUP, `systemctl reload wardlined`). Keys of plugins come and
// go at once. Endpoints and rights are the link's and the house's from their start to their end, and so is
// whatever config_keys() does not say of that a reload applies it: they change at a restart.
#include "ports/journal.hpp"
#include "ports/link.hpp"
#include "settings_board.hpp"

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

/// Reads the file and the folder of plugins, and brings into force what a reload applies. On any problem
/// nothing changes: each is printed with its place, and the last good settings stay. Gives what happened.
reload_outcome reload_settings(settings_in_force& in_force, ports::link& link, ports::journal& journal,
                               time_ms now);

} // namespace wardline::daemon
