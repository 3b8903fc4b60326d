#include "config_keys.hpp"
#include <charconv>

namespace wardline::daemon {

namespace {

constexpr std::uint64_t path_bytes_max = 4'095; ///< limits.h: PATH_MAX without the zero behind it
constexpr std::uint64_t socket_bytes_max = 107; ///< unix(7): sun_path without the zero behind it

const config_key of_the_box[] = {
    {"state_dir", key_type::path, "bytes", 1, path_bytes_max, "/var/lib/wardline", false,
     "Store, keyring and attachments; the daemon closes this folder to everybody else (mode 0700).", "",
     &config::state_dir},
    {"credentials_dir", key_type::path, "bytes", 1, path_bytes_max, "/run/credentials/wardlined.service",
     false,
     "The keys of this box, one file each: kek, link-key, noise-key, log-key, daemon-key; 32 bytes each.",
     "With systemd, the service's credentials folder; `wardctl setup` writes nothing there, because it is "
     "gone "
     "after each stop: see its option --keys.",
     &config::credentials_dir},
    {"plugins_dir", key_type::path, "bytes", 1, path_bytes_max, "/etc/wardline/plugins.d", true,
     "The folder with one NAME.yaml for each plugin that may connect.",
     "A reload reads it again: a key that is gone is cut within a second, a new one may connect. A new "
     "plugin, or "
     "another address or right, takes a restart.",
     &config::plugins_dir},
    {"admin_socket", key_type::path, "bytes", 1, socket_bytes_max, "/run/wardline/admin/socket", false,
     "Where `wardctl` talks to the running daemon.",
     "Whoever may enter its folder may set rosters and chains of escalation: systemd's folder lets in the "
     "group "
     "wardline-admin. If it cannot be made, the journal says so and everything else works.",
     &config::admin_socket},
    {"metrics_socket", key_type::path, "bytes", 1, socket_bytes_max, "/run/wardline/metrics/socket", false,
     "Where a monitoring system reads the box's figures: GET /metrics, in Prometheus' text format.",
     "Whoever may enter its folder may read them; they hold no name of a person and no text. systemd's "
     "folder lets in "
     "the group wardline-metrics. If it cannot be made, the journal says so and everything else works.",
     &config::metrics_socket},
    {"store.map_bytes", key_type::whole_number, "bytes", 16u << 20, std::uint64_t{1} << 44, "68719476736",
     false, "Address space of the store; the file is sparse and grows with its data.", "",
     &config::map_bytes},
    {"backup.recovery_key", key_type::public_key, "hex digits", 4, 64, "none", true,
     "Whom the current table of a backup is sealed to.",
     "The public half that `wardctl recovery-key` prints; the other half leaves the box. Without it no "
     "backup is made.",
     &config::recovery_key},
};

const config_key of_a_plugin[] = {
    {"address", key_type::address, "bytes", 1, 255, "", false,
     "Where the plugin connects: ipc:///path (at most 107 bytes of path) or tcp://host:port.",
     "One endpoint for each plugin.", &plugin_config::address},
    {"rights", key_type::rights, "words", 0, std::size(plugin_rights_known), "[]", false,
     "What the plugin may do.",
     "channels: carry device channels, which it cannot read. wakeup.message, for listeners that wake people, "
     "can "
     "be granted, but the daemon sends them nothing yet.",
     &plugin_config::rights},
    {"keys", key_type::curve_keys, "keys", 0, plugin_keys_max, "[]", true,
     "CURVE public keys that may connect, 64 hex digits each; no key in two plugins.",
     "A reload cuts whoever uses a key that is gone.", &plugin_config::keys},
};

const config_section sections[] = {{"store", "The database."},
                                   {"backup", "Copies of everything, for a box that burns down."}};

void set_initial(config& to, const config_key& key) {
  if (const auto* path = std::get_if<std::filesystem::path config::*>(&key.member))
    to.*(*path) = std::string{key.initial};
  else if (const auto* number = std::get_if<std::uint64_t config::*>(&key.member))
    std::from_chars(key.initial.data(), key.initial.data() + key.initial.size(), to.*(*number));
}

} // namespace

config::config() {
  for (const auto& key : of_the_box)
    set_initial(*this, key);
}

std::span<const config_key> config_keys() {
  return of_the_box;
}

std::span<const config_key> plugin_keys() {
  return of_a_plugin;
}

std::span<const config_section> config_sections() {
  return sections;
}

std::string rights_listed() {
  std::string out;
  for (auto right : plugin_rights_known)
    out += (out.empty() ? "" : ", ") + std::string{right};
  return out;
}

std::string_view section_of(std::string_view name) {
  auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view{} : name.substr(0, dot);
}

std::string_view name_in_section(std::string_view name) {
  auto section = section_of(name);
  return section.empty() ? name : name.substr(section.size() + 1);
}

std::string value_of(const config& from, const config_key& key) {
  if (const auto* path = std::get_if<std::filesystem::path config::*>(&key.member))
    return (from.*(*path)).string();
  if (const auto* number = std::get_if<std::uint64_t config::*>(&key.member))
    return std::to_string(from.*(*number));
  if (const auto* held = std::get_if<std::optional<public_key> config::*>(&key.member))
    return from.*(*held) ? hex(*(from.*(*held))) : "none";
  return {};
}

std::vector<config_change> changes_between(const config& in_force, const config& next) {
  std::vector<config_change> out;
  for (const auto& key : of_the_box) {
    auto from = value_of(in_force, key);
    auto to = value_of(next, key);
    if (from != to)
      out.push_back({std::string{key.name}, std::move(from), std::move(to), key.on_reload});
  }
  return out;
}

void apply_reload(config& in_force, const config& next) {
  for (const auto& key : of_the_box) {
    if (!key.on_reload)
      continue;
    if (const auto* path = std::get_if<std::filesystem::path config::*>(&key.member))
      in_force.*(*path) = next.*(*path);
    else if (const auto* number = std::get_if<std::uint64_t config::*>(&key.member))
      in_force.*(*number) = next.*(*number);
    else if (const auto* held = std::get_if<std::optional<public_key> config::*>(&key.member))
      in_force.*(*held) = next.*(*held);
  }
}

} // namespace wardline::daemon
