#include "unix_door.hpp"
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

namespace wardline::daemon {

int deadline::left_ms() const {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
  return left.count() < 0 ? 0 : static_cast<int>(left.count());
}

bool ready(int fd, short what, const deadline& until) {
  for (;;) {
    pollfd p{fd, what, 0};
    int got = ::poll(&p, 1, until.left_ms());
    if (got != -1 || errno != EINTR)
      return got == 1;
  }
}

bool write_all(int fd, bytes_view content, const deadline& until) {
  while (!content.empty()) {
    if (!ready(fd, POLLOUT, until))
      return false;
    auto put = ::send(fd, content.data(), content.size(), MSG_NOSIGNAL);
    if (put <= 0)
      return false;
    content = content.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

bool address_of(const std::filesystem::path& path, sockaddr_un& out) {
  const auto& text = path.native();
  out.sun_family = AF_UNIX;
  if (text.size() >= sizeof out.sun_path)
    return false;
  std::memcpy(out.sun_path, text.c_str(), text.size() + 1);
  return true;
}

unix_door::unix_door(std::filesystem::path path, std::function<void(int)> serve, complaints say,
                     ports::journal& journal)
    : path_{std::move(path)}, serve_{std::move(serve)}, say_{say}, journal_{journal} {}

unix_door::~unix_door() {
  stop();
}

bool unix_door::refuse(ports::word what, int error) const {
  journal_.write(ports::severity::warning, what, {{"error", error}});
  return false;
}

bool unix_door::start() {
  sockaddr_un address{};
  if (!address_of(path_, address))
    return refuse(say_.path_too_long, 0);
  listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listening_ < 0 || ::pipe2(wake_, O_CLOEXEC) != 0)
    return refuse(say_.not_made, errno);
  // The store's lock is held by now: whoever made this one before is gone.
  struct stat before {};
  if (::lstat(path_.c_str(), &before) == 0 && S_ISSOCK(before.st_mode))
    ::unlink(path_.c_str());
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path_.c_str(), 0660) != 0 || ::listen(listening_, door_waiting_max) != 0)
    return refuse(say_.not_made, errno);
  thread_ = std::thread{[this] { run(); }};
  return true;
}

void unix_door::stop() {
  if (thread_.joinable()) {
    const char go = 1;
    (void)!::write(wake_[1], &go, 1);
    thread_.join();
    ::unlink(path_.c_str());
  }
  for (int* fd : {&listening_, &wake_[0], &wake_[1]})
    if (*fd >= 0)
      ::close(std::exchange(*fd, -1));
}

void unix_door::run() {
  for (;;) {
    pollfd waiting[] = {{listening_, POLLIN, 0}, {wake_[0], POLLIN, 0}};
    if (::poll(waiting, 2, -1) < 0 && errno != EINTR)
      return;
    if (waiting[1].revents != 0)
      return;
    if (waiting[0].revents == 0)
      continue;
    int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) {
      // Who waits stays readable: without a pause this thread would spin until a descriptor is free.
      pollfd stopping{wake_[0], POLLIN, 0};
      if (errno != EINTR && errno != ECONNABORTED && ::poll(&stopping, 1, door_accept_pause_ms) > 0)
        return;
      continue;
    }
    serve_(connection);
    ::close(connection);
  }
}

} // namespace wardline::daemon
