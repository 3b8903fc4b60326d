#pragma once
// The box's figures as Prometheus reads them (text format 0.0.4), over a unix socket that speaks just enough
// HTTP. The only label that is no word of this source is a plugin's name; nothing of the clinic's people.
#include "box_words.hpp"
#include "settings_board.hpp"
#include "unix_door.hpp"

namespace wardline::daemon {

/// Bytes of a request's head, and milliseconds for a request to come and its answer to be taken.
inline constexpr std::size_t scrape_bytes_max = 8'192;
inline constexpr int scrape_ms_max = 5'000;

/// One sample a line, each family with its HELP and TYPE. `reload`: the last one, if there was any.
std::string metrics_text(const admin::status_report& s, const std::optional<reload_outcome>& reload);

/// Serves GET /metrics.
class metrics_socket {
public:
  /// `text` is called on the socket's own thread.
  metrics_socket(std::filesystem::path path, std::function<std::string()> text, ports::journal& journal);

  /// False: it cannot be made there; the journal says why, and nobody else is harmed.
  bool start() { return door_.start(); }
  void stop() { door_.stop(); }

private:
  void serve_one(int connection) const;

  std::function<std::string()> text_;
  unix_door door_; // last: its thread uses the other
};

} // namespace wardline::daemon
