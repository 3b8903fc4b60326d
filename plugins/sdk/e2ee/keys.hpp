#pragma once
// Checks of public keys where they enter (e2ee 2.3), and signatures. Public values only.
#include "e2ee/labels.hpp"
#include "wire/ids.hpp"

namespace wardline::e2ee {

/// Ed25519: canonical, of the prime-order subgroup, not of small order.
bool check_ed25519(const public_key& pk);

/// X25519: little-endian number below 2^255 - 19 with bit 255 clear, not of small order.
bool check_x25519(const public_key& pk);

/// ristretto255: canonical, not the identity (libsodium accepts the identity).
bool check_ristretto(const public_key& point);

/// A canonical scalar, below L (libsodium takes L + 5 for 5).
bool check_scalar(const std::array<std::uint8_t, 32>& scalar);

/// Sig(sk, label, m) = Ed25519 over lab(label) | m. Refuses S >= L and keys of small order. `m` is the
/// received bytes, never re-encoded ones.
bool verify_signature(const public_key& pk, std::string_view label, bytes_view m, const signature64& sig);

} // namespace wardline::e2ee
