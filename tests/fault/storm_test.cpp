// The reconnect storm: every device of a clinic loses its channel in the same moment, because the daemon was
// killed, and all come back at once.
//
//   storm_test [--devices N]
//
// Every device must be greeted again, and every request that was on its way must be answered exactly once.
// Prints how long it took, handshakes a second, and what the daemon held at most.
#include "bench_clinic.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sodium.h>
#include <sys/resource.h>
#include <unistd.h>

namespace wardline::bench {

namespace {

constexpr std::size_t requests_each = 3;
constexpr double back_within_s = 45;
constexpr std::uint64_t resident_bytes_max = 512u << 20;
/// A device of this test is a process of its own in life: here each has two threads and some ten descriptors.
constexpr rlim_t descriptors_per_device = 16;

struct storm_device {
  std::unique_ptr<bench_device> device;
  std::size_t welcomes_before = 0;
  std::size_t answers[requests_each] = {};
  [[nodiscard]] bool back() const { return device->welcomes() > welcomes_before; }
  [[nodiscard]] bool answered() const {
    return std::all_of(std::begin(answers), std::end(answers), [](auto n) { return n > 0; });
  }
};

void allow_descriptors(std::size_t devices) {
  rlimit now{};
  ::getrlimit(RLIMIT_NOFILE, &now);
  now.rlim_cur = now.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &now);
  need(now.rlim_max >= devices * descriptors_per_device, "this system allows too few open files: ulimit -n");
}

std::vector<storm_device> enrol_all(bench_registrar& registrar, std::size_t devices) {
  std::vector<storm_device> all(devices);
  for (std::size_t i = 0; i < devices; ++i) {
    all[i].device = registrar.let_in_station("station " + std::to_string(i));
    for (std::size_t j = 0; j < i; j += 16)
      all[j].device->turn(0); // heartbeats are libzmq's, ticks are ours
  }
  return all;
}

void ask_all(std::vector<storm_device>& all) {
  for (auto& d : all) {
    d.welcomes_before = d.device->welcomes();
    for (std::size_t i = 0; i < requests_each; ++i)
      d.device->ask(wire::device::get_checkpoint{}, [&d, i](wire::device::answer_body& a) {
        need(std::holds_alternative<wire::device::checkpoint>(a), "a request was refused");
        ++d.answers[i];
      });
  }
}

std::size_t count(const std::vector<storm_device>& all, bool (storm_device::*what)() const) {
  return static_cast<std::size_t>(
      std::count_if(all.begin(), all.end(), [what](const auto& d) { return (d.*what)(); }));
}

void run(std::size_t devices) {
  allow_descriptors(devices);
  auto folder = std::filesystem::temp_directory_path() / ("wardline-storm-" + std::to_string(::getpid()));
  auto begin = now_seconds();
  daemon_process daemon{WARDLINED, folder};
  bench_registrar registrar{daemon};
  auto all = enrol_all(registrar, devices);
  auto enrolled = now_seconds();
  ask_all(all);
  daemon.kill_and_start();
  auto cut = now_seconds();
  double first = 0;
  double last = 0;
  auto done = [&] {
    auto back = count(all, &storm_device::back);
    if (first == 0 && back > 0)
      first = now_seconds();
    if (last == 0 && back == devices)
      last = now_seconds();
    return back == devices && count(all, &storm_device::answered) == devices;
  };
  while (!done()) {
    for (auto& d : all)
      d.device->turn(0);
    need(daemon.alive(), "the daemon ended");
    need(now_seconds() - cut < back_within_s, std::to_string(count(all, &storm_device::back)) + " of " +
                                                  std::to_string(devices) + " devices came back in time, " +
                                                  std::to_string(count(all, &storm_device::answered)) +
                                                  " have all their answers");
  }
  // A doubled answer would come behind the first: one more request each, answered in order behind it.
  for (auto& d : all)
    d.device->ask_and_wait(wire::device::get_checkpoint{});
  for (const auto& d : all)
    for (auto n : d.answers)
      need(n == 1, "a request was answered twice");
  auto peak = daemon.peak_resident_bytes();
  std::printf(
      "%zu devices (enrolled in %.1f s): all greeted again %.2f s after the kill, the first after %.2f s; "
      "%.0f handshakes/s; %zu requests answered once each; daemon at most %.1f MiB resident\n",
      devices, enrolled - begin, last - cut, first - cut,
      static_cast<double>(devices) / std::max(last - first, 0.001), devices * requests_each,
      static_cast<double>(peak) / 1'048'576);
  need(peak < resident_bytes_max, "the daemon held too much");
  std::printf("1 passed, 0 failed\n");
}

} // namespace

} // namespace wardline::bench

int main(int argc, char** argv) {
  std::size_t devices = 500;
  if (argc == 3 && std::strcmp(argv[1], "--devices") == 0)
    devices = std::strtoul(argv[2], nullptr, 10);
  else if (argc != 1)
    wardline::bench::give_up("usage: storm_test [--devices N]");
  if (sodium_init() < 0)
    wardline::bench::give_up("libsodium does not start on this machine");
  wardline::bench::run(devices);
  return 0;
}
