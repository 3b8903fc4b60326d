#pragma once
// What `wardctl status`, `wardctl doctor` and `wardctl config diff` ask a running daemon about itself, and
// what it answers: numbers, names of plugins, settings of the box. Nothing of the clinic's people.
#include "wire/expected.hpp"
#include "wire/ids.hpp"
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace wardline::admin {

/// Of one report.
inline constexpr std::size_t box_settings_max = 24;
inline constexpr std::size_t box_plugins_max = 64;
inline constexpr std::size_t box_rights_max = 4;
inline constexpr std::size_t box_problems_max = 51;
inline constexpr std::size_t box_value_bytes_max = 4'096;   ///< of a setting
inline constexpr std::size_t box_problem_bytes_max = 1'024; ///< of a problem
inline constexpr std::size_t box_word_bytes_max = 255;      ///< of a name, an address, a right

struct status_question {
  bool operator==(const status_question&) const = default;
};
struct settings_question {
  bool operator==(const settings_question&) const = default;
};
using box_question = std::variant<status_question, settings_question>;

/// The connections of one granted plugin now.
struct plugin_connections {
  std::string plugin;
  std::uint32_t links = 0;    ///< connections that said Hello
  std::uint32_t channels = 0; ///< device channels over them
  bool operator==(const plugin_connections&) const = default;
};

struct status_report {
  refusal why = refusal::none;
  std::string version;
  time_ms now = 0;   ///< the daemon's wall clock
  time_ms since = 0; ///< of this process
  clinic_id clinic;
  incarnation_id incarnation;
  std::uint64_t map_bytes = 0;  ///< address space of the store
  std::uint64_t used_bytes = 0; ///< of it: pages ever used
  std::uint64_t reserve_bytes = 0;
  std::uint64_t disk_bytes = 0, disk_free_bytes = 0; ///< of the file system below it
  bool nearly_full = false;                          ///< only urgent messages are taken
  std::uint64_t log_size = 0;                        ///< entries
  std::uint64_t checkpoint_size = 0;                 ///< entries under the last checkpoint; 0 = none yet
  time_ms checkpoint_time = 0;
  std::uint32_t people = 0, devices = 0;       ///< in use
  std::uint32_t ending = 0, ended = 0;         ///< devices whose certificate ends soon, or has ended
  std::uint32_t open_now = 0, open_urgent = 0; ///< items of level 1 and 2 that nobody has answered
  bool open_more = false;                      ///< there are more than were counted
  bool emergency_role = false;                 ///< the clinic has one
  std::uint32_t emergency_devices = 0;         ///< devices that can read for it
  std::uint8_t erasure_claim = 0;              ///< rules::erasure_claim
  std::uint64_t open_files = 0, files_max = 0; ///< descriptors of the process
  std::uint64_t locked_bytes_max = 0;          ///< of the process; UINT64_MAX: no limit
  bool core_files = true;                      ///< the process could leave one
  std::vector<plugin_connections> plugins;     ///< one for each that is granted, by name
  bool operator==(const status_report&) const = default;
};

struct box_setting {
  std::string key;
  std::string value;
  bool operator==(const box_setting&) const = default;
};

/// What is in force of one file of plugins.d.
struct box_plugin {
  std::string name;
  std::string address;
  std::vector<std::string> rights;
  std::uint32_t keys = 0;
  hash32 keys_hash{}; ///< of the keys in ascending order
  bool operator==(const box_plugin&) const = default;
};

/// The last reload.
struct box_reload {
  time_ms at = 0;
  std::vector<std::string> problems; ///< why nothing of it is in force; empty: it is
  bool operator==(const box_reload&) const = default;
};

struct settings_report {
  refusal why = refusal::none;
  std::string file; ///< that the daemon was started with
  std::vector<box_setting> settings;
  std::vector<box_plugin> plugins;
  std::optional<box_reload> reload; ///< none yet
  bool operator==(const settings_report&) const = default;
};

/// By its first two bytes; false for every act and every question about the log.
bool is_box_question(bytes_view frame);

bytes encode(const box_question& q);
bytes encode(const status_report& r);
/// Longer texts and lists than the limits above are cut.
bytes encode(const settings_report& r);
/// Complete and bounded, or a refusal.
expected<box_question> decode_box_question(bytes_view raw);
expected<status_report> decode_status_report(bytes_view raw);
expected<settings_report> decode_settings_report(bytes_view raw);

/// As box_plugin::keys_hash says; `keys` in any order.
hash32 hash_of_keys(std::vector<public_key> keys);

} // namespace wardline::admin
