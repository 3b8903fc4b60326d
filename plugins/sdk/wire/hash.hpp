#pragma once
// SHA-256, and the labelled hash H(x, m) = SHA-256(u8 length of x | x | m) of e2ee 1.
#include "wire/ids.hpp"
#include <initializer_list>
#include <sodium/crypto_hash_sha256.h>

namespace wardline {

hash32 sha256(bytes_view m);
/// Of the parts joined.
hash32 sha256(std::initializer_list<bytes_view> parts);

/// Of what comes piece by piece.
class running_sha256 {
public:
  running_sha256() { crypto_hash_sha256_init(&state_); }
  void add(bytes_view m) { crypto_hash_sha256_update(&state_, m.data(), m.size()); }
  /// Of all that was added; nothing more may be.
  hash32 finish() {
    hash32 out;
    crypto_hash_sha256_final(&state_, out.data());
    return out;
  }

private:
  crypto_hash_sha256_state state_{};
};

/// lab(x): u8 length of x, then x (ASCII, at most 40 characters).
bytes lab(std::string_view label);

/// H(x, m) of e2ee 1.
hash32 labelled_hash(std::string_view label, bytes_view m);

} // namespace wardline
