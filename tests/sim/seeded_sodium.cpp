#include "seeded_sodium.hpp"
#include <array>
#include <cstring>
#include <sodium.h>

namespace wardline::sim {

namespace {

std::array<std::uint8_t, crypto_stream_chacha20_ietf_KEYBYTES> stream_key{};
std::uint32_t stream_block = 0;

void next_bytes(void* out, std::size_t n) {
  std::array<std::uint8_t, crypto_stream_chacha20_ietf_NONCEBYTES> nonce{};
  std::memcpy(nonce.data(), &stream_block, sizeof stream_block);
  ++stream_block;
  crypto_stream_chacha20_ietf(static_cast<unsigned char*>(out), n, nonce.data(), stream_key.data());
}

const char* name() {
  return "seeded";
}

std::uint32_t next_number() {
  std::uint32_t out;
  next_bytes(&out, sizeof out);
  return out;
}

randombytes_implementation seeded{name, next_number, nullptr, nullptr, next_bytes, nullptr};

} // namespace

void seed_sodium(std::uint64_t seed) {
  std::memcpy(stream_key.data(), &seed, sizeof seed);
  stream_block = 0;
  randombytes_set_implementation(&seeded);
}

} // namespace wardline::sim
