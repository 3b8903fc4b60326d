#include "measure.hpp"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace wardline::bench {

std::uint64_t now_ms() {
  return static_cast<std::uint64_t>(now_seconds() * 1e3);
}

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double load_average() {
  double last_minute = 0;
  if (::getloadavg(&last_minute, 1) != 1)
    give_up("the system does not tell its load");
  return last_minute;
}

double cpu_seconds_of(int pid) {
  clockid_t clock{};
  timespec spent{};
  if (::clock_getcpuclockid(pid, &clock) != 0 || ::clock_gettime(clock, &spent) != 0)
    give_up("a process that is measured has ended");
  return static_cast<double>(spent.tv_sec) + static_cast<double>(spent.tv_nsec) * 1e-9;
}

double cpu_seconds_of_machine() {
  std::ifstream in{"/proc/stat"};
  std::string word;
  in >> word;
  // user, nice, system, idle, waiting for a disk, interrupts, soft interrupts; guests are counted in user
  double ticks = 0;
  for (int field = 0; field < 7; ++field) {
    double value = 0;
    in >> value;
    ticks += field == 3 || field == 4 ? 0 : value;
  }
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::optional<std::uint64_t> field_of(const std::filesystem::path& file, const std::string& name) {
  std::ifstream in{file};
  std::string word;
  while (in >> word)
    if (word == name && in >> word)
      return std::stoull(word);
  return std::nullopt;
}

std::optional<std::uint64_t> written_bytes_of(const std::string& process) {
  return field_of("/proc/" + process + "/io", "write_bytes:");
}

std::optional<std::uint64_t> bytes_written_to_disk_of(const std::filesystem::path& folder) {
  struct stat about {};
  if (::stat(folder.c_str(), &about) != 0)
    return std::nullopt;
  std::ifstream in{"/sys/dev/block/" + std::to_string(major(about.st_dev)) + ":" +
                   std::to_string(minor(about.st_dev)) + "/stat"};
  std::uint64_t value = 0;
  constexpr int sectors_written = 7; // Documentation/block/stat.rst
  for (int field = 0; field < sectors_written; ++field)
    in >> value;
  if (!in)
    return std::nullopt;
  constexpr std::uint64_t sector_bytes = 512; // whatever the disk's own are
  return value * sector_bytes;
}

double quantile(std::vector<double>& values, double share) {
  need(!values.empty(), "nothing was measured");
  std::sort(values.begin(), values.end());
  auto at = static_cast<std::size_t>(static_cast<double>(values.size()) * share);
  return values[std::min(at, values.size() - 1)];
}

double median(std::vector<double> values) {
  return quantile(values, 0.5);
}

nlohmann::json or_null(const std::optional<double>& figure) {
  return figure ? nlohmann::json(*figure) : nlohmann::json(nullptr);
}

void give_up(const std::string& why) {
  std::fprintf(stderr, "wardline-bench: %s\n", why.c_str());
  std::exit(70);
}

void need(bool holds, const std::string& what) {
  if (!holds)
    give_up(what);
}

} // namespace wardline::bench
