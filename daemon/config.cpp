#include "config.hpp"
#include "wire/limits.hpp"
#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>
#include <yaml-cpp/yaml.h>

namespace wardline::daemon {

namespace {

/// Nothing is taken from yaml-cpp but text and places: it reads 0123 as 83 and "no" as false, and takes a key
/// twice.
class yaml_file {
public:
  yaml_file(const std::filesystem::path& file, config_problems& problems)
      : file_{file}, problems_{problems} {}

  [[nodiscard]] std::string place(const YAML::Mark& at) const {
    return file_.string() + ":" + std::to_string(at.line + 1) + ":" + std::to_string(at.column + 1);
  }

  void problem(const YAML::Mark& at, const std::string& what) const {
    problems_.push_back(place(at) + ": " + what);
  }

  using take = std::function<void(const YAML::Node&)>;
  /// Calls what fits each key; unknown and repeated keys are problems.
  void each_key(const YAML::Node& map, const std::string& path,
                const std::map<std::string, take>& known) const {
    if (!map.IsMap())
      return problem(map.Mark(),
                     (path.empty() ? "the file" : path) + ": expected a list of key: value lines");
    std::set<std::string> seen;
    for (const auto& entry : map) {
      auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string{};
      auto found = known.find(key);
      if (found == known.end())
        problem(entry.first.Mark(), path + key + ": unknown key; known are " + names(known));
      else if (!seen.insert(key).second)
        problem(entry.first.Mark(), path + key + ": stands here twice; remove one");
      else
        found->second(entry.second);
    }
  }

  std::string scalar(const YAML::Node& n, const std::string& path, const std::string& expected_text) const {
    if (!n.IsScalar() || n.Scalar().empty()) {
      problem(n.Mark(), path + ": expected " + expected_text);
      return {};
    }
    return n.Scalar();
  }

  std::uint64_t number(const YAML::Node& n, const std::string& path, std::uint64_t from,
                       std::uint64_t to) const {
    auto raw = scalar(n, path, "a whole number");
    std::uint64_t out = 0;
    auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), out);
    bool leading_zero = raw.size() > 1 && raw.front() == '0';
    if (error != std::errc{} || end != raw.data() + raw.size() || leading_zero || out < from || out > to)
      problem(n.Mark(),
              path + ": expected a whole number from " + std::to_string(from) + " to " + std::to_string(to));
    return out;
  }

  std::vector<std::string> list(const YAML::Node& n, const std::string& path,
                                const std::string& of_what) const {
    std::vector<std::string> out;
    if (!n.IsSequence()) {
      problem(n.Mark(), path + ": expected a list of " + of_what);
      return out;
    }
    for (const auto& item : n)
      out.push_back(scalar(item, path, of_what));
    return out;
  }

  /// The parsed file, or nothing and a problem.
  std::optional<YAML::Node> parse() const {
    try {
      auto size = std::filesystem::file_size(file_);
      if (size > file_bytes_max) {
        problems_.push_back(file_.string() + ": larger than " + std::to_string(file_bytes_max) + " bytes");
        return std::nullopt;
      }
      return YAML::LoadFile(file_.string());
    } catch (const YAML::ParserException& e) {
      problem(e.mark, e.msg);
    } catch (const std::exception&) {
      problems_.push_back(file_.string() +
                          ": cannot be read; check that it exists and that this user may read it");
    }
    return std::nullopt;
  }

private:
  static constexpr std::uintmax_t file_bytes_max = 4u << 20;

  static std::string names(const std::map<std::string, take>& known) {
    std::string out;
    for (const auto& [name, unused] : known)
      out += (out.empty() ? "" : ", ") + name;
    return out;
  }

  std::filesystem::path file_;
  config_problems& problems_;
};

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
