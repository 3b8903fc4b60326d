#pragma once
// The clinic's identity key at rest: one JSON file on a stick in a safe, sealed under a passphrase with
// Argon2id. It is needed to certify registrars and to renew the server's certificate, never while the clinic
// runs (DESIGN 7).
#include "wire/expected.hpp"
#include "wire/secret.hpp"
#include <filesystem>

namespace wardline::ctl {

/// Bytes of memory and passes: security 7.1 for key files.
inline constexpr std::size_t identity_memory_bytes = 256u << 20;
inline constexpr unsigned identity_passes = 3;
/// Characters of a passphrase, at least.
inline constexpr std::size_t passphrase_bytes_min = 12;

struct identity {
  clinic_id clinic;
  secret32 seed; ///< Ed25519
};

/// {"clinic": hex, "identity_key": hex, "salt": hex, "memory_bytes": n, "passes": n, "nonce": hex, "sealed":
/// hex}. Mode 0600, never over an existing file. already_exists, storage_refused, password_too_short.
refusal write_identity(const std::filesystem::path& file, const identity& key, const std::string& passphrase);

/// not_found, malformed_request, keyring_not_openable (wrong passphrase or damaged).
expected<identity> read_identity(const std::filesystem::path& file, const std::string& passphrase);

} // namespace wardline::ctl
