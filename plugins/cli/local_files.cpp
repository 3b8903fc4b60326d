#include "local_files.hpp"
#include "wire/limits.hpp"
#include "wire/text.hpp"
#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardline::cli {

namespace {

/// What a reader's device is told a file is; it decides by itself what it does with it.
std::string media_type_of(const std::string& ending) {
  static constexpr std::array<std::pair<std::string_view, const char*>, 14> types{{
      {".csv", "text/csv"},
      {".dcm", "application/dicom"},
      {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
      {".gif", "image/gif"},
      {".heic", "image/heic"},
      {".jpeg", "image/jpeg"},
      {".jpg", "image/jpeg"},
      {".json", "application/json"},
      {".mp4", "video/mp4"},
      {".pdf", "application/pdf"},
      {".png", "image/png"},
      {".txt", "text/plain"},
      {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
      {".xml", "application/xml"},
  }};
  for (const auto& [known, type] : types)
    if (ending == known)
      return type;
  return "application/octet-stream";
}

bool read_at(int fd, bytes& out, std::uint64_t offset) {
  for (std::size_t got = 0; got < out.size();) {
    auto n = ::pread(fd, out.data() + got, out.size() - got, static_cast<off_t>(offset + got));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    got += static_cast<std::size_t>(n);
  }
  return true;
}

} // namespace

expected<client::outgoing_file> outgoing_file_at(const std::filesystem::path& path) {
  int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0)
    return refusal::file_not_readable;
  std::shared_ptr<const int> held{new int{fd}, [](const int* f) {
                                    ::close(*f);
                                    delete f;
                                  }};
  struct stat found {};
  if (::fstat(fd, &found) != 0 || !S_ISREG(found.st_mode))
    return refusal::file_not_readable;
  client::outgoing_file out;
  out.size = static_cast<std::uint64_t>(found.st_size);
  if (out.size > wire::attachment_bytes_max)
    return refusal::attachment_size;
  out.name = path.filename().string();
  if (out.name.empty() || out.name.size() > wire::file_name_bytes_max || !text_ok(view(out.name)))
    return refusal::bad_text;
  out.media_type = media_type_of(path.extension().string());
  out.read = [held](std::uint64_t offset, std::size_t length) {
    std::optional<bytes> piece{bytes(length)};
    if (!read_at(*held, *piece, offset))
      piece.reset();
    return piece;
  };
  return out;
}

std::string show_size(std::uint64_t size) {
  constexpr std::uint64_t kib = 1'024;
  constexpr std::uint64_t mib = kib * kib;
  if (size < kib)
    return fmt::format("{} byte{}", size, size == 1 ? "" : "s");
  return size < mib ? fmt::format("{:.1f} KiB", static_cast<double>(size) / kib)
                    : fmt::format("{:.1f} MiB", static_cast<double>(size) / mib);
}

incoming_file::incoming_file(const std::filesystem::path& folder, const std::string& name)
    : path_{folder / name}, part_{folder / (name + ".part")} {
  if (name.empty() || name.find('/') != std::string::npos || name == "." || name == "..")
    path_.clear(); // the author's words are no path here
}

incoming_file::~incoming_file() {
  if (fd_ < 0)
    return;
  ::close(fd_);
  ::unlink(part_.c_str());
}

refusal incoming_file::begin() {
  if (path_.empty())
    return refusal::bad_text;
  if (::access(path_.c_str(), F_OK) == 0)
    return refusal::already_exists;
  ::unlink(part_.c_str()); // of an earlier try
  fd_ = ::open(part_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  return fd_ < 0 ? refusal::file_not_written : refusal::none;
}

bool incoming_file::add(bytes_view piece) {
  while (!piece.empty()) {
    auto n = ::write(fd_, piece.data(), piece.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    piece = piece.subspan(static_cast<std::size_t>(n));
  }
  return true;
}

/// By a link, which never replaces a file that is there.
refusal incoming_file::keep() {
  if (::fsync(fd_) != 0)
    return refusal::file_not_written;
  if (::link(part_.c_str(), path_.c_str()) == 0)
    return refusal::none;
  return errno == EEXIST ? refusal::already_exists : refusal::file_not_written;
}

} // namespace wardline::cli
