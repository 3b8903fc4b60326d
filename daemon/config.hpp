#pragma once
// wardline.yaml and plugins.d/*.yaml: the box's own settings. Everything the clinic decides stands in the
// store.
#include "plugin_host.hpp"
#include "zmq_link.hpp"
#include <filesystem>
#include <string>
#include <vector>

namespace wardline::daemon {

/// etc/wardline.yaml says what each key means.
struct config {
  std::filesystem::path state_dir = "/var/lib/wardline";
  std::filesystem::path credentials_dir = "/run/credentials/wardlined.service";
  std::filesystem::path plugins_dir = "/etc/wardline/plugins.d";
  std::filesystem::path admin_socket = "/run/wardline/admin/socket";
  std::uint64_t map_bytes = 68'719'476'736; ///< address space of the store
};

/// One file of plugins.d.
struct plugin_config {
  std::string name;
  std::string address;             ///< ipc:// or tcp://
  std::vector<std::string> rights; ///< "channels", "wakeup.message"
  std::vector<public_key> keys;    ///< CURVE keys that may connect; cli's come with invitations
};

/// Every problem at once, as file:line:column: key: what; what is expected.
using config_problems = std::vector<std::string>;

/// Problems, or none and `out` is filled.
config_problems read_config(const std::filesystem::path& file, config& out);
/// All *.yaml of the folder, in order of their names.
config_problems read_plugins(const std::filesystem::path& folder, std::vector<plugin_config>& out);

std::vector<link_endpoint> endpoints_of(const std::vector<plugin_config>& plugins);
plugin_rights rights_of(const std::vector<plugin_config>& plugins);

} // namespace wardline::daemon
