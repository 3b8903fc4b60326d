#include "wire/cipher_state.hpp"
#include "wire/limits.hpp"
#include <cstdlib>
#include <limits>
#include <sodium.h>

namespace wardline::wire {

namespace {

constexpr std::uint64_t rekey_nonce = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t key_bytes = 32;

using nonce96 = std::array<std::uint8_t, crypto_aead_chacha20poly1305_ietf_NPUBBYTES>;

/// Noise 12.3: four zero bytes, then the counter, little-endian.
nonce96 nonce_of(std::uint64_t n) {
  nonce96 out{};
  for (std::size_t i = 0; i < 8; ++i)
    out[4 + i] = static_cast<std::uint8_t>(n >> (8 * i));
  return out;
}

} // namespace

cipher_state::cipher_state(secret32 key, std::uint64_t next)
    : key_{std::move(key)}, keyed_{true}, next_{next} {}

bytes cipher_state::seal(bytes_view ad, bytes_view plain) {
  if (!keyed_)
    return to_bytes(plain);
  if (next_ == rekey_nonce)
    std::abort(); // Noise 5.1: reserved; channels end long before (frames_per_channel_max)
  bytes out(plain.size() + noise_tag_bytes);
  auto nonce = nonce_of(next_);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(), ad.data(),
                                            ad.size(), nullptr, nonce.data(), key_.data());
  ++next_;
  return out;
}

std::optional<bytes> cipher_state::open(bytes_view ad, bytes_view sealed) {
  if (!keyed_)
    return to_bytes(sealed);
  if (sealed.size() < noise_tag_bytes || next_ == rekey_nonce)
    return std::nullopt;
  bytes out(sealed.size() - noise_tag_bytes);
  auto nonce = nonce_of(next_);
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, sealed.data(), sealed.size(),
                                                ad.data(), ad.size(), nonce.data(), key_.data()) != 0)
    return std::nullopt;
  ++next_;
  return out;
}

void cipher_state::rekey() {
  constexpr std::array<std::uint8_t, key_bytes> zeros{};
  std::array<std::uint8_t, key_bytes + noise_tag_bytes> sealed;
  auto nonce = nonce_of(rekey_nonce);
  crypto_aead_chacha20poly1305_ietf_encrypt(sealed.data(), nullptr, zeros.data(), zeros.size(), nullptr, 0,
                                            nullptr, nonce.data(), key_.data());
  std::memcpy(key_.data(), sealed.data(), key_bytes);
  wipe(sealed);
}

void cipher_state::count_frame() {
  if (next_ % frames_per_key == 0)
    rekey();
}

bytes cipher_state::seal_frame(bytes_view plain) {
  if (!keyed_)
    std::abort(); // a programmer's error; going on would put plaintext on the wire
  auto out = seal({}, plain);
  count_frame();
  return out;
}

std::optional<bytes> cipher_state::open_frame(bytes_view sealed) {
  if (!keyed_)
    return std::nullopt; // never plaintext for a frame
  auto out = open({}, sealed);
  if (out)
    count_frame();
  return out;
}

void cipher_state::forget() {
  key_ = secret32{};
  keyed_ = false;
}

} // namespace wardline::wire
