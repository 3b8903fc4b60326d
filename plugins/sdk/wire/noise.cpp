#include "wire/noise.hpp"
#include "wire/hash.hpp"
#include "wire/limits.hpp"
#include <cstdlib>
#include <initializer_list>
#include <sodium.h>

namespace wardline::wire {

namespace {

constexpr std::size_t key_bytes = 32;

/// X25519's base point stands in for a key that is missing or of small order, so that a handshake that has
/// failed already takes as long as a good one.
constexpr public_key base_point{9};

void hmac(secret32& out, bytes_view key, std::initializer_list<bytes_view> parts) {
  crypto_auth_hmacsha256_state state;
  crypto_auth_hmacsha256_init(&state, key.data(), key.size());
  for (auto part : parts)
    crypto_auth_hmacsha256_update(&state, part.data(), part.size());
  crypto_auth_hmacsha256_final(&state, out.data());
  sodium_memzero(&state, sizeof state);
}

/// Noise 4.3 with two outputs.
void noise_hkdf(bytes_view chaining_key, bytes_view input, secret32& first, secret32& second) {
  constexpr std::uint8_t one = 1;
  constexpr std::uint8_t two = 2;
  secret32 temporary;
  hmac(temporary, chaining_key, {input});
  hmac(first, temporary.view(), {bytes_view{&one, 1}});
  hmac(second, temporary.view(), {first.view(), bytes_view{&two, 1}});
}

std::string_view name_of_protocol(noise_pattern pattern) {
  switch (pattern) {
  case noise_pattern::ik:
    return "Noise_IK_25519_ChaChaPoly_SHA256";
  case noise_pattern::nk:
    return "Noise_NK_25519_ChaChaPoly_SHA256";
  case noise_pattern::xx:
    return "Noise_XX_25519_ChaChaPoly_SHA256";
  }
  std::abort();
}

} // namespace

noise_key_pair noise_key_pair::random() {
  return from(secret32::random());
}

noise_key_pair noise_key_pair::from(secret32 secret) {
  noise_key_pair out{std::move(secret), {}};
  crypto_scalarmult_base(out.pub.data(), out.secret.data());
  return out;
}

struct noise_handshake::pattern_shape {
  std::string_view protocol;
  bool responder_known; ///< "<- s" stands before the handshake
  std::size_t count;
  message_pattern messages[messages_max];
};

const noise_handshake::pattern_shape& noise_handshake::shape_of(noise_pattern pattern) {
  using enum token;
  static const pattern_shape ik{
      name_of_protocol(noise_pattern::ik), true, 2, {{{e, es, s, ss}, 4}, {{e, ee, se}, 3}}};
  static const pattern_shape nk{name_of_protocol(noise_pattern::nk), true, 2, {{{e, es}, 2}, {{e, ee}, 2}}};
  static const pattern_shape xx{
      name_of_protocol(noise_pattern::xx), false, 3, {{{e}, 1}, {{e, ee, s, es}, 4}, {{s, se}, 2}}};
  switch (pattern) {
  case noise_pattern::ik:
    return ik;
  case noise_pattern::nk:
    return nk;
  case noise_pattern::xx:
    return xx;
  }
  std::abort();
}

noise_handshake::noise_handshake(noise_pattern pattern, noise_role role, bytes_view prologue,
                                 std::optional<noise_key_pair> own_static,
                                 std::optional<public_key> remote_static)
    : shape_{&shape_of(pattern)}, role_{role}, static_{std::move(own_static)}, remote_static_{remote_static} {
  // The protocol's name has exactly 32 characters: it is the first hash as it stands (Noise 5.2).
  std::memcpy(hash_.data(), shape_->protocol.data(), hash_.size());
  std::memcpy(chaining_key_.data(), hash_.data(), hash_.size());
  mix_hash(prologue);
  if (shape_->responder_known) {
    mix_hash(role == noise_role::initiator ? remote_static_.value() : static_.value().pub);
  }
}

bool noise_handshake::my_turn() const {
  return !done() && (message_ % 2 == 0) == (role_ == noise_role::initiator);
}

bool noise_handshake::done() const {
  return message_ == shape_->count;
}

void noise_handshake::mix_hash(bytes_view data) {
  hash_ = sha256({hash_, data});
}

void noise_handshake::mix_key(const secret32& input) {
  secret32 next;
  secret32 key;
  noise_hkdf(chaining_key_.view(), input.view(), next, key);
  chaining_key_ = std::move(next);
  cipher_ = cipher_state{std::move(key)};
}

bytes noise_handshake::seal_and_hash(bytes_view plain) {
  auto out = cipher_.seal(hash_, plain);
  mix_hash(out);
  return out;
}

std::optional<bytes> noise_handshake::open_and_hash(bytes_view sealed) {
  auto out = cipher_.open(hash_, sealed);
  mix_hash(sealed);
  return out;
}

void noise_handshake::mix_dh(token which) {
  bool initiator = role_ == noise_role::initiator;
  // The first letter is the initiator's key, the second the responder's.
  bool own_is_static = which == token::ss || which == (initiator ? token::se : token::es);
  bool remote_is_static = which == token::ss || which == (initiator ? token::es : token::se);
  const auto& own = own_is_static ? static_ : ephemeral_;
  const auto& remote = remote_is_static ? remote_static_ : remote_ephemeral_;
  if (!remote)
    failed_ = true;
  secret32 shared;
  if (crypto_scalarmult(shared.data(), own->secret.data(), remote.value_or(base_point).data()) != 0) {
    failed_ = small_order_ = true; // all-zero result (e2ee 7.1)
    if (crypto_scalarmult(shared.data(), own->secret.data(), base_point.data()) != 0)
      std::abort(); // cannot be: the base point has a large order
  }
  mix_key(shared);
}

void noise_handshake::write_token(token which, bytes& out) {
  if (which == token::e) {
    ephemeral_ = noise_key_pair::random();
    out.insert(out.end(), ephemeral_->pub.begin(), ephemeral_->pub.end());
    mix_hash(ephemeral_->pub);
  } else if (which == token::s) {
    auto sealed = seal_and_hash(static_->pub);
    out.insert(out.end(), sealed.begin(), sealed.end());
  } else {
    mix_dh(which);
  }
}

void noise_handshake::read_token(token which, bytes_view& rest) {
  if (which != token::e && which != token::s) {
    mix_dh(which);
    return;
  }
  auto size = key_bytes + (which == token::s && cipher_.has_key() ? noise_tag_bytes : 0);
  if (rest.size() < size) {
    failed_ = true;
    rest = {};
    return;
  }
  auto field = rest.first(size);
  rest = rest.subspan(size);
  if (which == token::e) {
    remote_ephemeral_ = fixed<key_bytes>(field);
    mix_hash(field);
    return;
  }
  auto plain = open_and_hash(field);
  if (plain)
    remote_static_ = fixed<key_bytes>(*plain);
  else
    failed_ = true;
}

expected<bytes> noise_handshake::write(bytes_view payload) {
  if (!my_turn())
    return refusal::handshake_failed;
  const auto& pattern = shape_->messages[message_];
  bytes out;
  for (std::size_t i = 0; i < pattern.count; ++i)
    write_token(pattern.tokens[i], out);
  if (out.size() + payload.size() + noise_tag_bytes > noise_message_bytes_max) {
    failed_ = true;
    return refusal::message_too_large;
  }
  auto sealed = seal_and_hash(payload);
  out.insert(out.end(), sealed.begin(), sealed.end());
  ++message_;
  if (failed_)
    return refusal::handshake_failed;
  return out;
}

expected<bytes> noise_handshake::read(bytes_view message) {
  if (done() || my_turn())
    return refusal::handshake_failed;
  if (message.size() > noise_message_bytes_max) {
    failed_ = true;
    message = {}; // the work below is done all the same
  }
  const auto& pattern = shape_->messages[message_];
  for (std::size_t i = 0; i < pattern.count; ++i)
    read_token(pattern.tokens[i], message);
  auto payload = open_and_hash(message);
  if (!payload)
    failed_ = true;
  ++message_;
  if (failed_)
    return refusal::handshake_failed;
  return std::move(*payload);
}

public_key noise_handshake::remote_static() const {
  return failed_ ? public_key{} : remote_static_.value_or(public_key{});
}

expected<noise_transport> noise_handshake::split() {
  if (!done() || failed_ || spent_)
    return refusal::handshake_failed;
  secret32 first;
  secret32 second;
  noise_hkdf(chaining_key_.view(), {}, first, second);
  bool initiator = role_ == noise_role::initiator;
  noise_transport out;
  out.sending = cipher_state{std::move(initiator ? first : second)};
  out.receiving = cipher_state{std::move(initiator ? second : first)};
  out.handshake_hash = hash_;
  spent_ = true; // a handshake gives its keys once
  static_.reset();
  ephemeral_.reset();
  chaining_key_ = secret32{};
  return out;
}

} // namespace wardline::wire
