#include "cuttable_disk.hpp"
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace wardline::fault {

namespace {

// linux/ext4.h, which Debian 12 does not bring.
constexpr unsigned long ext4_shutdown = _IOR('X', 125, std::uint32_t);
constexpr std::uint32_t without_flushing_the_log = 2;
constexpr std::uintmax_t disk_bytes = 512u << 20; ///< sparse

[[noreturn]] void refuse(const std::string& what) {
  throw std::runtime_error{what + ": " + std::strerror(errno)};
}

/// An open file or folder.
struct handle {
  int fd;
  explicit handle(const std::filesystem::path& path, int flags = O_RDONLY)
      : fd{::open(path.c_str(), flags | O_CLOEXEC)} {
    if (fd < 0)
      refuse(path.filename().string());
  }
  ~handle() { ::close(fd); }
  handle(const handle&) = delete;
  handle& operator=(const handle&) = delete;
};

void make_image(const std::filesystem::path& image) {
  handle{image, O_RDWR | O_CREAT};
  std::filesystem::resize_file(image, disk_bytes);
  auto log = image.parent_path() / "mkfs.log";
  if (run_program({"mkfs.ext4", "-q", "-F", image.string()}, log) != 0)
    throw std::runtime_error{"mkfs.ext4 does not work: " + file_text(log)};
}

void mount_image(const std::filesystem::path& image, const std::filesystem::path& where) {
  auto log = image.parent_path() / "mount.log";
  if (run_program({"mount", "-o", "loop", image.string(), where.string()}, log) != 0)
    throw std::runtime_error{"an image cannot be mounted: " + file_text(log)};
}

} // namespace

std::string allow_own_mounts(const std::filesystem::path& scratch) {
  if (::unshare(CLONE_NEWNS) != 0 || ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0)
    return std::string{"this process may not mount ("} + std::strerror(errno) + "); it needs root";
  try {
    make_image(scratch / "tried.image");
    std::filesystem::create_directory(scratch / "tried");
    mount_image(scratch / "tried.image", scratch / "tried");
  } catch (const std::exception& e) {
    return e.what();
  }
  ::umount((scratch / "tried").c_str());
  std::filesystem::remove(scratch / "tried.image");
  return {};
}

cuttable_disk::cuttable_disk(real_clinic& c)
    : clinic_{c}, where_{c.state_folder()}, image_{c.folder.path / "disk.image"} {
  c.daemon->end(SIGTERM);
  auto aside = c.folder.path / "aside";
  std::filesystem::rename(where_, aside);
  std::filesystem::create_directory(where_);
  make_image(image_);
  mount();
  for (const auto& entry : std::filesystem::directory_iterator{aside})
    std::filesystem::copy(entry.path(), where_ / entry.path().filename(),
                          std::filesystem::copy_options::recursive);
  handle folder{where_};
  if (::syncfs(folder.fd) != 0)
    refuse("the new disk does not sync");
}

cuttable_disk::~cuttable_disk() {
  ::umount2(where_.c_str(), MNT_DETACH);
}

void cuttable_disk::mount() {
  mount_image(image_, where_);
}

void cuttable_disk::write_some_early(const std::function<std::uint64_t(std::uint64_t)>& roll) {
  constexpr std::uint64_t block = 4096;
  auto file = where_ / "store" / "data.mdb";
  auto blocks = std::filesystem::file_size(file) / block + 1;
  handle h{file, O_RDWR};
  for (auto n = roll(64); n != 0; --n)
    ::sync_file_range(h.fd, static_cast<off_t>(roll(blocks) * block), static_cast<off_t>(block),
                      SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

void cuttable_disk::cut() {
  handle folder{where_};
  auto how = without_flushing_the_log;
  if (::ioctl(folder.fd, ext4_shutdown, &how) != 0)
    refuse("the power cannot be cut");
}

void cuttable_disk::power_again() {
  clinic_.daemon->end(SIGKILL);
  if (::umount(where_.c_str()) != 0)
    refuse("the disk that was cut off cannot be unmounted");
  mount();
}

} // namespace wardline::fault
