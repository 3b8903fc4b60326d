#include "files.hpp"
#include "../durable_file.hpp"
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace wardline::ctl {

std::string said(refusal why) {
  if (why == refusal::link_down)
    return "no daemon answers at admin_socket; start wardlined, or check --config";
  return std::string{sentence_of(why)} + " (" + std::string{name_of(why)} + ")";
}

refusal write_new_file(const std::filesystem::path& file, bytes_view content) {
  auto beside = file;
  beside += ".unfinished";
  ::unlink(beside.c_str()); // of a crash
  int fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0)
    return refusal::storage_refused;
  bool whole = write_at(fd, content, 0) && ::fsync(fd) == 0;
  whole = ::close(fd) == 0 && whole;
  auto why = whole ? rename_new(beside, file) : refusal::storage_refused;
  if (why != refusal::none)
    ::unlink(beside.c_str());
  return why;
}

refusal rename_new(const std::filesystem::path& from, const std::filesystem::path& to) {
  int done = ::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE);
  if (done != 0 && errno == EINVAL) { // some file systems of sticks do not know it
    if (::access(to.c_str(), F_OK) == 0)
      return refusal::already_exists;
    done = ::rename(from.c_str(), to.c_str());
  }
  if (done != 0)
    return errno == EEXIST ? refusal::already_exists : refusal::storage_refused;
  return sync_folder(to.parent_path()) ? refusal::none : refusal::storage_refused;
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
