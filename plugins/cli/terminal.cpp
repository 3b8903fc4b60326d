#include "terminal.hpp"
#include "characters.hpp"
#include "wire/limits.hpp"
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <iostream>
#include <termios.h>
#include <unistd.h>

namespace wardline::cli {

namespace {

/// Reads one line from the terminal itself, not from stdin.
std::optional<std::string> line_from(int fd) {
  std::string out;
  char c = 0;
  while (::read(fd, &c, 1) == 1 && c != '\n' && out.size() <= wire::password_bytes_max)
    out.push_back(c);
  return c == '\n' ? std::optional{out} : std::nullopt;
}

} // namespace

int exit_code_of(refusal why) {
  switch (why) {
  case refusal::none:
    return exit_ok;
  case refusal::link_down:
    return exit_unavailable;
  case refusal::not_found:
  case refusal::recipient_not_ready:
    return exit_no_such_person;
  case refusal::timed_out:
  case refusal::overloaded:
  case refusal::too_many_unanswered:
  case refusal::too_many_tries:
  case refusal::store_locked:
  case refusal::storage_refused:
    return exit_try_later;
  case refusal::not_logged_in:
  case refusal::wrong_password:
  case refusal::wrong_code:
  case refusal::not_registrar:
  case refusal::registrar_out_of_scope:
  case refusal::second_registrar_missing:
  case refusal::not_entitled_to_act:
  case refusal::device_revoked:
  case refusal::device_wiped:
  case refusal::plugin_not_granted:
    return exit_not_allowed;
  case refusal::store_not_openable:
    return exit_io;
  default:
    return exit_bad_data;
  }
}

int terminal::result(const std::string& text, nlohmann::json data) const {
  if (json_) {
    data["ok"] = true;
    std::cout << data.dump() << '\n';
  } else if (!text.empty()) {
    std::cout << harmless(text) << (text.ends_with('\n') ? "" : "\n");
  }
  std::cout.flush();
  return std::cout ? exit_ok : exit_io;
}

int terminal::refuse(const client::refused& no, const std::string& more, int code) const {
  if (json_) {
    nlohmann::json out = {{"ok", false},
                          {"refusal", name_of(no.why)},
                          {"number", static_cast<unsigned>(no.why)},
                          {"sentence", sentence_of(no.why)}};
    if (no.time != 0)
      out["not_before_or_when_ms"] = no.time;
    std::cout << out.dump() << '\n';
  } else {
    std::cerr << sentence_of(no.why) << (more.empty() ? "" : " ") << harmless(more) << '\n';
  }
  return code >= 0 ? code : exit_code_of(no.why);
}

int terminal::usage(const std::string& sentence) const {
  if (json_)
    std::cout
        << nlohmann::json{{"ok", false}, {"refusal", "usage"}, {"number", 0}, {"sentence", sentence}}.dump()
        << '\n';
  else
    std::cerr << sentence << '\n';
  return exit_usage;
}

int terminal::refuse(refusal why, const std::string& more, int code) const {
  client::refused no;
  no.why = why;
  return refuse(no, more, code);
}

void terminal::remark(const std::string& sentence) const {
  if (where_)
    where_(sentence);
  else
    std::cerr << harmless(sentence) << '\n';
}

std::string show_time(time_ms at) {
  auto seconds = static_cast<std::time_t>(at / 1'000);
  std::tm local{};
  if (localtime_r(&seconds, &local) == nullptr)
    return "an unknown time";
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}", local.tm_year + 1900, local.tm_mon + 1, local.tm_mday,
                     local.tm_hour, local.tm_min);
}

std::string show_level(client::urgency level) {
  switch (level) {
  case client::urgency::now:
    return "now";
  case client::urgency::urgent:
    return "urgent";
  case client::urgency::routine:
    return "routine";
  case client::urgency::info:
    return "info";
  case client::urgency::unscored:
  case client::urgency::today:
    break;
  }
  return "today";
}

std::string class_name(e2ee::device_class c) {
  switch (c) {
  case e2ee::device_class::personal_staff:
    return "staff";
  case e2ee::device_class::personal_patient:
    return "patient";
  case e2ee::device_class::station:
    return "station";
  case e2ee::device_class::service:
    break;
  }
  return "service";
}

std::optional<client::urgency> read_level(const std::string& word) {
  for (auto level : {client::urgency::now, client::urgency::urgent, client::urgency::today,
                     client::urgency::routine, client::urgency::info})
    if (word == show_level(level))
      return level;
  return std::nullopt;
}

std::optional<bytes> read_file(const std::string& path, std::size_t bytes_max) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return std::nullopt;
  bytes out(bytes_max + 1);
  std::size_t size = 0;
  ssize_t n = 0;
  while (size < out.size() && (n = ::read(fd, out.data() + size, out.size() - size)) > 0)
    size += static_cast<std::size_t>(n);
  ::close(fd);
  if (n < 0 || size > bytes_max)
    return std::nullopt;
  out.resize(size);
  return out;
}

bool write_new_file(const std::string& path, bytes_view content) {
  reserved_file file{path};
  return file.made() && file.fill(content);
}

reserved_file::reserved_file(std::string path)
    : path_{std::move(path)}, fd_{::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600)} {}

reserved_file::~reserved_file() {
  if (fd_ < 0)
    return;
  ::close(fd_);
  if (!filled_)
    ::unlink(path_.c_str());
}

bool reserved_file::fill(bytes_view content) {
  std::size_t at = 0;
  ssize_t n = 1;
  while (at < content.size() && (n = ::write(fd_, content.data() + at, content.size() - at)) > 0)
    at += static_cast<std::size_t>(n);
  filled_ = at == content.size() && ::fsync(fd_) == 0;
  return filled_;
}

std::optional<std::string> read_password_file(const std::string& path) {
  auto raw = read_file(path, wire::password_bytes_max + 2);
  if (!raw)
    return std::nullopt;
  std::string out{text(*raw)};
  wipe(*raw);
  out.resize(std::min(out.find_first_of("\r\n"), out.size()));
  return out;
}

std::optional<std::string> ask_password(const std::string& question) {
  int fd = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  termios before{};
  if (fd < 0 || ::tcgetattr(fd, &before) != 0) {
    if (fd >= 0)
      ::close(fd);
    return std::nullopt;
  }
  auto silent = before;
  silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  ::tcsetattr(fd, TCSAFLUSH, &silent);
  (void)!::write(fd, question.data(), question.size());
  auto out = line_from(fd);
  ::tcsetattr(fd, TCSAFLUSH, &before);
  (void)!::write(fd, "\n", 1);
  ::close(fd);
  return out;
}

} // namespace wardline::cli
