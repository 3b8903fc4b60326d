#pragma once
// What is in force of the settings: main swaps it at the start and at each reload, the admin socket's thread
// reads it.
#include "config.hpp"
#include <atomic>
#include <memory>
#include <optional>

namespace wardline::daemon {

struct reload_outcome {
  time_ms at = 0;
  config_problems problems; ///< why nothing of it is in force; empty: it is
};

struct settings_in_force {
  std::filesystem::path file; ///< that the daemon was started with
  config conf;
  std::vector<plugin_config> plugins;
  std::optional<reload_outcome> reload; ///< the last one; none yet
};

class settings_board {
public:
  [[nodiscard]] std::shared_ptr<const settings_in_force> now() const { return current_.load(); }
  void swap(settings_in_force next) {
    current_.store(std::make_shared<const settings_in_force>(std::move(next)));
  }

private:
  std::atomic<std::shared_ptr<const settings_in_force>> current_{std::make_shared<const settings_in_force>()};
};

} // namespace wardline::daemon
