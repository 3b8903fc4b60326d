#pragma once
// A unix socket that serves one connection after the other on a thread of its own. Who may connect is decided
// by the folder that it lies in; nobody is asked who he is.
#include "ports/journal.hpp"
#include <chrono>
#include <filesystem>
#include <functional>
#include <span>
#include <thread>

struct sockaddr_un;

namespace wardline::daemon {

/// Connections waiting for the one being served; further ones are turned away by the system.
inline constexpr int door_waiting_max = 8;
/// Milliseconds until the next try when the process has no file descriptor left for a connection.
inline constexpr int door_accept_pause_ms = 200;

/// Until when something on a connection has to be over.
class deadline {
public:
  explicit deadline(int ms) : end_{std::chrono::steady_clock::now() + std::chrono::milliseconds{ms}} {}
  [[nodiscard]] int left_ms() const;

private:
  std::chrono::steady_clock::time_point end_;
};

/// poll(2) for one thing; false: its time is over.
bool ready(int fd, short what, const deadline& until);
/// False: gone, or too slow.
bool write_all(int fd, bytes_view content, const deadline& until);
/// False: the path is longer than the system takes.
bool address_of(const std::filesystem::path& path, sockaddr_un& out);

class unix_door {
public:
  /// What the journal says when it cannot be made there.
  struct complaints {
    ports::word path_too_long;
    ports::word not_made;
  };

  /// `serve` is called with each connection on the door's own thread; the door closes it afterwards.
  unix_door(std::filesystem::path path, std::function<void(int)> serve, complaints say,
            ports::journal& journal);
  unix_door(const unix_door&) = delete;
  unix_door& operator=(const unix_door&) = delete;
  ~unix_door();

  /// False: it cannot be made there; the journal says why, and nobody else is harmed.
  bool start();
  /// Lets a connection that is being served end.
  void stop();

private:
  void run();
  bool refuse(ports::word what, int error) const;

  std::filesystem::path path_;
  std::function<void(int)> serve_;
  complaints say_;
  ports::journal& journal_;
  int listening_ = -1;
  int wake_[2] = {-1, -1};
  std::thread thread_;
};

} // namespace wardline::daemon
