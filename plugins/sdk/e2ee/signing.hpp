#pragma once
// Signing keys: the secret half of keys.hpp. Never linked into the daemon.
#include "e2ee/codec.hpp"
#include "wire/secret.hpp"

namespace wardline::e2ee {

/// An Ed25519 key, held as its 32-byte seed in locked memory. Move-only.
class signing_key {
public:
  static signing_key random();
  static signing_key from_seed(secret32 seed);

  [[nodiscard]] const public_key& public_part() const { return public_; }
  /// Sig(sk, label, m) = Ed25519 over lab(label) | m (e2ee 1).
  [[nodiscard]] signature64 sign(std::string_view label, bytes_view m) const;
  /// For the device store and invitation files.
  [[nodiscard]] const secret32& seed() const { return seed_; }

private:
  explicit signing_key(secret32 seed);
  secret32 seed_;
  public_key public_{};
};

/// Who signs under which label: one entry per signature of a frame.
struct signer {
  const signing_key& key;
  std::string_view label;
};

/// Encodes, signs and frames: the bytes of a whole object.
template <class Fields>
bytes sign_object(const clinic_id& clinic, const Fields& fields, const std::vector<signer>& signers) {
  auto unsigned_bytes = encode(clinic, fields);
  std::vector<signature64> signatures;
  for (const auto& s : signers)
    signatures.push_back(s.key.sign(s.label, unsigned_bytes));
  return with_signatures(std::move(unsigned_bytes), signatures);
}

/// An X25519 key pair (noise keys, sealing keys, inboxes). Move-only.
struct x25519_pair {
  secret32 secret;
  public_key public_part{};

  static x25519_pair random();
  static x25519_pair from_secret(secret32 secret);
};

} // namespace wardline::e2ee
