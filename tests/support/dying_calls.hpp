#pragma once
// A process that dies at a chosen call to the system, or a machine that loses its power there. Included by
// exactly one source of a program: it brings the program's own fsync, rename, ..., which come before the C
// library's, for libraries too.
#include <csignal>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace wardline::dying {

/// What happens at the chosen call.
enum class death {
  kill,      ///< the process is gone; what it wrote stays in the page cache
  torn,      ///< likewise, after half of what was to be written
  power_cut, ///< what was written and not synced since is not on the disk: all of it, or every other write
};

/// Counts down the calls below in the child that is to die; at zero it does.
inline struct {
  int calls_left = -1; ///< -1: nobody dies
  death how = death::kill;
} doom;

/// What stood where a write went that is not synced: a power cut puts it back.
struct unsynced_write {
  int fd;
  dev_t device;
  ino_t file;
  off_t at;
  std::vector<char> before;
};
inline std::vector<unsynced_write> unsynced;

inline void remember_before(int fd, std::size_t n, off_t at) {
  struct stat of {};
  if (at < 0 || doom.how != death::power_cut || doom.calls_left < 0 ||
      (::fcntl(fd, F_GETFL) & O_DSYNC) != 0 || ::fstat(fd, &of) != 0)
    return;
  std::vector<char> before(n); // behind the end of the file: zeros
  [[maybe_unused]] auto had = ::syscall(SYS_pread64, fd, before.data(), n, at);
  unsynced.push_back({fd, of.st_dev, of.st_ino, at, std::move(before)});
}

inline void synced(int fd) {
  struct stat of {};
  if (unsynced.empty() || ::fstat(fd, &of) != 0)
    return;
  std::erase_if(unsynced,
                [&](const unsynced_write& w) { return w.device == of.st_dev && w.file == of.st_ino; });
}

inline void lose_unsynced() {
  bool every_other = unsynced.size() % 2 == 1; // disks write in any order
  for (std::size_t i = unsynced.size(); i-- > 0;)
    if (!every_other || i % 2 == 0)
      ::syscall(SYS_pwrite64, unsynced[i].fd, unsynced[i].before.data(), unsynced[i].before.size(),
                unsynced[i].at);
}

inline bool this_one() {
  return doom.calls_left >= 0 && doom.calls_left-- == 0;
}

inline void die() {
  lose_unsynced();
  ::kill(::getpid(), SIGKILL);
}

/// Runs the act in a child that dies at the nth call after it called what it was given. 1: it died; 0: it
/// came to its end before, and answered true; -1: it answered false.
template <class Act>
int run_and_die(int nth, death how, Act act) {
  auto child = ::fork();
  if (child < 0)
    return -1;
  if (child == 0) {
    doom.how = how;
    ::_exit(act([&] { doom.calls_left = nth; }) ? 0 : 3);
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child)
    return -1;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
    return 1;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

} // namespace wardline::dying

extern "C" {

ssize_t pwrite(int fd, const void* from, size_t n, off_t at) {
  if (wardline::dying::this_one()) {
    if (wardline::dying::doom.how == wardline::dying::death::torn)
      ::syscall(SYS_pwrite64, fd, from, n / 2, at);
    wardline::dying::die();
  }
  wardline::dying::remember_before(fd, n, at);
  return ::syscall(SYS_pwrite64, fd, from, n, at);
}

/// LMDB seeks and then writes many pages at once.
ssize_t writev(int fd, const iovec* from, int count) {
  if (wardline::dying::this_one()) {
    if (wardline::dying::doom.how == wardline::dying::death::torn)
      ::syscall(SYS_writev, fd, from, count / 2);
    wardline::dying::die();
  }
  std::size_t n = 0;
  for (int i = 0; i < count; ++i)
    n += from[i].iov_len;
  wardline::dying::remember_before(fd, n, ::lseek(fd, 0, SEEK_CUR));
  return ::syscall(SYS_writev, fd, from, count);
}

int fsync(int fd) {
  if (wardline::dying::this_one())
    wardline::dying::die();
  auto out = static_cast<int>(::syscall(SYS_fsync, fd));
  wardline::dying::synced(fd);
  return out;
}

int fdatasync(int fd) {
  if (wardline::dying::this_one())
    wardline::dying::die();
  auto out = static_cast<int>(::syscall(SYS_fdatasync, fd));
  wardline::dying::synced(fd);
  return out;
}

int ftruncate(int fd, off_t size) noexcept {
  if (wardline::dying::this_one())
    wardline::dying::die();
  return static_cast<int>(::syscall(SYS_ftruncate, fd, size));
}

int link(const char* from, const char* to) noexcept {
  if (wardline::dying::this_one())
    wardline::dying::die();
  return static_cast<int>(::syscall(SYS_link, from, to));
}

int rename(const char* from, const char* to) noexcept {
  if (wardline::dying::this_one())
    wardline::dying::die();
  return static_cast<int>(::syscall(SYS_rename, from, to));
}

int renameat2(int from_at, const char* from, int to_at, const char* to, unsigned flags) noexcept {
  if (wardline::dying::this_one())
    wardline::dying::die();
  return static_cast<int>(::syscall(SYS_renameat2, from_at, from, to_at, to, flags));
}

int unlink(const char* path) noexcept {
  if (wardline::dying::this_one())
    wardline::dying::die();
  return static_cast<int>(::syscall(SYS_unlink, path));
}

} // extern "C"
