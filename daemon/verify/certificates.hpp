#pragma once
// Whose key signs the log: the clinic's root certificate, and the server certificate under it.
//
//   root   = 01 01 | b16 clinic | b32 identity key | u8 n, n bytes of the clinic's name | u64 created
//   server = 02 01 | b16 clinic | u32 serial | b32 noise key | b32 log key | b32 daemon key | u64 from | u64
//   until each followed by u8 count | count x b64 Ed25519 signature over u8 length | label | all before the
//   count
#include "bytes.hpp"
#include <optional>

namespace verify {

inline constexpr std::size_t certificate_bytes_max = 256;

struct root_certificate {
  std::array<std::uint8_t, 16> clinic{};
  hash identity{};
  std::string clinic_name;
  bytes signed_bytes;
  std::vector<bytes> signatures; ///< one, or two after the identity key was replaced: the new one's first
};

struct server_certificate {
  std::array<std::uint8_t, 16> clinic{};
  hash log_key{};
  bytes signed_bytes;
  bytes signature;
};

/// By form alone.
std::optional<root_certificate> read_root(bytes_view raw);
std::optional<server_certificate> read_server(bytes_view raw);

/// Signed by its own identity key. Whether that key is the clinic's, only a person can compare.
bool is_self_signed(const root_certificate& root);
/// Of the same clinic, and signed by its identity key.
bool is_certified(const server_certificate& server, const root_certificate& by);

} // namespace verify
