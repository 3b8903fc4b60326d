#include "marker_scan.hpp"
#include "daemon_process.hpp"
#include "wire/ids.hpp"
#include <fcntl.h>
#include <fstream>
#include <set>
#include <sodium.h>
#include <sstream>
#include <unistd.h>
#include <unordered_set>

namespace wardline::fault {

namespace {

constexpr std::string_view prefix = "MARKER-";
constexpr std::size_t marker_bytes = 7 + 24;

class scanner {
public:
  explicit scanner(const std::vector<std::string>& markers) : markers_{markers.begin(), markers.end()} {}

  void look_at(std::string_view content, const std::string& where) {
    result.bytes_read += content.size();
    for (auto at = content.find(prefix); at != std::string_view::npos; at = content.find(prefix, at + 1)) {
      auto word = std::string{content.substr(at, marker_bytes)};
      if (!markers_.contains(word))
        continue;
      if (seen_.insert(word).second)
        ++result.found;
      if (result.where.size() < 5)
        result.where.push_back(where);
    }
  }

  scan_result result;

private:
  std::unordered_set<std::string> markers_;
  std::set<std::string> seen_;
};

} // namespace

std::vector<std::string> make_markers(std::size_t n) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < n; ++i) {
    std::array<std::uint8_t, 12> dice;
    randombytes_buf(dice.data(), dice.size());
    out.push_back(std::string{prefix} + hex(dice));
  }
  return out;
}

scan_result scan_files(const std::filesystem::path& where, const std::vector<std::string>& markers) {
  scanner s{markers};
  if (std::filesystem::is_regular_file(where))
    s.look_at(file_text(where), where.string());
  if (std::filesystem::is_directory(where))
    for (const auto& entry : std::filesystem::recursive_directory_iterator{where}) {
      s.look_at(entry.path().filename().string(), "a file's name");
      if (entry.is_regular_file())
        s.look_at(file_text(entry.path()), entry.path().string());
    }
  return s.result;
}

scan_result scan_memory(pid_t process, const std::vector<std::string>& markers) {
  auto folder = "/proc/" + std::to_string(process);
  scanner s{markers};
  int memory = ::open((folder + "/mem").c_str(), O_RDONLY | O_CLOEXEC);
  if (memory < 0)
    return s.result;
  std::ifstream maps{folder + "/maps"};
  for (std::string line; std::getline(maps, line);) {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    char dash = 0;
    std::string rights;
    std::istringstream{line} >> std::hex >> from >> dash >> to >> rights;
    if (rights.size() < 2 || rights[1] != 'w' || to - from > (std::uint64_t{1} << 31))
      continue;
    std::string pages(to - from, '\0');
    auto got = ::pread(memory, pages.data(), pages.size(), static_cast<off_t>(from));
    if (got > 0)
      s.look_at(std::string_view{pages}.substr(0, static_cast<std::size_t>(got)), line);
  }
  ::close(memory);
  return s.result;
}

} // namespace wardline::fault
