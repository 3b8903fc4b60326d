#pragma once
// What is well with a box and what is not, judged from what could be seen of it: each check says what it
// found and, if it is not well, one thing to do. `wardctl doctor` gathers the facts.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace wardline::rules {

enum class check_state : std::uint8_t {
  good = 0,
  unknown, ///< it could not be seen from here
  warning, ///< soon, or less safe than it could be
  bad,     ///< now
};

struct check_result {
  std::string name; ///< one word, for programs
  check_state state = check_state::good;
  std::string what; ///< one sentence
  std::string fix;  ///< one line; empty when it is good
};

/// Shares of room left at which it is said, in per cent.
inline constexpr unsigned room_warning_percent = 10;
inline constexpr unsigned room_bad_percent = 2;
/// Share of the store's address space in use.
inline constexpr unsigned map_warning_percent = 80;
inline constexpr std::uint64_t files_min = 4'096;           ///< descriptors that a clinic's connections need
inline constexpr std::uint64_t locked_bytes_min = 4u << 20; ///< keys of all sessions at once
inline constexpr std::uint64_t checkpoint_age_ms_max = 15 * 60'000;

struct key_file_facts {
  std::string file;
  bool there = false;
  bool whole = false; ///< 32 bytes
  unsigned mode = 0;  ///< permission bits
};

struct room_facts {
  std::uint64_t all = 0;
  std::uint64_t free = 0;
};

struct plugin_facts {
  std::string name;
  bool connected = false;
};

enum class checkpoint_facts : std::uint8_t { verified = 1, none_yet, wrong };

/// What the running daemon says of itself.
struct daemon_facts {
  std::uint64_t map_bytes = 0, used_bytes = 0;
  bool nearly_full = false;
  std::uint64_t open_files = 0, files_max = 0;
  std::uint64_t locked_bytes_max = 0;
  bool core_files = true;
  std::uint64_t log_size = 0, checkpoint_size = 0;
  std::uint64_t checkpoint_age_ms = 0;
  std::vector<plugin_facts> plugins; ///< granted ones
  bool emergency_role = false;
  std::uint32_t emergency_devices = 0;
  std::uint32_t certificates_ending = 0, certificates_ended = 0;
};

/// Nothing: it could not be seen.
struct box_facts {
  std::vector<std::string> setting_problems;
  std::string settings_file;
  std::string state_dir;
  bool state_there = true;
  std::optional<unsigned> state_mode; ///< permission bits
  std::string keys_dir;
  std::optional<std::vector<key_file_facts>> keys;
  std::optional<room_facts> disk;   ///< bytes
  std::optional<room_facts> inodes; ///< none where the file system counts none
  std::optional<std::string> file_system;
  std::optional<bool> file_system_is_remote, file_system_is_memory;
  std::string erasure; ///< why an overwritten key is not gone there; empty: it is
  std::optional<bool> clock_in_step;
  std::string socket;
  std::optional<unsigned> socket_mode, socket_folder_mode;
  std::optional<daemon_facts> daemon;
  std::string daemon_silent; ///< why there is none
  std::optional<checkpoint_facts> checkpoint;
};

/// All of them, always in the same order.
std::vector<check_result> check_box(const box_facts& f);

/// One word, for JSON.
std::string_view word_of(check_state s);

} // namespace wardline::rules
