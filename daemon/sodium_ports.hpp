#pragma once
// Random numbers and password hashing from libsodium.
#include "ports/passwords.hpp"
#include "ports/random.hpp"

namespace wardline::daemon {

class sodium_random final : public ports::random {
public:
  void fill(std::span<std::uint8_t> out) override;
};

/// Memory in bytes and passes of one hash; stored with each hash, so that raising them needs no migration.
struct argon2_cost {
  std::size_t memory_bytes = 64u << 20; ///< RFC 9106 section 4, second choice; security 7.1: 167 ms here
  unsigned passes = 3;
};

class argon2_passwords final : public ports::passwords {
public:
  /// Makes one hash of a random password, against which unknown users are checked.
  explicit argon2_passwords(argon2_cost cost = {});
  std::optional<std::string> hash(const std::string& password) override;
  bool verify(const std::string& stored, const std::string& password) override;

private:
  argon2_cost cost_;
  std::string nobody_;
};

} // namespace wardline::daemon
