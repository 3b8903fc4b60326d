#pragma once
// C2SP's text forms, read as hostile: signed-note, tlog-checkpoint, tlog-proof, and the body of tlog-witness
// add-checkpoint. A form that could be written in two ways is refused.
#include "bytes.hpp"
#include <optional>
#include <string_view>

namespace verify {

inline constexpr std::size_t text_bytes_max = 65'536;
inline constexpr std::size_t signatures_max = 16;
inline constexpr std::size_t proof_hashes_max = 126; ///< RFC 6962 for 2^63 leaves needs fewer
inline constexpr std::size_t name_bytes_max = 255;

struct note_signature {
  std::string name;
  bytes blob; ///< key id (4 bytes) | signature
};

struct checkpoint {
  std::string origin;
  std::uint64_t size = 0;
  hash root{};
  std::string body; ///< the signed text: three lines
  std::vector<note_signature> signatures;
};

/// name+hex(key id)+base64(01 | key), as one line; the id is checked.
struct log_key {
  std::string name;
  hash key{};
};

struct entry_proof {
  bytes extra;
  std::uint64_t index = 0;
  std::vector<hash> hashes;
  checkpoint head;
};

struct growth_proof {
  std::uint64_t old_size = 0;
  std::vector<hash> hashes;
  checkpoint head;
};

/// RFC 4648 section 4, with padding, spare bits zero.
std::optional<bytes> from_base64(std::string_view s);
/// The shortest decimal below 2^63.
std::optional<std::uint64_t> from_decimal(std::string_view s);

std::optional<checkpoint> read_checkpoint(std::string_view text);
std::optional<log_key> read_log_key(std::string_view text);
std::optional<entry_proof> read_entry_proof(std::string_view text);
std::optional<growth_proof> read_growth_proof(std::string_view text);

/// Signed by this key under this name, which is the log's origin. Others' signatures are ignored.
bool is_signed(const checkpoint& c, const log_key& by);

} // namespace verify
