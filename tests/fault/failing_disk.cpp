// Preloaded into a daemon: its disk fails. Everything that is not told to goes on to the C library.
//
//   FAILING_DISK=T          as long as the file T.sync is there, every sync of the store's file answers EIO;
//   with
//                           T.write every write
//   FAILING_DISK_BELOW=F    with these, of the files below the folder F:
//   FAILING_DISK_CALL=write, FAILING_DISK_AT=N  the N-th write puts half of it on the disk and answers EIO
//   FAILING_DISK_CALL=sync,  FAILING_DISK_AT=N  the N-th sync does nothing and answers EIO
//   FAILING_DISK_CALL=lie   no sync does anything, and each says that it did; the same for O_DSYNC
//   FAILING_DISK_SAID=G     which file it was is written into the file G
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace {

std::atomic<long> calls{0};

bool file_of(int fd, char (&file)[512]) {
  char link[64];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  auto n = ::readlink(link, file, sizeof file - 1);
  file[n > 0 ? n : 0] = 0;
  return n > 0;
}

bool is(const char* name, const char* value) {
  const char* found = std::getenv(name);
  return found != nullptr && std::strcmp(found, value) == 0;
}

bool is_below(const char* file) {
  const char* folder = std::getenv("FAILING_DISK_BELOW");
  return folder != nullptr && std::strncmp(file, folder, std::strlen(folder)) == 0;
}

bool lies() {
  return is("FAILING_DISK_CALL", "lie");
}

bool fails(int fd, const char* what) {
  const char* trigger = std::getenv("FAILING_DISK");
  char path[512];
  if (trigger == nullptr || std::snprintf(path, sizeof path, "%s.%s", trigger, what) >= int{sizeof path} ||
      ::access(path, F_OK) != 0)
    return false;
  char file[512];
  return file_of(fd, file) && std::strstr(file, "/data.mdb") != nullptr;
}

/// This is the call that was waited for.
bool is_its_turn(int fd, const char* what) {
  char file[512];
  const char* at = std::getenv("FAILING_DISK_AT");
  if (at == nullptr || !is("FAILING_DISK_CALL", what) || !file_of(fd, file) || !is_below(file) ||
      ++calls != std::atol(at))
    return false;
  if (const char* said = std::getenv("FAILING_DISK_SAID"); said != nullptr) {
    int out = ::open(said, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    [[maybe_unused]] auto n = ::syscall(SYS_write, out, file, std::strlen(file));
    ::close(out);
  }
  return true;
}

int fail() {
  return errno = EIO, -1;
}

int sync(int fd, long number) {
  char file[512];
  if (lies() && file_of(fd, file) && is_below(file))
    return 0;
  if (fails(fd, "sync") || is_its_turn(fd, "sync"))
    return fail();
  return static_cast<int>(::syscall(number, fd));
}

int open_file(const char* path, int flags, unsigned mode) {
  if (lies() && is_below(path))
    flags &= ~(O_DSYNC | O_SYNC);
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

unsigned mode_in(int flags, va_list rest) {
  return (flags & O_CREAT) != 0 ? va_arg(rest, unsigned) : 0;
}

} // namespace

extern "C" {

int fdatasync(int fd) {
  return sync(fd, SYS_fdatasync);
}

int fsync(int fd) {
  return sync(fd, SYS_fsync);
}

int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  auto mode = mode_in(flags, rest);
  va_end(rest);
  return open_file(path, flags, mode);
}

int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  auto mode = mode_in(flags, rest);
  va_end(rest);
  return open_file(path, flags, mode);
}

ssize_t writev(int fd, const iovec* from, int count) {
  if (fails(fd, "write"))
    return fail();
  if (is_its_turn(fd, "write"))
    return ::syscall(SYS_writev, fd, from, count / 2), fail();
  return ::syscall(SYS_writev, fd, from, count);
}

ssize_t pwrite(int fd, const void* from, size_t n, off_t at) {
  if (fails(fd, "write"))
    return fail();
  if (is_its_turn(fd, "write"))
    return ::syscall(SYS_pwrite64, fd, from, n / 2, at), fail();
  return ::syscall(SYS_pwrite64, fd, from, n, at);
}

ssize_t pwrite64(int fd, const void* from, size_t n, off_t at) {
  return pwrite(fd, from, n, at);
}

ssize_t pwritev(int fd, const iovec* from, int count, off_t at) {
  if (fails(fd, "write"))
    return fail();
  if (is_its_turn(fd, "write"))
    return ::syscall(SYS_pwritev, fd, from, count / 2, at, 0), fail();
  return ::syscall(SYS_pwritev, fd, from, count, at, 0);
}

ssize_t pwritev64(int fd, const iovec* from, int count, off_t at) {
  return pwritev(fd, from, count, at);
}

} // extern "C"
