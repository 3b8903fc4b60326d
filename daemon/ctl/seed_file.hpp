#pragma once
// A secret that leaves the box: one JSON file, sealed under a passphrase with Argon2id.
#include "wire/expected.hpp"
#include "wire/secret.hpp"
#include <filesystem>

namespace wardline::ctl {

/// Bytes of memory and passes: security 7.1 for key files.
inline constexpr std::size_t identity_memory_bytes = 256u << 20;
inline constexpr unsigned identity_passes = 3;
/// Characters of a passphrase, at least.
inline constexpr std::size_t passphrase_bytes_min = 12;

/// What the seal covers beside the seed: a file cannot be passed off as another one.
struct seed_of {
  std::string field; ///< under which the public half stands: what the seed is
  clinic_id clinic;  ///< none: of any
  public_key public_part{};
};

/// {"clinic": hex, FIELD: hex, "salt": hex, "memory_bytes": n, "passes": n, "nonce": hex, "sealed": hex}.
/// Mode 0600, never over an existing file. already_exists, storage_refused, password_too_short.
refusal write_seed(const std::filesystem::path& file, const seed_of& what, const secret32& seed,
                   const std::string& passphrase);

struct read_seed_file {
  seed_of what;
  secret32 seed;
};
/// not_found, malformed_request, keyring_not_openable (wrong passphrase or damaged).
expected<read_seed_file> read_seed(const std::filesystem::path& file, const std::string& field,
                                   const std::string& passphrase);

} // namespace wardline::ctl
