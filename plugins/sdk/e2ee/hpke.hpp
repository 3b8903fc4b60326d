#pragma once
// HPKE base mode, single shot (RFC 9180; e2ee 2.1): DHKEM(X25519, HKDF-SHA256), HKDF-SHA256,
// ChaCha20-Poly1305, aad always empty, one message per encapsulation. Secret half: the daemon links neither
// seal nor open.
#include "e2ee/signing.hpp"
#include <optional>

namespace wardline::e2ee {

inline constexpr std::size_t hpke_enc_size = 32;
inline constexpr std::size_t hpke_tag_size = 16;
/// |seal(pt)| = |pt| + 48.
inline constexpr std::size_t hpke_overhead = hpke_enc_size + hpke_tag_size;

/// DeriveKeyPair(ikm) of RFC 9180 7.1.3.
x25519_pair hpke_derive_key_pair(bytes_view ikm);

/// enc | ct. Refuses a recipient key that fails e2ee 2.3: bad_public_key.
expected<bytes> hpke_seal(const public_key& to, bytes_view info, bytes_view plain);

/// Nothing if enc is not a safe key, is too short, or the tag does not fit. `sealed` = enc | ct.
std::optional<wiped_bytes> hpke_open(const x25519_pair& own, bytes_view info, bytes_view sealed);

/// hpke_seal under a given ephemeral key pair. For vectors only: a second message under one ephemeral pair
/// and recipient and info has the same key and nonce, and both plaintexts are lost.
expected<bytes> hpke_seal_with(const x25519_pair& ephemeral, const public_key& to, bytes_view info,
                               bytes_view plain);

/// Key and nonce of one encapsulation; shown so that the vectors' key schedule can be met step by step.
struct hpke_context {
  secret32 key;
  std::array<std::uint8_t, 12> nonce{};
};
/// shared secret of DHKEM from dh, enc and the recipient's key.
secret32 hpke_shared_secret(const secret32& dh, const public_key& enc, const public_key& to);
hpke_context hpke_key_schedule(const secret32& shared, bytes_view info);

} // namespace wardline::e2ee
