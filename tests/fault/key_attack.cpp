#include "key_attack.hpp"
#include "daemon_process.hpp"
#include "temp_folder.hpp"
#include "test_ports.hpp"
#include <cstring>
#include <fstream>
#include <sodium.h>

namespace wardline::fault {

namespace {

// A sealed value: u8 1 | u8 table | u32 segment | u32 epoch | 24 B nonce | content | tag
// (sealed_storage.hpp).
constexpr std::uint8_t log_table = 2;
constexpr std::size_t header_bytes = 34, tag_bytes = 16, rows_of_segment = 4096;
// A body's row: u8 1 | u8 2 | conversation | u64 seq | message | sealed body (message_rows.hpp).
constexpr std::size_t body_row_bytes = 2 + 16 + 8 + 16;
constexpr std::size_t buckets[] = {256, 1024, 4096, 16'384, 65'536};

std::uint64_t number_at(std::string_view raw, std::size_t at, std::size_t width) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < width; ++i)
    out = out << 8 | static_cast<std::uint8_t>(raw[at + i]);
  return out;
}

class attacker {
public:
  attacker(std::string_view file, const keyring& keys) : file_{file}, keys_{keys} {}

  attack_result run() {
    for (std::size_t at = 0; at + header_bytes + tag_bytes <= file_.size(); ++at)
      if (file_[at] == 1 && static_cast<std::uint8_t>(file_[at + 1]) == log_table)
        look_at(at);
    return std::move(out_);
  }

private:
  void look_at(std::size_t at) {
    segment of{ports::table::log, static_cast<std::uint32_t>(number_at(file_, at + 2, 4))};
    auto newest = keys_.newest_epoch(of);
    if (newest == 0 || number_at(file_, at + 6, 4) > newest + 1)
      return;
    ++out_.places;
    auto first = std::uint64_t{of.number} * rows_of_segment;
    // In a leaf page the key stands before its value; a value on pages of its own could be any row.
    auto before = at >= 8 ? number_at(file_, at - 8, 8) : 0;
    bool beside = at >= 8 && before >= first && before < first + rows_of_segment;
    for (auto number = beside ? before : first; number < (beside ? before + 1 : first + rows_of_segment);
         ++number)
      for (auto bucket : buckets)
        for (std::uint32_t epoch = 1; epoch <= newest; ++epoch)
          if (keys_.with(of, epoch, [](bytes_view) {}) &&
              opens(at, of, epoch, number, body_row_bytes + bucket + 16))
            return;
  }

  bool opens(std::size_t at, const segment& of, std::uint32_t epoch, std::uint64_t number, std::size_t size) {
    if (at + header_bytes + size + tag_bytes > file_.size())
      return false;
    const auto* raw = reinterpret_cast<const std::uint8_t*>(file_.data()) + at;
    constexpr std::string_view label = "wardline stored value v1";
    bytes ad{static_cast<std::uint8_t>(label.size())};
    ad.insert(ad.end(), label.begin(), label.end());
    ad.push_back(log_table);
    for (int shift = 56; shift >= 0; shift -= 8)
      ad.push_back(static_cast<std::uint8_t>(number >> shift));
    ad.insert(ad.end(), raw, raw + header_bytes);
    bytes plain(size);
    bool good = false;
    keys_.with(of, epoch, [&](bytes_view key) {
      good = crypto_aead_xchacha20poly1305_ietf_decrypt(plain.data(), nullptr, nullptr, raw + header_bytes,
                                                        size + tag_bytes, ad.data(), ad.size(), raw + 10,
                                                        key.data()) == 0;
    });
    if (good && plain[0] == 1 && plain[1] == 2)
      out_.bodies.insert(*message_id::from(bytes_view{plain}.subspan(26, 16)));
    return good;
  }

  std::string_view file_;
  const keyring& keys_;
  attack_result out_;
};

} // namespace

attack_result attack(const std::filesystem::path& data_file, const keyring& keys) {
  auto file = file_text(data_file);
  return attacker{file, keys}.run();
}

std::set<bytes> keys_in_copies(const std::filesystem::path& file, const secret32& kek,
                               const std::vector<key_of_segment>& asked) {
  std::set<bytes> out;
  auto content = file_text(file);
  for (std::size_t other : {std::size_t{0}, std::size_t{1}}) {
    temp_folder folder;
    kept_journal journal;
    auto one = content;
    std::memset(one.data() + other * keyring_copy_bytes, 0,
                keyring_header_bytes); // only the other one is left
    std::ofstream{folder.path / "keyring", std::ios::binary} << one;
    auto ring = keyring::open(folder.path / "keyring", kek, journal);
    if (ring)
      for (const auto& k : asked)
        (*ring)->with(k.of, k.epoch, [&](bytes_view key) { out.insert(to_bytes(key)); });
  }
  return out;
}

} // namespace wardline::fault
