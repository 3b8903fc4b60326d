#include "process_journal.hpp"
#include <algorithm>
#include <cctype>
#include <cstdio>
#include <cstdlib>
#include <sys/uio.h>
#include <systemd/sd-journal.h>

namespace wardline::daemon {

namespace {

/// syslog numbers (RFC 5424 table 2).
int priority_of(ports::severity how) {
  switch (how) {
  case ports::severity::critical:
    return 2;
  case ports::severity::error:
    return 3;
  case ports::severity::warning:
    return 4;
  case ports::severity::notice:
    return 5;
  case ports::severity::info:
    return 6;
  case ports::severity::debug:
    break;
  }
  return 7;
}

std::string journald_field(const ports::field& f) {
  std::string out = "WARDLINE_";
  for (char c : f.name.value)
    out.push_back(static_cast<char>(std::toupper(static_cast<unsigned char>(c))));
  return out + "=" + f.value;
}

} // namespace

process_journal::process_journal() : to_journald_{std::getenv("JOURNAL_STREAM") != nullptr} {}

void process_journal::write(ports::severity how, ports::word event, std::span<const ports::field> fields) {
  if (to_journald_) {
    std::vector<std::string> lines{"MESSAGE=" + std::string{event.value},
                                   "PRIORITY=" + std::to_string(priority_of(how))};
    std::transform(fields.begin(), fields.end(), std::back_inserter(lines), journald_field);
    std::vector<iovec> parts;
    for (auto& line : lines)
      parts.push_back({line.data(), line.size()});
    sd_journal_sendv(parts.data(), static_cast<int>(parts.size()));
    return;
  }
  // Words of the source, numbers and hex: nothing in it needs escaping.
  std::string line =
      "{\"priority\":" + std::to_string(priority_of(how)) + ",\"event\":\"" + std::string{event.value} + "\"";
  for (const auto& f : fields)
    line += ",\"" + std::string{f.name.value} + "\":\"" + f.value + "\"";
  line += "}\n";
  std::lock_guard hold{mutex_};
  std::fwrite(line.data(), 1, line.size(), stderr);
}

} // namespace wardline::daemon
