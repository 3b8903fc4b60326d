#pragma once
// What `ward` shows: plain sentences for people, or one JSON object for programs; exit codes of sysexits.h.
// JSON of every command: {"ok": true, ...} or {"ok": false, "refusal": NAME, "number": N, "sentence": TEXT};
// a command line that cannot be read is refused by "usage", which has no number.
// Times are milliseconds since 1970 UTC, ids lower-case hex. Text of messages appears on stdout of `open`,
// `thread` and `search --texts` alone; what others wrote is shown without what could steer the terminal.
#include "client/device.hpp"
#include <nlohmann/json.hpp>

namespace wardline::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_usage = 64;
inline constexpr int exit_bad_data = 65;
inline constexpr int exit_no_input = 66;
inline constexpr int exit_no_such_person = 67;
inline constexpr int exit_unavailable = 69;
inline constexpr int exit_software = 70;
inline constexpr int exit_cannot_create = 73;
inline constexpr int exit_io = 74;
inline constexpr int exit_try_later = 75;
inline constexpr int exit_not_allowed = 77;

/// By what the person can do about it: look for a typing error, wait, log in, or call somebody.
int exit_code_of(refusal why);

class terminal {
public:
  explicit terminal(bool as_json) : json_{as_json} {}

  /// The result of the command: `text` for people, `data` (an object) for programs.
  int result(const std::string& text, nlohmann::json data) const;
  /// `more` stands behind the refusal's own sentence, for people.
  int refuse(const client::refused& no, const std::string& more = {}, int code = -1) const;
  int refuse(refusal why, const std::string& more = {}, int code = -1) const;
  /// The command itself is wrong: {"ok": false, "refusal": "usage", "number": 0, "sentence": TEXT};
  /// exit_usage.
  int usage(const std::string& sentence) const;
  /// Something beside the result, on stderr. Never names or text of a message.
  void remark(const std::string& sentence) const;
  /// Where remarks go instead, while somebody is typing; nothing: stderr again.
  void remarks_to(std::function<void(const std::string&)> where) { where_ = std::move(where); }
  [[nodiscard]] bool as_json() const { return json_; }

private:
  bool json_;
  std::function<void(const std::string&)> where_;
};

/// "2026-03-01 14:05", local time.
std::string show_time(time_ms at);
/// now, urgent, today, routine, info; unscored is shown as today.
std::string show_level(client::urgency level);
/// staff, patient, station, service.
std::string class_name(e2ee::device_class c);
std::optional<client::urgency> read_level(const std::string& word);

/// First line of a file, without its end. Nothing if it cannot be read or is longer than a password may be.
std::optional<std::string> read_password_file(const std::string& path);
/// Asked on the terminal without echo. Nothing if there is no terminal.
std::optional<std::string> ask_password(const std::string& question);
/// A whole file of at most `bytes_max`.
std::optional<bytes> read_file(const std::string& path, std::size_t bytes_max);
/// A new file that only the owner reads; false if it exists or cannot be written.
bool write_new_file(const std::string& path, bytes_view content);

/// The same in two steps: made before an act that cannot be taken back, filled after it. Goes again unless it
/// was filled.
class reserved_file {
public:
  explicit reserved_file(std::string path);
  reserved_file(const reserved_file&) = delete;
  reserved_file& operator=(const reserved_file&) = delete;
  ~reserved_file();
  [[nodiscard]] bool made() const { return fd_ >= 0; }
  /// Durable when true; once.
  bool fill(bytes_view content);

private:
  std::string path_;
  int fd_;
  bool filled_ = false;
};

} // namespace wardline::cli
