#include "disk_facts.hpp"
#include "temp_folder.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

using namespace wardline;
using namespace wardline::daemon;

namespace {

// Lines as proc(5) shows them.
constexpr std::string_view mounts =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "27 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro\n"
    "30 27 8:17 / /var/lib rw,noatime shared:2 master:3 - ext4 /dev/sdb1 "
    "rw,data=journal\n"
    "31 30 0:40 / /var/lib/wardline\\040two rw - btrfs /dev/sdc rw,ssd\n"
    "32 27 0:41 / /srv rw - xfs /dev/sdd rw\n"
    "33 32 0:42 / /srv rw - tmpfs tmpfs rw\n"
    "a line that is none\n";

} // namespace

TEST_CASE("the innermost mount holds a path, and the later of two on one point") {
  struct sample {
    const char* path;
    const char* file_system;
    const char* device;
  };
  for (const auto& s :
       {sample{"/etc/passwd", "ext4", "254:1"}, sample{"/var/lib/wardline/keyring", "ext4", "8:17"},
        sample{"/var/library/keyring", "ext4", "254:1"},
        sample{"/var/lib/wardline two/keyring", "btrfs", "0:40"}, sample{"/srv/keyring", "tmpfs", "0:42"}}) {
    INFO(s.path);
    auto found = mount_of(s.path, mounts);
    REQUIRE(found);
    CHECK(found->file_system == s.file_system);
    CHECK(found->device == s.device);
  }
  auto journalled = mount_of("/var/lib/x", mounts);
  REQUIRE(journalled);
  CHECK(std::count(journalled->options.begin(), journalled->options.end(), "data=journal") == 1);
  CHECK(std::count(journalled->options.begin(), journalled->options.end(), "noatime") == 1);
  CHECK_FALSE(mount_of("/etc", ""));
  CHECK_FALSE(mount_of("/etc", "1 2 3"));
}

TEST_CASE("this machine says something about its own disk, and nothing about a file that is not there") {
  temp_folder folder;
  auto file = folder.path / "keyring";
  std::ofstream{file} << "x";
  auto facts = disk_facts_of(file);
  CHECK_FALSE(facts.file_system.empty());
  CHECK_FALSE(facts.options.empty());
  CHECK(disk_facts_of(folder.path / "none").file_system.empty());
  if (std::filesystem::is_directory("/dev/shm"))
    CHECK(disk_facts_of("/dev/shm").file_system == "tmpfs");
}
