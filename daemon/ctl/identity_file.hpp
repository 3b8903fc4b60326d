#pragma once
// The clinic's identity key at rest: one JSON file on a stick in a safe, sealed under a passphrase with
// Argon2id. It is needed to certify registrars and to renew the server's certificate, never while the clinic
// runs (DESIGN 7).
#include "seed_file.hpp"

namespace wardline::ctl {

struct identity {
  clinic_id clinic;
  secret32 seed; ///< Ed25519
};

/// seed_file.hpp says how. already_exists, storage_refused, password_too_short.
refusal write_identity(const std::filesystem::path& file, const identity& key, const std::string& passphrase);

/// not_found, malformed_request, keyring_not_openable (wrong passphrase or damaged).
expected<identity> read_identity(const std::filesystem::path& file, const std::string& passphrase);

} // namespace wardline::ctl
