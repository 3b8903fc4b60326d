#pragma once
// Which plugins are connected now: a snapshot that `plugin_host` swaps once a second, so that whoever asks
// about the box disturbs no one.
#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <string>

namespace wardline::rules {

struct plugin_links {
  std::uint32_t links = 0;    ///< connections that said Hello
  std::uint32_t channels = 0; ///< device channels over them
  bool operator==(const plugin_links&) const = default;
};

/// By name; one for each plugin that is granted.
using all_plugin_links = std::map<std::string, plugin_links>;

class plugin_links_board {
public:
  [[nodiscard]] std::shared_ptr<const all_plugin_links> now() const { return current_.load(); }
  void swap(std::shared_ptr<const all_plugin_links> next) { current_.store(std::move(next)); }

private:
  std::atomic<std::shared_ptr<const all_plugin_links>> current_{std::make_shared<const all_plugin_links>()};
};

} // namespace wardline::rules
