#include "files.hpp"
#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace wardline::ctl {

refusal write_new_file(const std::filesystem::path& file, bytes_view content) {
  int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return errno == EEXIST ? refusal::already_exists : refusal::storage_refused;
  bool whole =
      ::write(fd, content.data(), content.size()) == static_cast<ssize_t>(content.size()) && ::fsync(fd) == 0;
  return ::close(fd) == 0 && whole ? refusal::none : refusal::storage_refused;
}

expected<std::string> read_small_file(const std::filesystem::path& file) {
  std::error_code error;
  auto size = std::filesystem::file_size(file, error);
  std::ifstream in{file, std::ios::binary};
  if (error || !in)
    return refusal::not_found;
  if (size > small_file_bytes_max)
    return refusal::object_too_large;
  return std::string{std::istreambuf_iterator<char>{in}, {}};
}

} // namespace wardline::ctl
