#include "config.hpp"
#include "wire/limits.hpp"
#include "yaml_file.hpp"
#include <algorithm>
#include <map>

namespace wardline::daemon {

namespace {

bool is_plugin_name(const std::string& s) {
  return !s.empty() && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

/// Where each key was read: "plugin cli (/etc/wardline/plugins.d/cli.yaml:9:8)".
using key_places = std::map<public_key, std::string>;

/// One key is one plugin's: ZAP could not say whose connection it is otherwise.
void read_keys(const yaml_file& yaml, const YAML::Node& n, plugin_config& p, key_places& places) {
  if (!n.IsSequence())
    return yaml.problem(n.Mark(), "keys: expected a list of CURVE keys, 64 hex digits each");
  for (const auto& item : n) {
    auto raw = item.IsScalar() ? from_hex(item.Scalar()) : std::nullopt;
    auto key = raw ? fixed<32>(*raw) : std::nullopt;
    if (!key) {
      yaml.problem(item.Mark(), "keys: expected 64 hex digits");
      continue;
    }
    auto [at, fresh] = places.try_emplace(*key, "plugin " + p.name + " (" + yaml.place(item.Mark()) + ")");
    if (fresh)
      p.keys.push_back(*key);
    else
      yaml.problem(item.Mark(),
                   "keys: this key is already one of " + at->second + "; each plugin needs its own");
  }
}

void read_plugin(const std::filesystem::path& file, std::vector<plugin_config>& out, key_places& places,
                 config_problems& problems) {
  yaml_file yaml{file, problems};
  auto root = yaml.parse();
  if (!root)
    return;
  plugin_config p;
  p.name = file.stem().string();
  if (!is_plugin_name(p.name))
    problems.push_back(file.string() + ": the name of this file is the plugin's: use a-z, 0-9 and -");
  yaml.each_key(*root, "",
                {
                    {"address",
                     [&](const YAML::Node& n) {
                       p.address = yaml.scalar(n, "address", "ipc:///path or tcp://host:port");
                       if (!p.address.starts_with("ipc:///") && !p.address.starts_with("tcp://"))
                         yaml.problem(n.Mark(), "address: expected ipc:///path or tcp://host:port");
                     }},
                    {"rights",
                     [&](const YAML::Node& n) {
                       p.rights = yaml.list(n, "rights", "channels, wakeup.message");
                       for (const auto& r : p.rights)
                         if (r != "channels" && r != "wakeup.message")
                           yaml.problem(n.Mark(),
                                        "rights: " + r + " is no right; expected channels, wakeup.message");
                     }},
                    {"keys", [&](const YAML::Node& n) { read_keys(yaml, n, p, places); }},
                });
  if (p.address.empty())
    problems.push_back(file.string() + ": address is missing");
  out.push_back(std::move(p));
}

} // namespace

config_problems read_config(const std::filesystem::path& file, config& out) {
  config_problems problems;
  yaml_file yaml{file, problems};
  auto root = yaml.parse();
  if (!root)
    return problems;
  auto path_into = [&yaml](std::filesystem::path& to, std::string key) {
    return [&yaml, &to, key = std::move(key)](const YAML::Node& n) {
      to = yaml.scalar(n, key, "a path");
      if (!to.is_absolute())
        yaml.problem(n.Mark(), key + ": expected an absolute path");
    };
  };
  yaml.each_key(*root, "",
                {
                    {"state_dir", path_into(out.state_dir, "state_dir")},
                    {"credentials_dir", path_into(out.credentials_dir, "credentials_dir")},
                    {"plugins_dir", path_into(out.plugins_dir, "plugins_dir")},
                    {"admin_socket", path_into(out.admin_socket, "admin_socket")},
                    {"store",
                     [&](const YAML::Node& store) {
                       yaml.each_key(store, "store.", {{"map_bytes", [&](const YAML::Node& n) {
                                                          out.map_bytes =
                                                              yaml.number(n, "store.map_bytes", 16u << 20,
                                                                          std::uint64_t{1} << 44);
                                                        }}});
                     }},
                });
  return problems;
}

config_problems read_plugins(const std::filesystem::path& folder, std::vector<plugin_config>& out) {
  config_problems problems;
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error})
    if (entry.path().extension() == ".yaml")
      files.push_back(entry.path());
  if (error)
    problems.push_back(folder.string() + ": cannot be read; check plugins_dir");
  std::sort(files.begin(), files.end());
  key_places places;
  for (const auto& file : files)
    read_plugin(file, out, places, problems);
  return problems;
}

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
