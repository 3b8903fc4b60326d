#include "e2ee/keys.hpp"
#include <sodium.h>

namespace wardline::e2ee {

namespace {

/// 2^255 - 19, little-endian.
bool below_field_prime(const public_key& pk) {
  if ((pk[31] & 0x80) != 0)
    return false;
  if (pk[31] != 0x7f)
    return true;
  for (std::size_t i = 30; i > 0; --i)
    if (pk[i] != 0xff)
      return true;
  return pk[0] < 0xed;
}

} // namespace

bool check_ed25519(const public_key& pk) {
  return crypto_core_ed25519_is_valid_point(pk.data()) == 1;
}

bool check_x25519(const public_key& pk) {
  if (!below_field_prime(pk))
    return false;
  // Every clamped scalar is a multiple of 8, so any of them takes a point of small order to zero.
  static constexpr std::uint8_t any_scalar[crypto_scalarmult_SCALARBYTES] = {8};
  std::uint8_t out[crypto_scalarmult_BYTES];
  return crypto_scalarmult(out, any_scalar, pk.data()) == 0;
}

bool check_ristretto(const public_key& point) {
  return !is_zero(point) && crypto_core_ristretto255_is_valid_point(point.data()) == 1;
}

bool check_scalar(const std::array<std::uint8_t, 32>& scalar) {
  std::uint8_t wide[crypto_core_ristretto255_NONREDUCEDSCALARBYTES] = {};
  std::memcpy(wide, scalar.data(), scalar.size());
  std::array<std::uint8_t, 32> reduced;
  crypto_core_ristretto255_scalar_reduce(reduced.data(), wide);
  return reduced == scalar;
}

bool verify_signature(const public_key& pk, std::string_view label, bytes_view m, const signature64& sig) {
  bytes covered;
  covered.reserve(1 + label.size() + m.size());
  covered.push_back(static_cast<std::uint8_t>(label.size()));
  covered.insert(covered.end(), label.begin(), label.end());
  covered.insert(covered.end(), m.begin(), m.end());
  return crypto_sign_verify_detached(sig.data(), covered.data(), covered.size(), pk.data()) == 0;
}

} // namespace wardline::e2ee
