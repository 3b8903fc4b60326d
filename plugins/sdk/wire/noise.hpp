#pragma once
// Noise_{IK,NK,XX}_25519_ChaChaPoly_SHA256 on libsodium, without input or output of its own. The device
// channel uses IK (channel.hpp); NK and XX are here because the published vectors judge the same code with
// them. Source: The Noise Protocol Framework, revision 34; rekey as e2ee 7.4.
#include "wire/cipher_state.hpp"
#include "wire/expected.hpp"

namespace wardline::wire {

/// An X25519 key pair. The secret half never leaves locked memory.
struct noise_key_pair {
  secret32 secret;
  public_key pub{};

  static noise_key_pair random();
  static noise_key_pair from(secret32 secret);
};

enum class noise_pattern { ik, nk, xx };
enum class noise_role { initiator, responder };

/// What a finished handshake leaves: one cipher per direction, and the hash that names this channel.
struct noise_transport {
  cipher_state sending;
  cipher_state receiving;
  hash32 handshake_hash{};
};

/// One handshake. A failure is remembered and reported at the end of its message, and every later message
/// fails too, after the same Diffie-Hellman work as in a good handshake: the time of an answer must not tell
/// causes apart (e2ee 7.1).
class noise_handshake {
public:
  /// `own_static` is needed by both roles of IK and XX and by the responder of NK; `remote_static` by the
  /// initiator of IK and NK.
  noise_handshake(noise_pattern pattern, noise_role role, bytes_view prologue,
                  std::optional<noise_key_pair> own_static, std::optional<public_key> remote_static);

  /// The next message of this side. Refusals: handshake_failed; message_too_large if the payload does not
  /// fit.
  expected<bytes> write(bytes_view payload);
  /// The payload of the next message of the other side. Refusals: handshake_failed for every cause.
  expected<bytes> read(bytes_view message);

  [[nodiscard]] bool done() const;
  /// The other side's static key, once a message carried it and every check so far passed; else all zero.
  [[nodiscard]] public_key remote_static() const;

  /// Some Diffie-Hellman result was all zero: a key of small order was sent.
  [[nodiscard]] bool small_order() const { return small_order_; }

  /// Once done; ends the handshake. Refusal: handshake_failed, also before the last message.
  expected<noise_transport> split();

private:
  enum class token { e, s, ee, es, se, ss };
  static constexpr std::size_t messages_max = 3;
  struct message_pattern {
    token tokens[4];
    std::size_t count;
  };
  struct pattern_shape;
  static const pattern_shape& shape_of(noise_pattern pattern);

  [[nodiscard]] bool my_turn() const;
  void mix_hash(bytes_view data);
  void mix_key(const secret32& input);
  bytes seal_and_hash(bytes_view plain);
  std::optional<bytes> open_and_hash(bytes_view sealed);
  void mix_dh(token which);
  void write_token(token which, bytes& out);
  void read_token(token which, bytes_view& rest);

  const pattern_shape* shape_;
  noise_role role_;
  std::size_t message_ = 0; ///< index of the next message
  bool failed_ = false;
  bool small_order_ = false;
  bool spent_ = false;
  std::optional<noise_key_pair> static_;
  std::optional<noise_key_pair> ephemeral_;
  std::optional<public_key> remote_static_;
  std::optional<public_key> remote_ephemeral_;
  secret32 chaining_key_;
  hash32 hash_{};
  cipher_state cipher_;
};

} // namespace wardline::wire
