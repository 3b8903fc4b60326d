#include "blob_files.hpp"
#include "durable_file.hpp"
#include "ports/storage.hpp"
#include "wire/hash.hpp"
#include "wire/secret.hpp"
#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fcntl.h>
#include <sodium.h>
#include <sys/stat.h>
#include <unistd.h>

namespace wardline {

namespace {

using ports::blob_chunk;
using ports::blob_id;
using ports::blob_result;
using ports::blob_status;

constexpr std::size_t header_bytes = 32;
constexpr std::size_t chunk_size_at = 8;
constexpr std::size_t prefix_at = 16;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::string_view unfinished_suffix = ".part";

std::array<std::uint8_t, 24> nonce_of(bytes_view header, std::uint64_t chunk) {
  std::array<std::uint8_t, 24> out;
  std::copy_n(header.begin() + prefix_at, 16, out.begin());
  auto number = ports::row_key(chunk);
  std::copy(number.begin(), number.end(), out.begin() + 16);
  return out;
}

bytes aad_of(const blob_id& id, bytes_view header, std::uint64_t chunk, bool last) {
  auto out = lab("wardline stored blob v1");
  auto number = ports::row_key(chunk);
  for (auto part : {id.view(), header, bytes_view{number}})
    out.insert(out.end(), part.begin(), part.end());
  out.push_back(last ? 1 : 0);
  return out;
}

std::size_t chunk_size_in(bytes_view header) {
  std::size_t out = 0;
  for (std::size_t i = 0; i < 4; ++i)
    out = out << 8 | header[chunk_size_at + i];
  return out;
}

off_t place_of(std::size_t chunk_size, std::uint64_t chunk) {
  return static_cast<off_t>(header_bytes + chunk * (chunk_size + tag_bytes));
}

/// Names in a folder; `failed` says whether these are all.
std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, std::error_code& failed) {
  std::vector<std::filesystem::path> out;
  std::filesystem::directory_iterator entry{folder, failed};
  for (; !failed && entry != std::filesystem::directory_iterator{}; entry.increment(failed))
    out.push_back(entry->path());
  return out;
}

/// Removes the file when dropped before keep().
class part_file {
public:
  explicit part_file(std::filesystem::path path)
      : path_{std::move(path)}, fd_{::open(path_.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600)} {}
  part_file(const part_file&) = delete;
  part_file& operator=(const part_file&) = delete;
  ~part_file() {
    if (fd_ >= 0) {
      ::close(fd_);
      ::unlink(path_.c_str());
    }
  }
  [[nodiscard]] int fd() const { return fd_; }

  /// Under `name` if nothing has it. After this there is nothing to remove.
  bool keep(const std::filesystem::path& name) {
    if (::renameat2(AT_FDCWD, path_.c_str(), AT_FDCWD, name.c_str(), RENAME_NOREPLACE) != 0)
      return false;
    ::close(std::exchange(fd_, -1));
    return true;
  }

private:
  std::filesystem::path path_;
  int fd_;
};

class file_writer : public ports::blob_writer {
public:
  file_writer(const std::filesystem::path& folder, const blob_id& id, bytes_view key, ports::random& dice)
      : folder_{folder}, name_{folder / hex(id.view())}, id_{id}, key_{key}, file_{name_.native() +
                                                                                   std::string{
                                                                                       unfinished_suffix}} {
    constexpr std::string_view magic{"WLBLOB\1\0", 8};
    std::copy(magic.begin(), magic.end(), header_.begin());
    dice.fill(std::span{header_}.subspan(prefix_at, 16));
  }

  [[nodiscard]] bool is_open() const { return file_.fd() >= 0; }

  /// One chunk stays behind until it is known whether it is the last.
  blob_result append(bytes_view chunk) override {
    if (state_ != blob_result::stored)
      return state_;
    bool fits =
        !chunk.empty() && chunk.size() <= ports::blob_chunk_bytes_max && count_ < ports::blob_chunks_max;
    // Only the last chunk may be shorter; so the one before must have been whole.
    fits = fits && (count_ == 0 || (held_.size() == chunk_size() && chunk.size() <= chunk_size()));
    if (!fits)
      return state_ = blob_result::refused;
    if (count_ == 0)
      set_chunk_size(chunk.size());
    else if (!write_held(false))
      return state_;
    held_ = to_bytes(chunk);
    ++count_;
    return state_;
  }

  blob_result finish() override {
    if (state_ != blob_result::stored)
      return state_;
    if (count_ == 0)
      return state_ = blob_result::refused;
    if (!write_at(file_.fd(), header_, 0))
      return state_ = judge();
    if (!write_held(true))
      return state_;
    // File, then its final name, then the folder: what is named is whole.
    if (::fsync(file_.fd()) != 0)
      return state_ = judge();
    if (!file_.keep(name_)) {
      state_ = errno == EEXIST ? blob_result::refused : judge();
      return state_;
    }
    if (!sync_folder(folder_))
      return state_ = blob_result::failed;
    state_ = blob_result::refused; // no second finish
    return blob_result::stored;
  }

private:
  [[nodiscard]] std::size_t chunk_size() const { return chunk_size_in(header_); }

  void set_chunk_size(std::size_t n) {
    for (std::size_t i = 4; i-- > 0; n >>= 8)
      header_[chunk_size_at + i] = static_cast<std::uint8_t>(n);
  }

  bool write_held(bool last) {
    auto number = count_ - 1;
    auto nonce = nonce_of(header_, number);
    auto aad = aad_of(id_, header_, number, last);
    bytes sealed(held_.size() + tag_bytes);
    crypto_aead_xchacha20poly1305_ietf_encrypt(sealed.data(), nullptr, held_.data(), held_.size(), aad.data(),
                                               aad.size(), nullptr, nonce.data(), key_.data());
    if (write_at(file_.fd(), sealed, place_of(chunk_size(), number)))
      return true;
    state_ = judge();
    return false;
  }

  static blob_result judge() {
    return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? blob_result::refused : blob_result::failed;
  }

  std::filesystem::path folder_;
  std::filesystem::path name_;
  blob_id id_;
  secret32 key_;
  part_file file_;
  std::array<std::uint8_t, header_bytes> header_{};
  bytes held_;
  std::uint32_t count_ = 0;
  blob_result state_ = blob_result::stored; ///< anything else: nothing more is written
};

} // namespace

blob_files::blob_files(std::filesystem::path folder, ports::random& dice, ports::journal& journal)
    : folder_{std::move(folder)}, dice_{dice}, journal_{journal} {}

expected<std::unique_ptr<blob_files>> blob_files::open(const std::filesystem::path& folder,
                                                       ports::random& dice, ports::journal& journal) {
  if (::mkdir(folder.c_str(), 0700) != 0 && errno != EEXIST) {
    journal.write(ports::severity::error, "blob_folder_not_usable", {{"code", errno}});
    return refusal::storage_refused;
  }
  std::error_code failed;
  auto files = files_in(folder, failed);
  if (failed || !sync_folder(folder.parent_path()))
    return refusal::storage_refused;
  for (const auto& file : files)
    if (file.extension() == unfinished_suffix)
      std::filesystem::remove(file, failed);
  return std::unique_ptr<blob_files>{new blob_files{folder, dice, journal}};
}

std::unique_ptr<ports::blob_writer> blob_files::create(const blob_id& id, bytes_view key) {
  if (key.size() != ports::blob_key_bytes || ::access((folder_ / hex(id.view())).c_str(), F_OK) == 0)
    return nullptr;
  auto out = std::make_unique<file_writer>(folder_, id, key, dice_);
  if (!out->is_open())
    return nullptr;
  return out;
}

blob_chunk blob_files::read(const blob_id& id, bytes_view key, std::uint32_t chunk) const {
  int fd = ::open((folder_ / hex(id.view())).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return {errno == ENOENT ? blob_status::absent : blob_status::not_openable, {}, false};
  struct stat found {};
  std::array<std::uint8_t, header_bytes> header{};
  bool good = key.size() == ports::blob_key_bytes && ::fstat(fd, &found) == 0 && read_at(fd, header, 0);
  auto size = chunk_size_in(header);
  good = good && size > 0 && size <= ports::blob_chunk_bytes_max && chunk < ports::blob_chunks_max;
  auto at = place_of(size, chunk);
  auto left = good && found.st_size > at ? static_cast<std::size_t>(found.st_size - at) : 0;
  bytes sealed(std::min(left, size + tag_bytes));
  blob_chunk out{blob_status::not_openable, {}, left <= size + tag_bytes};
  if (good && left == 0)
    out.status = blob_status::absent;
  if (sealed.size() > tag_bytes && read_at(fd, sealed, at)) {
    out.content.resize(sealed.size() - tag_bytes);
    auto nonce = nonce_of(header, chunk);
    auto aad = aad_of(id, header, chunk, out.last);
    if (crypto_aead_xchacha20poly1305_ietf_decrypt(out.content.data(), nullptr, nullptr, sealed.data(),
                                                   sealed.size(), aad.data(), aad.size(), nonce.data(),
                                                   key.data()) == 0)
      out.status = blob_status::found;
    else
      out.content.clear();
  }
  ::close(fd);
  return out;
}

refusal blob_files::read_raw(const blob_id& id, std::uint64_t offset, std::size_t length, bytes& piece,
                             std::uint64_t& size) const {
  int fd = ::open((folder_ / hex(id.view())).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return errno == ENOENT ? refusal::not_found : refusal::storage_refused;
  struct stat found {};
  bool good = ::fstat(fd, &found) == 0;
  size = good ? static_cast<std::uint64_t>(found.st_size) : 0;
  piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(size - std::min(size, offset), length)));
  good = good && read_at(fd, piece, static_cast<off_t>(offset));
  ::close(fd);
  return good ? refusal::none : refusal::storage_refused;
}

bool blob_files::remove(const blob_id& id) {
  if (::unlink((folder_ / hex(id.view())).c_str()) != 0 && errno != ENOENT)
    return false;
  return sync_folder(folder_);
}

std::size_t blob_files::sweep(const std::function<bool(const blob_id&)>& wanted) {
  std::error_code failed;
  std::vector<blob_id> orphans;
  for (const auto& file : files_in(folder_, failed)) {
    auto raw = from_hex(file.filename().native());
    auto id = raw ? blob_id::from(*raw) : std::nullopt;
    if (id && !wanted(*id))
      orphans.push_back(*id);
  }
  std::size_t gone = 0;
  for (const auto& id : orphans)
    gone += remove(id) ? 1 : 0;
  if (gone > 0)
    journal_.write(ports::severity::notice, "blobs_swept", {{"count", gone}});
  return gone;
}

} // namespace wardline
