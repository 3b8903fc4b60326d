#pragma once
// What a stranger says to a unix socket of the daemon, and hears.
#include "unix_door.hpp"
#include <string>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace wardline {

/// Sends a request and gives all that comes back; nothing if nobody listens. `end`: nothing more will come.
inline std::string talk(const std::filesystem::path& path, const std::string& request, bool end = false) {
  sockaddr_un address{};
  if (!daemon::address_of(path, address))
    return {};
  int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    ::close(fd);
    return {};
  }
  (void)daemon::write_all(fd, view(request), daemon::deadline{5'000});
  if (end)
    ::shutdown(fd, SHUT_WR);
  std::string out;
  char part[4'096];
  for (ssize_t got = 0; (got = ::read(fd, part, sizeof part)) > 0;)
    out.append(part, static_cast<std::size_t>(got));
  ::close(fd);
  return out;
}

} // namespace wardline
