#include "e2ee/signing.hpp"
#include <sodium.h>

namespace wardline::e2ee {

signing_key::signing_key(secret32 seed) : seed_{std::move(seed)} {
  wiped_bytes expanded{crypto_sign_SECRETKEYBYTES};
  crypto_sign_seed_keypair(public_.data(), expanded.value.data(), seed_.data());
}

signing_key signing_key::random() {
  return signing_key{secret32::random()};
}

signing_key signing_key::from_seed(secret32 seed) {
  return signing_key{std::move(seed)};
}

signature64 signing_key::sign(std::string_view label, bytes_view m) const {
  auto covered = lab(label);
  covered.insert(covered.end(), m.begin(), m.end());
  // libsodium's secret key is seed | public key.
  wiped_bytes expanded{crypto_sign_SECRETKEYBYTES};
  std::memcpy(expanded.value.data(), seed_.data(), secret32::size);
  std::memcpy(expanded.value.data() + secret32::size, public_.data(), public_.size());
  signature64 out;
  crypto_sign_detached(out.data(), nullptr, covered.data(), covered.size(), expanded.value.data());
  return out;
}

x25519_pair x25519_pair::random() {
  return from_secret(secret32::random());
}

x25519_pair x25519_pair::from_secret(secret32 secret) {
  x25519_pair out{std::move(secret), {}};
  crypto_scalarmult_base(out.public_part.data(), out.secret.data());
  return out;
}

} // namespace wardline::e2ee
