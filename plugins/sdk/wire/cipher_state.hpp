#pragma once
// ChaCha20-Poly1305 under one key with a counter for a nonce: CipherState of the Noise Protocol Framework,
// revision 34, section 5.1, and the rekeying of e2ee 7.4.
#include "wire/ids.hpp"
#include "wire/secret.hpp"
#include <optional>

namespace wardline::wire {

/// One direction's key and frame counter. The nonce is carried by order: it is never on the wire.
class cipher_state {
public:
  cipher_state() = default; ///< no key yet
  explicit cipher_state(secret32 key, std::uint64_t next = 0);

  [[nodiscard]] bool has_key() const { return keyed_; }
  /// The number the next frame gets, from 0; goes on counting over rekeys (e2ee 7.4).
  [[nodiscard]] std::uint64_t next() const { return next_; }

  /// plain + 16 bytes. Without a key: the plaintext as it is (Noise 5.1).
  bytes seal(bytes_view ad, bytes_view plain);
  /// Nothing, and no change of state, if the tag does not fit.
  std::optional<bytes> open(bytes_view ad, bytes_view sealed);

  /// k = first 32 bytes of ENCRYPT(k, 2^64-1, "", 0^32) (Noise 4.2); the counter goes on (e2ee 7.4).
  void rekey();
  /// As seal and open, and a rekey after the frames 65 535, 131 071, ... of this direction (e2ee 7.4).
  /// Without a key nothing opens, and sealing ends the process.
  bytes seal_frame(bytes_view plain);
  std::optional<bytes> open_frame(bytes_view sealed);

  /// Wipes the key; has_key() is false afterwards.
  void forget();

private:
  void count_frame();

  secret32 key_;
  bool keyed_ = false;
  std::uint64_t next_ = 0;
};

} // namespace wardline::wire
