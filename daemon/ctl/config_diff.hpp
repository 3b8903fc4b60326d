#pragma once
// What is in force in the running daemon against what its files say.
#include "../config.hpp"
#include "box_words.hpp"

namespace wardline::ctl {

struct config_difference {
  std::string what; ///< a key, or "plugin NAME: key"
  std::string from; ///< in force
  std::string to;   ///< in the file
  bool on_reload = false;
  bool operator==(const config_difference&) const = default;
};

/// In the order of the table of keys, then of the plugins' names.
std::vector<config_difference> differences(const admin::settings_report& running, const daemon::config& conf,
                                           const std::vector<daemon::plugin_config>& plugins);

} // namespace wardline::ctl
