#include "lmdb_file.hpp"
#include <array>
#include <cstring>
#include <fstream>
#include <optional>

namespace wardline {

namespace {

// MDB_page header, then MDB_meta: magic, version, address, map size, two MDB_db of 48 bytes, last page,
// txnid. (mdb.c of 0.9; md_pad of the first MDB_db is the page size.)
constexpr std::size_t header_bytes = 16;
constexpr std::uint32_t magic = 0xBEEFC0DE;
constexpr std::uint32_t data_version = 1;
constexpr std::size_t page_size_at = header_bytes + 24;
constexpr std::size_t last_page_at = header_bytes + 24 + 96;
constexpr std::size_t txn_at = last_page_at + 8;
constexpr std::size_t meta_bytes = txn_at + 8;

struct meta {
  std::uint32_t page_size = 0;
  std::uint64_t last_page = 0;
  std::uint64_t txn = 0;
};

std::optional<meta> read_meta(std::ifstream& file, std::uint64_t at) {
  std::array<char, meta_bytes> raw{};
  file.clear();
  file.seekg(static_cast<std::streamoff>(at));
  if (!file.read(raw.data(), raw.size()))
    return std::nullopt;
  auto number = [&raw](std::size_t offset, auto& out) { std::memcpy(&out, raw.data() + offset, sizeof out); };
  std::uint32_t found_magic = 0;
  std::uint32_t found_version = 0;
  number(header_bytes, found_magic);
  number(header_bytes + 4, found_version);
  meta out;
  number(page_size_at, out.page_size);
  number(last_page_at, out.last_page);
  number(txn_at, out.txn);
  if (found_magic != magic || found_version != data_version || out.page_size < 512 || out.page_size > 65'536)
    return std::nullopt;
  return out;
}

/// Beside the data file: it was made longer, and nobody has walked its tables to the end yet.
std::filesystem::path reminder_of(std::filesystem::path data_file) {
  return data_file += ".was_short";
}

} // namespace

lmdb_file make_lmdb_file_readable(const std::filesystem::path& data_file) {
  std::error_code failed;
  if (!std::filesystem::exists(data_file, failed))
    return failed ? lmdb_file::damaged : lmdb_file::readable;
  auto size = std::filesystem::file_size(data_file, failed);
  if (failed)
    return lmdb_file::damaged;
  if (size == 0)
    return lmdb_file::readable;
  std::ifstream file{data_file, std::ios::binary};
  auto first = read_meta(file, 0);
  if (!first)
    return lmdb_file::damaged;
  auto second = read_meta(file, first->page_size);
  const auto& newest = second && second->txn > first->txn ? *second : *first;
  auto used = (newest.last_page + 1) * newest.page_size;
  if (size >= used)
    return std::filesystem::exists(reminder_of(data_file), failed) ? lmdb_file::was_short
                                                                   : lmdb_file::readable;
  if (!std::ofstream{reminder_of(data_file)})
    return lmdb_file::damaged;
  std::filesystem::resize_file(data_file, used, failed);
  return failed ? lmdb_file::damaged : lmdb_file::was_short;
}

void forget_lmdb_file_was_short(const std::filesystem::path& data_file) {
  std::error_code ignored; // kept, it costs a walk at the next start and nothing else
  std::filesystem::remove(reminder_of(data_file), ignored);
}

} // namespace wardline
