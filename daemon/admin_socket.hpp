#pragma once
// The socket through which `wardctl` talks to the running daemon: one request, one answer, one connection at
// a time. A frame is u32 BE length | bytes. Who may connect is decided by the folder; nobody is asked who he
// is.
#include "ports/journal.hpp"
#include <filesystem>
#include <functional>
#include <optional>
#include <thread>

namespace wardline::daemon {

/// Milliseconds for a whole request to come, and for its answer to be taken.
inline constexpr int admin_frame_ms_max = 5'000;
/// Connections waiting for the one being served; further ones are turned away by the system.
inline constexpr int admin_waiting_max = 8;
/// Milliseconds until the next try when the process has no file descriptor left for a connection.
inline constexpr int admin_accept_pause_ms = 200;

class admin_socket {
public:
  /// The answer to a request of at most admin::frame_bytes_max bytes; called on the socket's own thread.
  using answering = std::function<bytes(bytes_view)>;

  admin_socket(std::filesystem::path path, answering answer, ports::journal& journal);
  admin_socket(const admin_socket&) = delete;
  admin_socket& operator=(const admin_socket&) = delete;
  ~admin_socket();

  /// False: it cannot be made there; the journal says why, and nobody else is harmed.
  bool start();
  /// Lets a request that is being answered end.
  void stop();

private:
  void serve();
  void serve_one(int connection) const;
  bool refuse(ports::word what, int error) const;

  std::filesystem::path path_;
  answering answer_;
  ports::journal& journal_;
  int listening_ = -1;
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

/// For wardctl: one request, and the answer; nothing if nobody answers there.
std::optional<bytes> ask_daemon(const std::filesystem::path& socket, bytes_view request);

} // namespace wardline::daemon
