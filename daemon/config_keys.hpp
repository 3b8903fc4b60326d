#pragma once
// The one table of settings. From it come the parser and its defaults (config.cpp), and the file that is
// shipped, the manual page and the JSON Schemas (ctl/config_texts.hpp).
#include "config.hpp"
#include <span>
#include <variant>

namespace wardline::daemon {

/// What a key's value may be; it decides which member can hold it.
enum class key_type : std::uint8_t {
  path,         ///< absolute
  whole_number, ///< decimal digits
  address,      ///< ipc:///path or tcp://host:port
  rights,       ///< a list of words of plugin_rights_known
  curve_keys,   ///< a list of 64 hex digits each
  public_key,   ///< 64 hex digits, or none
};

using config_member =
    std::variant<std::filesystem::path config::*, std::uint64_t config::*,
                 std::optional<public_key> config::*, std::string plugin_config::*,
                 std::vector<std::string> plugin_config::*, std::vector<public_key> plugin_config::*>;

struct config_key {
  std::string_view name; ///< with its section: "store.map_bytes"
  key_type type;
  std::string_view unit;    ///< of the value or, of a path, address or list, of its length
  std::uint64_t least;      ///< in that unit
  std::uint64_t most;       ///< in that unit
  std::string_view initial; ///< default, as a file would say it; empty: the key must stand in the file
  bool on_reload;           ///< a reload applies it; otherwise a restart does
  std::string_view meaning; ///< one sentence
  std::string_view more;    ///< what else there is to know, or nothing
  config_member member;
};

/// Of wardline.yaml, in the order in which they are shown; keys of one section stand together, behind those
/// of none.
std::span<const config_key> config_keys();
/// Of a file of plugins.d.
std::span<const config_key> plugin_keys();

struct config_section {
  std::string_view name;
  std::string_view meaning;
};
std::span<const config_section> config_sections();

/// The rights that a plugin can have.
inline constexpr std::string_view plugin_rights_known[] = {"channels", "wakeup.message"};
/// As people read them: "channels, wakeup.message".
std::string rights_listed();

/// "store" of "store.map_bytes"; nothing where there is no section.
std::string_view section_of(std::string_view name);
/// "map_bytes" of "store.map_bytes".
std::string_view name_in_section(std::string_view name);

/// As the file would say it.
std::string value_of(const config& from, const config_key& key);

/// One setting that is not what it was.
struct config_change {
  std::string key;
  std::string from;
  std::string to;
  bool on_reload = false;
  bool operator==(const config_change&) const = default;
};
std::vector<config_change> changes_between(const config& in_force, const config& next);
/// Takes over what a reload applies; everything else stays.
void apply_reload(config& in_force, const config& next);

} // namespace wardline::daemon
