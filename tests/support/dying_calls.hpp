#pragma once
// A process that dies at a chosen call to the system. Included by exactly one source of a program: it brings
// the program's own fsync, rename, ..., which come before the C library's, for libraries too.
#include <csignal>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardline::dying {

/// Counts down the calls below in the child that is to die; at zero it does.
inline struct {
  int calls_left = -1; ///< -1: nobody dies
  bool torn = false;   ///< half of a write happens first
} doom;

inline bool this_one() {
  return doom.calls_left >= 0 && doom.calls_left-- == 0;
}

inline void die() {
  ::kill(::getpid(), SIGKILL);
}

/// Runs the act in a child that dies at the nth call after it called what it was given, `torn`: with half of
/// what it was to write. 1: it died; 0: it came to its end before, and answered true; -1: it answered false.
template <class Act>
int run_and_die(int nth, bool torn, Act act) {
  auto child = ::fork();
  if (child < 0)
    return -1;
  if (child == 0) {
    doom.torn = torn;
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
    if (wardline::dying::doom.torn)
      ::syscall(SYS_pwrite64, fd, from, n / 2, at);
    wardline::dying::die();
  }
  return ::syscall(SYS_pwrite64, fd, from, n, at);
}

int fsync(int fd) {
  if (wardline::dying::this_one())
    wardline::dying::die();
  return static_cast<int>(::syscall(SYS_fsync, fd));
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
