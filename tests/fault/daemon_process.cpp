#include "daemon_process.hpp"
#include <cerrno>
#include <chrono>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace wardline::fault {

std::string file_text(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

pid_t spawn(const std::vector<std::string>& command, const std::filesystem::path& log) {
  std::vector<char*> words;
  for (const auto& w : command)
    words.push_back(const_cast<char*>(w.c_str()));
  words.push_back(nullptr);
  auto folder = log.parent_path().string();
  auto parent = ::getpid();
  auto pid = ::fork();
  if (pid != 0)
    return pid;
  // Only calls that are safe between fork and exec.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent)
    ::_exit(126);
  auto fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (fd < 0 || ::dup2(fd, STDOUT_FILENO) < 0 || ::dup2(fd, STDERR_FILENO) < 0 ||
      ::chdir(folder.c_str()) != 0)
    ::_exit(126);
  rlimit core{RLIM_INFINITY, RLIM_INFINITY}; // if there is no core file, then because the program wants none
  ::getrlimit(RLIMIT_CORE, &core);
  core.rlim_cur = core.rlim_max;
  ::setrlimit(RLIMIT_CORE, &core);
  ::execvp(words[0], words.data());
  ::_exit(127);
}

int run_program(const std::vector<std::string>& command, const std::filesystem::path& log) {
  auto child = spawn(command, log);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

daemon_process::daemon_process(std::filesystem::path config, std::filesystem::path log)
    : config_{std::move(config)}, log_{std::move(log)} {}

daemon_process::~daemon_process() {
  end(SIGKILL);
}

void daemon_process::start(int within_ms) {
  auto before = journal().size();
  pid_ = spawn({WARDLINED, "--config", config_.string()}, log_);
  auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds{within_ms};
  while (std::chrono::steady_clock::now() < until && alive()) {
    auto all = journal();
    if (all.find("\"event\":\"serving\"", before) != std::string::npos)
      return;
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
  }
  end(SIGKILL);
  throw std::runtime_error{"wardlined did not come to serve: " + journal().substr(before)};
}

int daemon_process::end(int signal) {
  if (pid_ <= 0)
    return 0;
  ::kill(pid_, signal);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  return status;
}

bool daemon_process::alive() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) == 0)
    return pid_ > 0;
  pid_ = -1;
  return false;
}

std::string daemon_process::journal() const {
  return file_text(log_);
}

std::size_t daemon_process::resident_bytes() const {
  std::ifstream in{"/proc/" + std::to_string(pid_) + "/statm"};
  std::size_t whole = 0;
  std::size_t resident = 0;
  in >> whole >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace wardline::fault
