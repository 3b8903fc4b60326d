#include "durable_file.hpp"
#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace wardline {

bool write_at(int fd, bytes_view content, off_t at) {
  while (!content.empty()) {
    auto n = ::pwrite(fd, content.data(), content.size(), at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    content = content.subspan(static_cast<std::size_t>(n));
    at += n;
  }
  return true;
}

bool read_at(int fd, std::span<std::uint8_t> out, off_t at) {
  while (!out.empty()) {
    auto n = ::pread(fd, out.data(), out.size(), at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n == 0)
      errno = 0;
    if (n <= 0)
      return false;
    out = out.subspan(static_cast<std::size_t>(n));
    at += n;
  }
  return true;
}

bool disk_holds(int fd, bytes_view content, off_t at) {
  struct free_it {
    void operator()(void* p) const { std::free(p); }
  };
  std::unique_ptr<void, free_it> room{std::aligned_alloc(4096, content.size())};
  if (!room) {
    errno = ENOMEM;
    return false;
  }
  std::span found{static_cast<std::uint8_t*>(room.get()), content.size()};
  // Not every file system knows O_DIRECT (tmpfs does not): then the page cache must do.
  auto name = "/proc/self/fd/" + std::to_string(fd);
  int direct = ::open(name.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
  bool read = direct >= 0 && read_at(direct, found, at);
  if (direct >= 0)
    ::close(direct);
  if (!read && !read_at(fd, found, at))
    return false;
  if (std::equal(content.begin(), content.end(), found.begin()))
    return true;
  errno = EIO;
  return false;
}

bool sync_folder(const std::filesystem::path& folder) {
  int fd = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0)
    return false;
  bool good = ::fsync(fd) == 0;
  int why = errno;
  ::close(fd);
  errno = why;
  return good;
}

} // namespace wardline
