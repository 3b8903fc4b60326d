#include "config.hpp"
#include "config_keys.hpp"
#include "wire/text.hpp"
#include "yaml_file.hpp"
#include <algorithm>

namespace wardline::daemon {

namespace {

bool is_plugin_name(const std::string& s) {
  return !s.empty() && s.size() <= 64 && std::all_of(s.begin(), s.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

constexpr std::size_t ipc_path_bytes_max = 107; ///< unix(7): sun_path without the zero behind it

/// Where each key was read: "plugin cli (/etc/wardline/plugins.d/cli.yaml:9:8)".
using key_places = std::map<public_key, std::string>;

struct reading {
  const yaml_file& yaml;
  const config_key& key;
  const YAML::Node& node;

  void problem(const std::string& what) const { problem(node.Mark(), what); }
  void problem(const YAML::Mark& at, const std::string& what) const {
    yaml.problem(at, std::string{key.name} + ": " + what);
  }
  /// A reading of "yes" or 1:30 where a text stands is the reader's surprise, too.
  [[nodiscard]] std::string because(const std::string& text) const {
    auto why = node.IsScalar() && node.Tag() == "?" ? surprise_of(text) : std::string{};
    return why.empty() ? why : why + "; ";
  }
};

void read_path(const reading& r, std::filesystem::path& to) {
  auto text = r.node.IsScalar() ? r.node.Scalar() : std::string{};
  to = text;
  if (!to.is_absolute())
    r.problem(r.because(text) + "expected an absolute path");
  else if (!text_ok(view(text)))
    r.problem("expected a path without control characters");
  else if (text.size() > r.key.most)
    r.problem("expected a path of at most " + std::to_string(r.key.most) + " bytes");
}

void read_address(const reading& r, std::string& to) {
  to = r.node.IsScalar() ? r.node.Scalar() : std::string{};
  bool known = to.starts_with("ipc:///") || to.starts_with("tcp://");
  if (!known || !text_ok(view(to)))
    r.problem(r.because(to) + "expected ipc:///path or tcp://host:port");
  else if (to.size() > r.key.most || (to.starts_with("ipc://") && to.size() - 6 > ipc_path_bytes_max))
    r.problem("expected an address of at most " + std::to_string(r.key.most) + " bytes, and at most " +
              std::to_string(ipc_path_bytes_max) + " of an ipc path");
}

void read_rights(const reading& r, std::vector<std::string>& to) {
  if (r.node.IsSequence() && r.node.size() > r.key.most)
    return r.problem("expected at most " + std::to_string(r.key.most));
  to = r.yaml.list(r.node, std::string{r.key.name}, rights_listed());
  for (const auto& right : to)
    if (std::find(std::begin(plugin_rights_known), std::end(plugin_rights_known), right) ==
        std::end(plugin_rights_known))
      r.problem(shown(right) + " is no right; expected " + rights_listed());
}

/// One key is one plugin's: ZAP could not say whose connection it is otherwise.
void read_keys(const reading& r, const std::string& plugin, key_places& places, std::vector<public_key>& to) {
  if (!r.node.IsSequence())
    return r.problem("expected a list of CURVE keys, 64 hex digits each");
  if (r.node.size() > r.key.most)
    return r.problem("expected at most " + std::to_string(r.key.most) + " keys");
  for (const auto& item : r.node) {
    auto raw = item.IsScalar() ? from_hex(item.Scalar()) : std::nullopt;
    auto key = raw ? fixed<32>(*raw) : std::nullopt;
    if (!key) {
      r.problem(item.Mark(), "expected 64 hex digits");
      continue;
    }
    auto [at, fresh] = places.try_emplace(*key, "plugin " + plugin + " (" + r.yaml.place(item.Mark()) + ")");
    if (fresh)
      to.push_back(*key);
    else
      r.problem(item.Mark(), "this key is already one of " + at->second + "; each plugin needs its own");
  }
}

/// Fills the member that the key's row names.
struct into_config {
  reading r;
  config& out;

  void operator()(std::filesystem::path config::*to) const { read_path(r, out.*to); }
  void operator()(std::uint64_t config::*to) const {
    out.*to = r.yaml.number(r.node, std::string{r.key.name}, r.key.least, r.key.most);
  }
  void operator()(std::optional<public_key> config::*to) const {
    auto text = r.node.IsScalar() ? r.node.Scalar() : std::string{};
    auto raw = from_hex(text);
    out.*to = raw ? fixed<32>(*raw) : std::nullopt;
    if (!(out.*to) && text != "none")
      r.problem(r.because(text) + "expected 64 hex digits, or none");
  }
  template <class Other>
  void operator()(Other) const {} // of a plugin
};

struct into_plugin {
  reading r;
  plugin_config& out;
  key_places& places;

  void operator()(std::string plugin_config::*to) const { read_address(r, out.*to); }
  void operator()(std::vector<std::string> plugin_config::*to) const { read_rights(r, out.*to); }
  void operator()(std::vector<public_key> plugin_config::*to) const {
    read_keys(r, out.name, places, out.*to);
  }
  template <class Other>
  void operator()(Other) const {} // of the box
};

using key_takers = std::map<std::string, yaml_file::take>;

void walk(const yaml_file& yaml, const YAML::Node& root, config& out, config_origins* origins) {
  std::map<std::string, key_takers> by_section;
  for (const auto& key : config_keys())
    by_section[std::string{section_of(key.name)}][std::string{name_in_section(key.name)}] =
        [&](const YAML::Node& n) {
          std::visit(into_config{{yaml, key, n}, out}, key.member);
          if (origins != nullptr)
            (*origins)[std::string{key.name}] = place_of(n.Mark()).line;
        };
  auto top = by_section[""];
  for (const auto& [section, keys] : by_section)
    if (!section.empty())
      top[section] = [&yaml, path = section + ".", keys = &keys](const YAML::Node& n) {
        yaml.each_key(n, path, *keys);
      };
  yaml.each_key(root, "", top);
}

void walk(const yaml_file& yaml, const YAML::Node& root, const std::filesystem::path& file,
          plugin_config& out, key_places& places) {
  out.name = file.stem().string();
  if (!is_plugin_name(out.name))
    yaml.problem("the name of this file is the plugin's: use a-z, 0-9 and -");
  key_takers known;
  std::vector<std::string_view> missing;
  for (const auto& key : plugin_keys()) {
    if (key.initial.empty())
      missing.push_back(key.name);
    known[std::string{key.name}] = [&](const YAML::Node& n) {
      std::erase(missing, key.name);
      std::visit(into_plugin{{yaml, key, n}, out, places}, key.member);
    };
  }
  yaml.each_key(root, "", known);
  for (auto name : missing)
    yaml.problem(std::string{name} + " is missing");
}

} // namespace

config_problems read_config(const std::filesystem::path& file, config& out, config_origins* origins) {
  config_problems problems;
  yaml_file yaml{file, problems};
  if (auto root = yaml.parse())
    walk(yaml, *root, out, origins);
  return problems;
}

config_problems read_config_text(const std::filesystem::path& file, const std::string& text, config& out,
                                 config_origins* origins) {
  config_problems problems;
  yaml_file yaml{file, problems};
  if (auto root = yaml.parse(text))
    walk(yaml, *root, out, origins);
  return problems;
}

config_problems read_plugin_text(const std::filesystem::path& file, const std::string& text,
                                 plugin_config& out) {
  config_problems problems;
  key_places places;
  yaml_file yaml{file, problems};
  if (auto root = yaml.parse(text))
    walk(yaml, *root, file, out, places);
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
  if (files.size() > plugins_max) {
    problems.push_back(folder.string() + ": more than " + std::to_string(plugins_max) + " plugins");
    return problems;
  }
  std::sort(files.begin(), files.end());
  key_places places;
  for (const auto& file : files) {
    yaml_file yaml{file, problems};
    if (auto root = yaml.parse())
      walk(yaml, *root, file, out.emplace_back(), places);
  }
  return problems;
}

} // namespace wardline::daemon
