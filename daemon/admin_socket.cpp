#include "admin_socket.hpp"
#include "admin_words.hpp"
#include <array>
#include <cstring>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace wardline::daemon {

namespace {

constexpr std::size_t length_bytes = 4;
/// A request may take as long as the store has for a commit, and a little more.
constexpr int answer_ms_max = 45'000;

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
  return write_all(fd, all, until);
}

} // namespace

admin_socket::admin_socket(std::filesystem::path path, answering answer, ports::journal& journal)
    : answer_{std::move(answer)}, journal_{journal}, door_{std::move(path),
                                                           [this](int connection) { serve_one(connection); },
                                                           {"admin_socket_path_too_long",
                                                            "admin_socket_not_made"},
                                                           journal} {}

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
