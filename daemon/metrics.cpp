#include "metrics.hpp"
#include <array>
#include <poll.h>
#include <unistd.h>

namespace wardline::daemon {

namespace {

struct family {
  const char* name;
  const char* help;
  std::uint64_t (*value)(const admin::status_report&);
};

/// Times are seconds since 1970 UTC, as Prometheus has them.
constexpr std::uint64_t seconds(time_ms ms) {
  return ms / 1'000;
}

using report = admin::status_report;
const family families[] = {
    {"start_time_seconds", "When this process began to serve.",
     [](const report& s) { return seconds(s.since); }},
    {"store_map_bytes", "Address space of the store.", [](const report& s) { return s.map_bytes; }},
    {"store_used_bytes", "Of it: pages ever used.", [](const report& s) { return s.used_bytes; }},
    {"store_reserve_bytes", "Kept for what cannot wait.", [](const report& s) { return s.reserve_bytes; }},
    {"store_nearly_full", "1: only urgent messages are taken.",
     [](const report& s) { return std::uint64_t{s.nearly_full}; }},
    {"disk_bytes", "Size of the file system below the store.", [](const report& s) { return s.disk_bytes; }},
    {"disk_free_bytes", "Of it: free.", [](const report& s) { return s.disk_free_bytes; }},
    {"log_entries", "Entries of the audit log.", [](const report& s) { return s.log_size; }},
    {"checkpoint_entries", "Entries under its last checkpoint.",
     [](const report& s) { return s.checkpoint_size; }},
    {"checkpoint_time_seconds", "When that was signed.",
     [](const report& s) { return seconds(s.checkpoint_time); }},
    {"people", "People who are known.", [](const report& s) { return std::uint64_t{s.people}; }},
    {"devices", "Devices in use.", [](const report& s) { return std::uint64_t{s.devices}; }},
    {"emergency_devices", "Devices that can read for the emergency role.",
     [](const report& s) { return std::uint64_t{s.emergency_devices}; }},
    {"certificates_ending", "Device certificates that end within 30 days.",
     [](const report& s) { return std::uint64_t{s.ending}; }},
    {"certificates_ended", "Device certificates that have ended.",
     [](const report& s) { return std::uint64_t{s.ended}; }},
    {"open_files", "File descriptors in use.", [](const report& s) { return s.open_files; }},
    {"files_max", "File descriptors that may be in use.", [](const report& s) { return s.files_max; }},
};

std::string head_of(const std::string& name, const std::string& help) {
  return "# HELP wardline_" + name + " " + help + "\n# TYPE wardline_" + name + " gauge\n";
}

std::string sample(const std::string& name, const std::string& label, std::uint64_t value) {
  return "wardline_" + name + (label.empty() ? "" : "{" + label + "}") + " " + std::to_string(value) + "\n";
}

/// Names of plugins and versions hold nothing that needs an escape; what does is left out.
std::string label(const std::string& name, const std::string& value) {
  std::string kept;
  for (char c : value)
    if (c > 0x20 && c < 0x7f && c != '"' && c != '\\')
      kept += c;
  return name + "=\"" + kept + "\"";
}

/// The request's first line, or nothing if its head is too long, cut off or too slow.
std::optional<std::string> read_request(int fd) {
  deadline until{scrape_ms_max};
  std::string head;
  std::array<char, 1'024> part{};
  while (head.find("\r\n\r\n") == std::string::npos) {
    if (head.size() > scrape_bytes_max || !ready(fd, POLLIN, until))
      return std::nullopt;
    auto got = ::read(fd, part.data(), part.size());
    if (got <= 0)
      return std::nullopt;
    head.append(part.data(), static_cast<std::size_t>(got));
  }
  return head.substr(0, head.find("\r\n"));
}

std::string response(const char* status, const std::string& body) {
  return std::string{"HTTP/1.1 "} + status +
         "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nConnection: "
         "close\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\n\r\n" + body;
}

} // namespace

std::string metrics_text(const admin::status_report& s, const std::optional<reload_outcome>& reload) {
  std::string out =
      head_of("info", "Which program this is.") + sample("info", label("version", s.version), 1);
  for (const auto& f : families)
    out += head_of(f.name, f.help) + sample(f.name, {}, f.value(s));
  out += head_of("open_items", "Messages of level 1 and 2 that nobody has answered.") +
         sample("open_items", label("level", "now"), s.open_now) +
         sample("open_items", label("level", "urgent"), s.open_urgent);
  out += head_of("plugin_links", "Connections of each granted plugin.");
  for (const auto& p : s.plugins)
    out += sample("plugin_links", label("plugin", p.plugin), p.links);
  out += head_of("plugin_channels", "Device channels over them.");
  for (const auto& p : s.plugins)
    out += sample("plugin_channels", label("plugin", p.plugin), p.channels);
  out += head_of("reload_failed", "1: the last reload of the settings changed nothing.") +
         sample("reload_failed", {}, reload && !reload->problems.empty() ? 1 : 0);
  return out;
}

metrics_socket::metrics_socket(std::filesystem::path path, std::function<std::string()> text,
                               ports::journal& journal)
    : text_{std::move(text)}, door_{std::move(path),
                                    [this](int connection) { serve_one(connection); },
                                    {"metrics_socket_path_too_long", "metrics_socket_not_made"},
                                    journal} {}

void metrics_socket::serve_one(int connection) const {
  auto request = read_request(connection);
  auto said = !request                                ? response("400 Bad Request", "")
              : request->starts_with("GET /metrics ") ? response("200 OK", text_())
                                                      : response("404 Not Found", "GET /metrics\n");
  (void)write_all(connection, view(said), deadline{scrape_ms_max});
}

} // namespace wardline::daemon
