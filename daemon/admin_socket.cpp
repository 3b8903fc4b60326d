#include "admin_socket.hpp"
#include "admin_words.hpp"
#include <cerrno>
#include <chrono>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace wardline::daemon {

namespace {

constexpr std::size_t length_bytes = 4;
/// A request may take as long as the store has for a commit, and a little more.
constexpr int answer_ms_max = 45'000;

class deadline {
public:
  explicit deadline(int ms) : end_{std::chrono::steady_clock::now() + std::chrono::milliseconds{ms}} {}
  [[nodiscard]] int left_ms() const {
    auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    return left.count() < 0 ? 0 : static_cast<int>(left.count());
  }

private:
  std::chrono::steady_clock::time_point end_;
};

bool ready(int fd, short what, const deadline& until) {
  for (;;) {
    pollfd p{fd, what, 0};
    int got = ::poll(&p, 1, until.left_ms());
    if (got != -1 || errno != EINTR)
      return got == 1;
  }
}

bool read_exactly(int fd, std::span<std::uint8_t> into, const deadline& until) {
  while (!into.empty()) {
    if (!ready(fd, POLLIN, until))
      return false;
    auto got = ::read(fd, into.data(), into.size());
    if (got <= 0)
      return false;
    into = into.subspan(static_cast<std::size_t>(got));
  }
  return true;
}

/// Nothing if it is too long, cut off or too slow: no byte of a longer one is read.
std::optional<bytes> read_frame(int fd, const deadline& until) {
  std::array<std::uint8_t, length_bytes> head{};
  if (!read_exactly(fd, head, until))
    return std::nullopt;
  std::size_t length = 0;
  for (auto b : head)
    length = length << 8 | b;
  if (length > admin::frame_bytes_max)
    return std::nullopt;
  bytes out(length);
  return read_exactly(fd, out, until) ? std::optional{std::move(out)} : std::nullopt;
}

bool write_frame(int fd, bytes_view frame, const deadline& until) {
  bytes all;
  for (int shift = 24; shift >= 0; shift -= 8)
    all.push_back(static_cast<std::uint8_t>(frame.size() >> shift));
  all.insert(all.end(), frame.begin(), frame.end());
  bytes_view left{all};
  while (!left.empty()) {
    if (!ready(fd, POLLOUT, until))
      return false;
    auto put = ::send(fd, left.data(), left.size(), MSG_NOSIGNAL);
    if (put <= 0)
      return false;
    left = left.subspan(static_cast<std::size_t>(put));
  }
  return true;
}

/// False: the path is longer than the system takes.
bool address_of(const std::filesystem::path& path, sockaddr_un& out) {
  const auto& text = path.native();
  out.sun_family = AF_UNIX;
  if (text.size() >= sizeof out.sun_path)
    return false;
  std::memcpy(out.sun_path, text.c_str(), text.size() + 1);
  return true;
}

} // namespace

admin_socket::admin_socket(std::filesystem::path path, answering answer, ports::journal& journal)
    : path_{std::move(path)}, answer_{std::move(answer)}, journal_{journal} {}

admin_socket::~admin_socket() {
  stop();
}

bool admin_socket::refuse(ports::word what, int error) const {
  journal_.write(ports::severity::warning, what, {{"error", error}});
  return false;
}

bool admin_socket::start() {
  sockaddr_un address{};
  if (!address_of(path_, address))
    return refuse("admin_socket_path_too_long", 0);
  listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (listening_ < 0 || ::pipe2(wake_, O_CLOEXEC) != 0)
    return refuse("admin_socket_not_made", errno);
  // The store's lock is held by now: whoever made this one before is gone.
  struct stat before {};
  if (::lstat(path_.c_str(), &before) == 0 && S_ISSOCK(before.st_mode))
    ::unlink(path_.c_str());
  if (::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::chmod(path_.c_str(), 0660) != 0 || ::listen(listening_, admin_waiting_max) != 0)
    return refuse("admin_socket_not_made", errno);
  thread_ = std::thread{[this] { serve(); }};
  return true;
}

void admin_socket::stop() {
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

void admin_socket::serve() {
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
      if (errno != EINTR && errno != ECONNABORTED && ::poll(&stopping, 1, admin_accept_pause_ms) > 0)
        return;
      continue;
    }
    serve_one(connection);
    ::close(connection);
  }
}

void admin_socket::serve_one(int connection) const {
  auto request = read_frame(connection, deadline{admin_frame_ms_max});
  if (!request) {
    journal_.write(ports::severity::warning, "admin_frame_malformed", {});
    return;
  }
  (void)write_frame(connection, answer_(*request), deadline{admin_frame_ms_max});
}

std::optional<bytes> ask_daemon(const std::filesystem::path& socket, bytes_view request) {
  sockaddr_un address{};
  if (!address_of(socket, address))
    return std::nullopt;
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return std::nullopt;
  std::optional<bytes> out;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      write_frame(fd, request, deadline{admin_frame_ms_max}))
    out = read_frame(fd, deadline{answer_ms_max});
  ::close(fd);
  return out;
}

} // namespace wardline::daemon
