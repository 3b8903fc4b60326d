#pragma once
// The device channel (e2ee 7): Noise IK under our prologue, device messages cut into frames, close frames.
// No input or output, no clock: the caller carries bytes in order and says what time it is.
//
//   device:  channel_initiator a{clinic, own, pinned};  send(*a.start());
//            auto opened = a.finish(answer, now);       opened->channel, opened->server_hello
//   daemon:  channel_responder b{clinic, own};          b.read(first);  look up b.initiator();
//            auto answered = b.answer(hello, known, now);  send(answered->message), keep answered->channel
//
// The first transport message of the device confirms the channel; before that a replayed handshake cannot be
// told from a fresh one, so the daemon must not let the new channel replace a live one (e2ee 7.2).
#include "wire/limits.hpp"
#include "wire/noise.hpp"
#include <variant>
#include <vector>

namespace wardline::wire {

/// lab("wardline noise v1") | clinic | u16 wire version (e2ee 7.1).
bytes channel_prologue(const clinic_id& clinic, std::uint16_t version = wire_version);

/// Bytes of a device message before the device has said who it is: the largest is an Enrol (a certificate of
/// 2 048 B, a password of 1 024 B, code, secret, second factor). Anybody gets this far, on every channel.
inline constexpr std::size_t greeting_bytes_max = 8'192;

/// A whole device message, 1 to message_bytes_max bytes.
struct channel_message {
  bytes value;
};

/// The other side ended the channel in order. The reason is a refusal's number, 0 for an ordinary end.
struct channel_closed {
  std::uint16_t reason = 0;
};

/// What one frame meant; monostate: a part, the message goes on.
using channel_event = std::variant<std::monostate, channel_message, channel_closed>;

/// An open channel of either side. Every failure ends it: keys are wiped, nothing more can be received, and
/// whatever was unanswered is unknown and asked again by its id (e2ee 7.5).
class channel {
public:
  /// `confirmed`: the peer is known to be alive. The device knows it from the answer to its handshake. The
  /// daemon does not, and takes no more than greeting_bytes_max at once until greet().
  channel(noise_transport transport, bool confirmed, time_ms now);

  /// The peer is known by name: from now on its messages may have message_bytes_max bytes.
  void greet() { receive_bytes_max_ = message_bytes_max; }

  /// The frames of one message, in order. Refusals: empty_part for an empty one, message_too_large,
  /// unknown_channel once closed. These leave the channel open: they are the caller's, not the peer's.
  expected<std::vector<bytes>> send(bytes_view message);

  /// Refusals: frame_not_openable (lost, doubled, swapped, altered, or a peer that did not rekey),
  /// unknown_frame, empty_part, message_too_large, message_unfinished; unknown_channel once closed.
  /// Any of them closes this channel. All but the first can still be told to the peer with close().
  expected<channel_event> receive(bytes_view frame, time_ms now);

  /// The frame that ends the channel, once; nothing if the other side closed it or its keys are gone.
  /// `reason`: refusal::none for an ordinary end.
  std::optional<bytes> close(refusal why = refusal::none);

  /// The refusal that time brought: message_unfinished 30 s after a message began, handshake_failed when the
  /// peer has not confirmed the handshake in 10 s (e2ee 10, 106). The channel is closed by it. Call it now
  /// and then; receive() checks as well.
  refusal expire(time_ms now);

  /// The channel still sends and receives.
  [[nodiscard]] bool open() const { return open_; }
  /// A frame of the peer has authenticated: it is alive and no replay (e2ee 7.2).
  [[nodiscard]] bool confirmed() const { return confirmed_; }
  /// 24 h or 2^32 frames have passed: the device makes a new channel (e2ee 7.4). At 2^32 frames send() and
  /// receive() refuse with unknown_channel.
  [[nodiscard]] bool renewal_due(time_ms now) const;
  /// Bytes of an unfinished message held now; at most message_bytes_max, or greeting_bytes_max.
  [[nodiscard]] std::size_t assembling_bytes() const { return assembly_.value.size(); }
  /// Names this channel; goes into the WebAuthn challenge and the session row (e2ee 7.5).
  [[nodiscard]] const hash32& handshake_hash() const { return transport_.handshake_hash; }

private:
  refusal fail(refusal why);
  refusal take_fragment(bytes_view fragment, time_ms now);

  noise_transport transport_;
  time_ms opened_at_;
  time_ms assembly_since_ = 0;
  wiped_bytes assembly_;
  std::size_t receive_bytes_max_;
  bool open_ = true;
  bool confirmed_;
};

/// The device's side of the handshake; used once.
class channel_initiator {
public:
  /// `pinned` is the daemon's noise key from the server certificate; no other is ever accepted.
  channel_initiator(const clinic_id& clinic, const noise_key_pair& own, const public_key& pinned,
                    std::uint16_t version = wire_version);

  struct opened {
    wire::channel channel;
    bytes server_hello;
  };

  /// The first handshake message: 96 bytes, no payload. Refusal: handshake_failed (the pinned key is of small
  /// order).
  expected<bytes> start();
  /// Refusals: wrong_server_key when the answer was not made with the pinned key (or was altered);
  /// handshake_failed when it cannot be an answer at all (size, key of small order). Never retried with
  /// another version or pattern.
  expected<opened> finish(bytes_view answer, time_ms now);

private:
  noise_handshake handshake_;
};

/// The daemon's side of the handshake; used once. Whatever is wrong with the first message, read() and
/// answer() together do the same four Diffie-Hellman computations and refuse with handshake_failed: unknown
/// and revoked keys, a wrong prologue and a bad tag look alike (e2ee 7.1; negatives 107-110, 112).
class channel_responder {
public:
  channel_responder(const clinic_id& clinic, const noise_key_pair& own, std::uint16_t version = wire_version);

  /// Refusals: none; first_payload_not_empty (by its size, before any work). After anything else go on with
  /// answer(), also when the message was bad.
  refusal read(bytes_view first);
  /// The device's noise key as proved by the first message; all zero if that was bad. Look it up either way.
  [[nodiscard]] public_key initiator() const { return handshake_.remote_static(); }

  struct answered {
    wire::channel channel;
    bytes message;
  };
  /// `accepted`: the key is known, current and unrevoked, or the channel is for an enrolment. `server_hello`
  /// at most server_hello_bytes_max; give one of ordinary size when refusing too, so that times are alike.
  /// Refusals: handshake_failed; message_too_large for the hello.
  expected<answered> answer(bytes_view server_hello, bool accepted, time_ms now);

private:
  noise_handshake handshake_;
};

} // namespace wardline::wire
