#pragma once
// The keys of this box, one file each, as systemd hands credentials over: 32 raw bytes, mode 0400 or 0600.
#include "wire/expected.hpp"
#include "wire/noise.hpp"
#include "wire/secret.hpp"
#include <filesystem>
#include <functional>
#include <vector>

namespace wardline::daemon {

/// File names below the credentials folder; `wardctl setup` makes them all, none is derived from another
/// (security 5.2).
struct credentials {
  secret32 kek;        ///< "kek": opens the keyring
  secret32 link_key;   ///< "link-key": CURVE secret of the plugin link
  secret32 noise_key;  ///< "noise-key": X25519, certified
  secret32 log_key;    ///< "log-key": Ed25519 seed, certified: checkpoints
  secret32 daemon_key; ///< "daemon-key": Ed25519 seed, certified: heartbeats and wipe orders

  /// not_found (a file is missing), keyring_not_openable (not 32 bytes). `problem` names the file.
  static expected<credentials> load(const std::filesystem::path& folder, std::string& problem);
  /// Fresh ones.
  static credentials make();
  /// Writes them with mode 0600, each once: a file that exists is never overwritten (already_exists).
  /// Durable, with their names, when it says none.
  refusal save(const std::filesystem::path& folder) const;
  /// Where `save` puts them.
  static std::vector<std::filesystem::path> files(const std::filesystem::path& folder);
};

/// Ed25519 over exactly these bytes by a seed kept in locked memory; the closure owns its copy.
std::function<signature64(bytes_view)> signer_of(const secret32& seed);
public_key ed25519_public(const secret32& seed);
public_key x25519_public(const secret32& secret);

/// Where the audit log is from: "wardline/<clinic id>/audit/<log epoch>" (security 2.2). Epoch 1 until a
/// restore.
std::string log_origin(const clinic_id& clinic, std::uint32_t log_epoch = 1);

} // namespace wardline::daemon
