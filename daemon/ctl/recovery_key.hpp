#pragma once
// The clinic's recovery key at rest: like the identity key one JSON file on a stick in a safe, sealed under a
// passphrase. Its public half stands in backup.recovery_key; the other half is needed to restore, never while
// the clinic runs.
#include "wire/expected.hpp"
#include "wire/secret.hpp"
#include <filesystem>

namespace wardline::ctl {

/// A fresh X25519 key into a new file; its public half. Refusals: already_exists, storage_refused,
/// password_too_short.
expected<public_key> make_recovery_key(const std::filesystem::path& file, const std::string& passphrase);
/// not_found, malformed_request, keyring_not_openable (wrong passphrase or damaged).
expected<secret32> read_recovery_key(const std::filesystem::path& file, const std::string& passphrase);

} // namespace wardline::ctl
