#include "plugin_grants.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline::daemon {

std::vector<link_endpoint> endpoints_of(const std::vector<plugin_config>& plugins) {
  std::vector<link_endpoint> out;
  for (const auto& p : plugins) {
    bool carries = std::find(p.rights.begin(), p.rights.end(), "channels") != p.rights.end();
    out.push_back({p.name, p.address, carries ? wire::frame_bytes_max : wire::listener_frame_bytes_max});
  }
  return out;
}

plugin_rights rights_of(const std::vector<plugin_config>& plugins) {
  plugin_rights out;
  for (const auto& p : plugins)
    out[p.name] = {p.rights.begin(), p.rights.end()};
  return out;
}

} // namespace wardline::daemon
