#pragma once
// The socket through which `wardctl` talks to the running daemon: one request, one answer, one connection at
// a time. A frame is u32 BE length | bytes.
#include "unix_door.hpp"
#include <optional>

namespace wardline::daemon {

/// Milliseconds for a whole request to come, and for its answer to be taken.
inline constexpr int admin_frame_ms_max = 5'000;

class admin_socket {
public:
  /// The answer to a request of at most admin::frame_bytes_max bytes; called on the socket's own thread.
  using answering = std::function<bytes(bytes_view)>;

  admin_socket(std::filesystem::path path, answering answer, ports::journal& journal);

  /// False: it cannot be made there; the journal says why, and nobody else is harmed.
  bool start() { return door_.start(); }
  /// Lets a request that is being answered end.
  void stop() { door_.stop(); }

private:
  void serve_one(int connection) const;

  answering answer_;
  ports::journal& journal_;
  unix_door door_; // last: its thread uses the others
};

/// For wardctl: one request, and the answer; nothing if nobody answers there.
std::optional<bytes> ask_daemon(const std::filesystem::path& socket, bytes_view request);

} // namespace wardline::daemon
