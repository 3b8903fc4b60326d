#pragma once
// wardline.yaml and plugins.d/*.yaml: the box's own settings. Everything the clinic decides stands in the
// store.
#include "wire/ids.hpp"
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace wardline::daemon {

/// Files of plugins.d that are read, and CURVE keys of one plugin.
inline constexpr std::size_t plugins_max = 64;
inline constexpr std::size_t plugin_keys_max = 4'096;

/// config_keys() says what each one means; a fresh one holds the defaults that stand there.
struct config {
  config();
  std::filesystem::path state_dir;
  std::filesystem::path credentials_dir;
  std::filesystem::path plugins_dir;
  std::filesystem::path admin_socket;
  std::filesystem::path metrics_socket;
  std::uint64_t map_bytes = 0;            ///< address space of the store
  std::optional<public_key> recovery_key; ///< X25519: backups are sealed to it
  bool operator==(const config&) const = default;
};

/// One file of plugins.d; plugin_keys() says what each key means.
struct plugin_config {
  std::string name;
  std::string address;             ///< ipc:// or tcp://
  std::vector<std::string> rights; ///< "channels", "wakeup.message"
  std::vector<public_key> keys;    ///< CURVE keys that may connect; cli's come with invitations
  bool operator==(const plugin_config&) const = default;
};

/// Every problem at once, as file:line:column: key: what; what is expected.
using config_problems = std::vector<std::string>;
/// Keys that the file names, and in which line (from 1). What is not in it has its default.
using config_origins = std::map<std::string, int>;

/// Problems, or none and `out` is filled.
config_problems read_config(const std::filesystem::path& file, config& out,
                            config_origins* origins = nullptr);
/// The same of a text; `file` is only its name.
config_problems read_config_text(const std::filesystem::path& file, const std::string& text, config& out,
                                 config_origins* origins = nullptr);

/// All *.yaml of the folder, in order of their names.
config_problems read_plugins(const std::filesystem::path& folder, std::vector<plugin_config>& out);
/// One of them as a text; the stem of `file` is the plugin's name.
config_problems read_plugin_text(const std::filesystem::path& file, const std::string& text,
                                 plugin_config& out);

} // namespace wardline::daemon
