#include "bench_daemon.hpp"
#include "bench_values.hpp"
#include "credentials.hpp"
#include "founding_file.hpp"
#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <fstream>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace wardline::bench {

namespace {

constexpr int ready_within_s = 600;

/// The socket that a daemon tells that it is ready; what systemd would have made.
class ready_socket {
public:
  explicit ready_socket(std::filesystem::path file) : file_{std::move(file)} {
    std::filesystem::remove(file_);
    fd_ = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    auto name = file_.string();
    need(name.size() < sizeof at.sun_path, "the temporary folder's name is too long for a socket");
    name.copy(at.sun_path, name.size());
    timeval patience{ready_within_s, 0};
    need(fd_ >= 0 && ::bind(fd_, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0 &&
             ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0,
         "no socket for the daemon's readiness");
  }
  ~ready_socket() {
    ::close(fd_);
    std::error_code ignored;
    std::filesystem::remove(file_, ignored);
  }
  ready_socket(const ready_socket&) = delete;

  void wait() const {
    std::array<char, 256> said{};
    for (;;) {
      auto size = ::recv(fd_, said.data(), said.size(), 0);
      need(size > 0, "the daemon does not get ready");
      if (std::string_view{said.data(), static_cast<std::size_t>(size)}.starts_with("READY=1"))
        return;
    }
  }

private:
  std::filesystem::path file_;
  int fd_ = -1;
};

} // namespace

daemon_process::daemon_process(std::filesystem::path program, std::filesystem::path folder)
    : identity{fresh<clinic_id>(), secret32::random()}, program_{std::move(program)}, folder_{
                                                                                          std::move(folder)} {
  std::filesystem::create_directories(folder_ / "plugins.d");
  std::filesystem::create_directories(folder_ / "state");
  std::filesystem::create_directories(folder_ / "credentials");
  address = "ipc://" + (folder_ / "cli.sock").string();
  std::ofstream{folder_ / "wardline.yaml"} << "state_dir: " << (folder_ / "state").string()
                                           << "\ncredentials_dir: " << (folder_ / "credentials").string()
                                           << "\nplugins_dir: " << (folder_ / "plugins.d").string() << "\n";
  std::ofstream{folder_ / "plugins.d" / "cli.yaml"} << "address: " << address << "\nrights: [channels]\n";
  auto box = daemon::credentials::make();
  box.save(folder_ / "credentials");
  noise_key = daemon::x25519_public(box.noise_key);
  curve_key = daemon::x25519_public(box.link_key);
  founded = std::make_unique<ctl::founded_clinic>(ctl::found_clinic(
      identity, {noise_key, daemon::ed25519_public(box.log_key), daemon::ed25519_public(box.daemon_key)},
      "Bench", "registrar", wall_ms()));
  daemon::write_founding(folder_ / "state" / daemon::founding_file_name, founded->first);
  launch();
}

void daemon_process::launch() {
  pid_ = ::fork();
  if (pid_ == 0) {
    int log = ::open((folder_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::dup2(log, STDERR_FILENO);
    ::execl(program_.c_str(), "wardlined", "--config", (folder_ / "wardline.yaml").c_str(), nullptr);
    ::_exit(127);
  }
}

void daemon_process::kill_and_start() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
  launch();
}

double daemon_process::stop() {
  auto begin = now_seconds();
  ::kill(pid_, SIGTERM);
  ::waitpid(pid_, nullptr, 0);
  pid_ = -1;
  return now_seconds() - begin;
}

double daemon_process::start_until_ready() {
  auto file = folder_ / "ready";
  ready_socket ready{file};
  ::setenv("NOTIFY_SOCKET", file.c_str(), 1);
  auto begin = now_seconds();
  launch();
  ready.wait();
  auto seconds = now_seconds() - begin;
  ::unsetenv("NOTIFY_SOCKET");
  return seconds;
}

double daemon_process::wait_until_idle() const {
  constexpr std::chrono::milliseconds look_every{250};
  constexpr double idle_below = 0.05; // of a core; the tick of an idle daemon takes less than a hundredth
  constexpr unsigned looks = 8;       // a disk may keep it waiting in between
  auto begin = now_seconds();
  auto idle_since = begin;
  for (unsigned idle = 0; idle < looks;) {
    auto cpu = cpu_seconds();
    auto before = now_seconds();
    std::this_thread::sleep_for(look_every);
    bool is_idle = cpu_seconds() - cpu < idle_below * (now_seconds() - before);
    idle_since = is_idle ? idle_since : now_seconds();
    idle = is_idle ? idle + 1 : 0;
    need(now_seconds() - begin < ready_within_s, "the daemon never rests");
  }
  return idle_since - begin;
}

void daemon_process::forget_cached_store() const {
  int file = ::open(store_file().c_str(), O_RDONLY | O_CLOEXEC);
  need(file >= 0 && ::fsync(file) == 0 && ::posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0,
       "the system keeps the store's file in memory");
  ::close(file);
}

bool daemon_process::alive() const {
  return ::kill(pid_, 0) == 0 && ::waitpid(pid_, nullptr, WNOHANG) == 0;
}

daemon_process::~daemon_process() {
  if (pid_ > 0)
    stop();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

std::uint64_t daemon_process::status_bytes(const std::string& field) const {
  auto kib = field_of("/proc/" + std::to_string(pid_) + "/status", field);
  if (!kib)
    give_up("the daemon has ended");
  return *kib * 1024;
}

std::uint64_t daemon_process::resident_bytes() const {
  return status_bytes("VmRSS:");
}

std::uint64_t daemon_process::own_bytes() const {
  return status_bytes("RssAnon:");
}

std::uint64_t daemon_process::peak_resident_bytes() const {
  return status_bytes("VmHWM:");
}

std::filesystem::path daemon_process::store_file() const {
  return folder_ / "state" / "store" / "data.mdb";
}

std::uint64_t daemon_process::store_bytes() const {
  return std::filesystem::file_size(store_file());
}

std::string daemon_process::journal() const {
  std::ifstream in{folder_ / "log", std::ios::binary};
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

std::optional<std::uint64_t> daemon_process::written_bytes() const {
  return written_bytes_of(std::to_string(pid_));
}

double daemon_process::cpu_seconds() const {
  return cpu_seconds_of(pid_);
}

} // namespace wardline::bench
