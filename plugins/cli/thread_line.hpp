#pragma once
// What a person types in `ward thread`: the table of its commands, and reading one line by it. Pure.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace wardline::cli {

enum class thread_act : std::uint8_t {
  nothing,
  text,
  open,
  ack,
  claim,
  release,
  send,
  level,
  with,
  inbox,
  help,
  quit,
  wrong, ///< `word` says what is wrong
};

struct thread_command {
  thread_act act;
  std::string_view name;      ///< without the slash
  std::string_view arguments; ///< as help shows them
  std::string_view about;
};

const std::vector<thread_command>& thread_commands();

struct thread_line {
  thread_act act = thread_act::nothing;
  std::string word;         ///< text, level or name
  std::uint32_t number = 0; ///< of a message; 0: none was given
  std::string reason;       ///< open: why, off duty
};

/// A line that begins with a slash is a command; with two, a text that begins with one.
thread_line read_thread_line(const std::string& typed);

std::string thread_help();

/// What may stand in place of `typed`: commands, and names behind `/with `.
std::vector<std::string> thread_completions(const std::string& typed, const std::vector<std::string>& names);

} // namespace wardline::cli
