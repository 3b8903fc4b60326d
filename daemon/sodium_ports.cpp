#include "sodium_ports.hpp"
#include <sodium.h>

namespace wardline::daemon {

void sodium_random::fill(std::span<std::uint8_t> out) {
  randombytes_buf(out.data(), out.size());
}

argon2_passwords::argon2_passwords(argon2_cost cost) : cost_{cost} {
  std::string random(32, '\0');
  randombytes_buf(random.data(), random.size());
  nobody_ = hash(random).value_or("");
}

std::optional<std::string> argon2_passwords::hash(const std::string& password) {
  char phc[crypto_pwhash_STRBYTES];
  if (crypto_pwhash_str_alg(phc, password.data(), password.size(), cost_.passes, cost_.memory_bytes,
                            crypto_pwhash_ALG_ARGON2ID13) != 0)
    return std::nullopt;
  return std::string{phc};
}

bool argon2_passwords::verify(const std::string& stored, const std::string& password) {
  bool known = !stored.empty();
  const auto& against = known ? stored : nobody_;
  bool fits = crypto_pwhash_str_verify(against.c_str(), password.data(), password.size()) == 0;
  return known && fits;
}

} // namespace wardline::daemon
