#include "disk_facts.hpp"
#include <algorithm>
#include <array>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sstream>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <unistd.h>

namespace wardline::daemon {

namespace {

/// linux/fs.h and linux/fiemap.h: which blocks a file has, and whether another file shares them.
struct extent_query {
  std::uint64_t start = 0, length = UINT64_MAX;
  std::uint32_t flags = 0, mapped = 0, room = 32, reserved = 0;
  struct extent {
    std::uint64_t logical, physical, length, reserved64[2];
    std::uint32_t flags, reserved[3];
  };
  std::array<extent, 32> extents{};
};
constexpr unsigned long fs_ioc_fiemap = _IOC(_IOC_READ | _IOC_WRITE, 'f', 11, 32);
constexpr std::uint32_t extent_shared = 0x2000;

/// False also where the file system does not say.
bool shares_blocks(const std::filesystem::path& file) {
  int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  extent_query q;
  bool shared = false;
  if (::ioctl(fd, fs_ioc_fiemap, &q) == 0)
    for (std::uint32_t i = 0; i < q.mapped && i < q.room; ++i)
      shared = shared || (q.extents[i].flags & extent_shared) != 0;
  ::close(fd);
  return shared;
}

/// A partition has its disk's queue one folder up. False: flash, or not known.
bool turns(const std::string& device) {
  auto folder = std::filesystem::path{"/sys/dev/block"} / device;
  for (const auto* below : {"queue/rotational", "../queue/rotational"}) {
    std::ifstream in{std::filesystem::weakly_canonical(folder) / below};
    char said = '0';
    if (in >> said)
      return said == '1';
  }
  return false;
}

/// mountinfo writes blanks and the like as \ooo.
std::string unescaped(std::string_view s) {
  std::string out;
  for (std::size_t i = 0; i < s.size(); ++i) {
    bool octal = s[i] == '\\' && i + 3 < s.size() && s[i + 1] >= '0' && s[i + 1] <= '3';
    if (octal) {
      out += static_cast<char>((s[i + 1] - '0') * 64 + (s[i + 2] - '0') * 8 + (s[i + 3] - '0'));
      i += 3;
    } else {
      out += s[i];
    }
  }
  return out;
}

void split_options(const std::string& words, std::vector<std::string>& into) {
  std::istringstream in{words};
  for (std::string one; std::getline(in, one, ',');)
    into.push_back(one);
}

bool holds(const std::filesystem::path& point, const std::filesystem::path& path) {
  auto [a, b] = std::mismatch(point.begin(), point.end(), path.begin(), path.end());
  return a == point.end() || (point == "/" && path.is_absolute());
}

} // namespace

std::optional<mount_entry> mount_of(const std::filesystem::path& absolute, std::string_view mountinfo) {
  std::optional<mount_entry> out;
  std::size_t longest = 0;
  std::istringstream lines{std::string{mountinfo}};
  for (std::string line; std::getline(lines, line);) {
    // 36 35 98:0 /root /mount/point options optional... - type source superoptions
    std::istringstream in{line};
    std::string id, parent, device, root, point, options, word;
    in >> id >> parent >> device >> root >> point >> options;
    while (in >> word && word != "-") {
    }
    mount_entry m{device, {}, {}};
    std::string source, super;
    if (!(in >> m.file_system >> source >> super))
      continue;
    auto where = unescaped(point);
    // Of two mounts on one point the later one covers the earlier.
    if (!holds(where, absolute) || where.size() < longest)
      continue;
    longest = where.size();
    split_options(options, m.options);
    split_options(super, m.options);
    out = std::move(m);
  }
  return out;
}

rules::disk_facts disk_facts_of(const std::filesystem::path& file) {
  rules::disk_facts out;
  std::error_code failed;
  auto real = std::filesystem::canonical(file, failed);
  std::ifstream in{"/proc/self/mountinfo"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  auto mount = failed ? std::nullopt : mount_of(real, text);
  if (!mount)
    return out;
  out.file_system = mount->file_system;
  out.options = mount->options;
  out.shared_blocks = shares_blocks(real);
  out.rotational = turns(mount->device);
  return out;
}

} // namespace wardline::daemon
