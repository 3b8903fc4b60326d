// Preloaded into a daemon: as long as the file $FAILING_DISK.sync is there, the store's disk answers every
// sync with EIO; with $FAILING_DISK.write every write. Everything else goes on to the C library.
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

bool fails(int fd, const char* what) {
  const char* trigger = std::getenv("FAILING_DISK");
  char path[512];
  if (trigger == nullptr || std::snprintf(path, sizeof path, "%s.%s", trigger, what) >= int{sizeof path} ||
      ::access(path, F_OK) != 0)
    return false;
  char link[64];
  char file[512];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  auto n = ::readlink(link, file, sizeof file - 1);
  if (n <= 0)
    return false;
  file[n] = 0;
  return std::strstr(file, "/data.mdb") != nullptr;
}

} // namespace

extern "C" {

int fdatasync(int fd) {
  if (fails(fd, "sync"))
    return errno = EIO, -1;
  return static_cast<int>(::syscall(SYS_fdatasync, fd));
}

ssize_t writev(int fd, const iovec* from, int count) {
  if (fails(fd, "write"))
    return errno = EIO, -1;
  return ::syscall(SYS_writev, fd, from, count);
}

ssize_t pwrite(int fd, const void* from, size_t n, off_t at) {
  if (fails(fd, "write"))
    return errno = EIO, -1;
  return ::syscall(SYS_pwrite64, fd, from, n, at);
}

ssize_t pwrite64(int fd, const void* from, size_t n, off_t at) {
  return pwrite(fd, from, n, at);
}

ssize_t pwritev(int fd, const iovec* from, int count, off_t at) {
  if (fails(fd, "write"))
    return errno = EIO, -1;
  return ::syscall(SYS_pwritev, fd, from, count, at, 0);
}

ssize_t pwritev64(int fd, const iovec* from, int count, off_t at) {
  return pwritev(fd, from, count, at);
}

} // extern "C"
