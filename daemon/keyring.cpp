#include "keyring.hpp"
#include "durable_file.hpp"
#include "wire/hash.hpp"
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <mutex>
#include <sodium.h>
#include <unistd.h>

namespace wardline {

namespace {

constexpr std::size_t block_bytes = 4096;
constexpr std::size_t nonce_at = keyring_header_bytes - crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t tag_bytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
static_assert(keyring_copy_bytes % block_bytes == 0);

bytes aad_of(bytes_view header) {
  auto out = lab("wardline keyring v1");
  out.insert(out.end(), header.begin(), header.end());
  return out;
}

std::uint64_t number_at(bytes_view raw, std::size_t at, std::size_t width) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < width; ++i)
    out = out << 8 | raw[at + i];
  return out;
}

void put_number(std::uint8_t* at, std::uint64_t number, std::size_t width) {
  for (std::size_t i = width; i-- > 0; number >>= 8)
    at[i] = static_cast<std::uint8_t>(number);
}

off_t place_of(std::uint8_t copy) {
  return static_cast<off_t>(copy * keyring_copy_bytes);
}

std::size_t sealed_bytes(std::size_t keys) {
  return keyring_header_bytes + keys * keyring_slot_bytes + tag_bytes;
}

std::size_t whole_blocks(std::size_t n) {
  return (n + block_bytes - 1) / block_bytes * block_bytes;
}

} // namespace

struct keyring::copy_state {
  std::uint64_t epoch = 0;
  key_map keys;
};

keyring::keyring(std::filesystem::path file, const secret32& kek, ports::journal& journal)
    : path_{std::move(file)}, kek_{kek.copy()}, journal_{journal} {}

keyring::~keyring() {
  if (fd_ >= 0)
    ::close(fd_);
}

expected<std::unique_ptr<keyring>> keyring::create(const std::filesystem::path& file, const secret32& kek,
                                                   ports::journal& journal) {
  std::error_code failed;
  if (std::filesystem::exists(file, failed))
    return refusal::already_exists;
  std::unique_ptr<keyring> out{new keyring{file, kek, journal}};
  // Under another name until both copies are whole: a crash here leaves no keyring, not half of one. This is
  // the only rename in the file's life; from then on it is overwritten in place (security 5.3).
  auto unfinished = file;
  unfinished += ".new";
  std::filesystem::remove(unfinished, failed);
  out->fd_ = ::open(unfinished.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  bytes zeros(2 * keyring_copy_bytes);
  bool good = out->fd_ >= 0 && write_at(out->fd_, zeros, 0) && out->write_copy(0, out->keys_, 1) &&
              out->write_copy(1, out->keys_, 1) && ::fsync(out->fd_) == 0 &&
              ::rename(unfinished.c_str(), file.c_str()) == 0 && sync_folder(file.parent_path());
  if (!good) {
    journal.write(ports::severity::error, "keyring_not_made", {{"code", errno}});
    return refusal::storage_refused;
  }
  out->file_epoch_ = 1;
  return out;
}

expected<std::unique_ptr<keyring>> keyring::restore(const std::filesystem::path& file, const secret32& kek,
                                                    std::map<key_of_segment, secret32> keys,
                                                    std::uint64_t file_epoch, ports::journal& journal) {
  if (keys.size() > keyring_keys_max)
    return refusal::count_too_large;
  auto out = create(file, kek, journal);
  if (!out)
    return out;
  key_map all;
  for (auto& [of, key] : keys)
    all.emplace(std::pair{of.of, of.epoch}, std::move(key));
  (*out)->file_epoch_ = std::max(file_epoch, (*out)->file_epoch_);
  if ((*out)->replace(std::move(all)) != ports::commit_result::committed)
    return refusal::storage_refused;
  return out;
}

expected<std::unique_ptr<keyring>> keyring::open(const std::filesystem::path& file, const secret32& kek,
                                                 ports::journal& journal) {
  std::unique_ptr<keyring> out{new keyring{file, kek, journal}};
  out->fd_ = ::open(file.c_str(), O_RDWR | O_CLOEXEC);
  if (out->fd_ < 0)
    return errno == ENOENT ? refusal::not_found : refusal::storage_refused;
  if (auto why = out->load(); why != refusal::none)
    return why;
  return out;
}

refusal keyring::load() {
  std::optional<copy_state> copies[2] = {read_copy(0), read_copy(1)};
  if (!copies[0] && !copies[1])
    return refusal::keyring_not_openable;
  std::uint8_t newer = !copies[0] || (copies[1] && copies[1]->epoch > copies[0]->epoch) ? 1 : 0;
  std::uint8_t other = newer == 0 ? 1 : 0;
  bool heal = !copies[other] || copies[other]->epoch != copies[newer]->epoch;
  keys_ = std::move(copies[newer]->keys);
  file_epoch_ = copies[newer]->epoch;
  if (heal) {
    // Nobody knows how far the torn copy reaches: all of it is written again.
    written_keys_ = keyring_keys_max;
    if (!write_copy(other, keys_, file_epoch_))
      return refusal::storage_refused;
    journal_.write(ports::severity::warning, "keyring_copy_healed", {{"copy", int{other}}});
  }
  written_keys_ = keys_.size();
  alarm_if_filling();
  return refusal::none;
}

std::optional<keyring::copy_state> keyring::read_copy(std::uint8_t copy) const {
  bytes header(keyring_header_bytes);
  if (!read_at(fd_, header, place_of(copy)))
    return std::nullopt;
  auto count = static_cast<std::size_t>(number_at(header, 16, 4));
  if (text(bytes_view{header}.first(4)) != "WLKR" || header[4] != 1 || header[5] != copy ||
      count > keyring_keys_max)
    return std::nullopt;
  bytes sealed(count * keyring_slot_bytes + tag_bytes);
  wiped_bytes slots{count * keyring_slot_bytes};
  auto aad = aad_of(header);
  if (!read_at(fd_, sealed, place_of(copy) + static_cast<off_t>(keyring_header_bytes)) ||
      crypto_aead_xchacha20poly1305_ietf_decrypt(slots.value.data(), nullptr, nullptr, sealed.data(),
                                                 sealed.size(), aad.data(), aad.size(),
                                                 header.data() + nonce_at, kek_.data()) != 0)
    return std::nullopt;
  copy_state out;
  out.epoch = number_at(header, 8, 8);
  for (std::size_t i = 0; i < count; ++i) {
    auto slot = bytes_view{slots.value}.subspan(i * keyring_slot_bytes, keyring_slot_bytes);
    segment s{static_cast<ports::table>(slot[0]), static_cast<std::uint32_t>(number_at(slot, 4, 4))};
    auto epoch = static_cast<std::uint32_t>(number_at(slot, 8, 4));
    out.keys.emplace(std::pair{s, epoch}, secret32{slot.subspan(16, secret32::size)});
  }
  return out;
}

/// Overwrites one copy, and reads back what the disk has. errno says why not.
bool keyring::write_copy(std::uint8_t copy, const key_map& keys, std::uint64_t epoch) {
  // What an earlier, longer version left behind is overwritten too.
  bytes out(whole_blocks(sealed_bytes(std::max(keys.size(), written_keys_))));
  std::memcpy(out.data(), "WLKR", 4);
  out[4] = 1;
  out[5] = copy;
  put_number(&out[8], epoch, 8);
  put_number(&out[16], keys.size(), 4);
  randombytes_buf(&out[nonce_at], keyring_header_bytes - nonce_at);
  wiped_bytes slots{keys.size() * keyring_slot_bytes};
  auto* slot = slots.value.data();
  for (const auto& [of, key] : keys) {
    slot[0] = static_cast<std::uint8_t>(of.first.where);
    put_number(slot + 4, of.first.number, 4);
    put_number(slot + 8, of.second, 4);
    std::memcpy(slot + 16, key.data(), secret32::size);
    slot += keyring_slot_bytes;
  }
  auto aad = aad_of(bytes_view{out}.first(keyring_header_bytes));
  crypto_aead_xchacha20poly1305_ietf_encrypt(&out[keyring_header_bytes], nullptr, slots.value.data(),
                                             slots.value.size(), aad.data(), aad.size(), nullptr,
                                             &out[nonce_at], kek_.data());
  return write_at(fd_, out, place_of(copy)) && ::fdatasync(fd_) == 0 && disk_holds(fd_, out, place_of(copy));
}

ports::commit_result keyring::ensure(std::span<const segment> wanted) {
  std::vector<key_of_segment> first;
  for (const auto& s : wanted)
    if (!has(s))
      first.push_back({s, 1});
  return add(first);
}

ports::commit_result keyring::add(std::span<const key_of_segment> wanted) {
  auto next = copied();
  for (const auto& w : wanted)
    if (!next.contains({w.of, w.epoch}))
      next.emplace(std::pair{w.of, w.epoch}, secret32::random());
  if (next.size() == keys_.size())
    return ports::commit_result::committed;
  if (next.size() > keyring_keys_max) {
    journal_.write(ports::severity::critical, "keyring_full", {{"keys", keys_.size()}});
    return ports::commit_result::refused;
  }
  return replace(std::move(next));
}

ports::commit_result keyring::destroy_before(std::span<const key_of_segment> kept) {
  auto next = copied();
  for (const auto& k : kept)
    next.erase(next.lower_bound({k.of, 0}), next.lower_bound({k.of, k.epoch}));
  return next.size() == keys_.size() ? ports::commit_result::committed : replace(std::move(next));
}

keyring::key_map keyring::copied() const {
  key_map out;
  for (const auto& [of, key] : keys_)
    out.emplace(of, key.copy());
  return out;
}

/// Both copies, one after the other. Whoever reads sees the new keys only when both are durable.
ports::commit_result keyring::replace(key_map next) {
  std::uint64_t epoch = 0;
  {
    std::unique_lock hold{mutex_};
    epoch = ++file_epoch_; // also if it fails: two different contents never carry one number
  }
  for (std::uint8_t copy = 0; copy < 2; ++copy) {
    errno = 0;
    if (write_copy(copy, next, epoch))
      continue;
    journal_.write(ports::severity::critical, "keyring_not_written", {{"copy", int{copy}}, {"code", errno}});
    // The old keys are the ones in use. A full disk (file systems that copy on write) leaves this copy torn
    // and the other whole, which the next writing or the next start mends.
    return errno == ENOSPC || errno == EDQUOT ? ports::commit_result::refused : ports::commit_result::unknown;
  }
  {
    std::unique_lock hold{mutex_};
    keys_.swap(next);
  }
  written_keys_ = keys_.size();
  alarm_if_filling();
  return ports::commit_result::committed;
}

bool keyring::has(const segment& s) const {
  return with_newest(s, [](std::uint32_t, bytes_view) {});
}

std::uint32_t keyring::newest_epoch(const segment& s) const {
  std::uint32_t out = 0;
  with_newest(s, [&out](std::uint32_t epoch, bytes_view) { out = epoch; });
  return out;
}

std::size_t keyring::size() const {
  std::shared_lock hold{mutex_};
  return keys_.size();
}

std::uint64_t keyring::file_epoch() const {
  std::shared_lock hold{mutex_};
  return file_epoch_;
}

void keyring::alarm_if_filling() {
  if (keys_.size() * 100 >= keyring_keys_max * keyring_alarm_percent)
    journal_.write(ports::severity::error, "keyring_filling",
                   {{"keys", keys_.size()}, {"of", keyring_keys_max}});
}

} // namespace wardline
