#pragma once
// Two parties, one author, and messages between them: what the tests of slips, bodies and acts start from.
// Keys come from fixed seeds; only HPKE's ephemeral keys are drawn.
#include "e2ee/party_keys.hpp"
#include "e2ee/slip_seals.hpp"

namespace wardline::test {

template <class Id>
Id some_id(std::uint8_t fill) {
  Id out;
  out.value.fill(fill);
  return out;
}

inline secret32 some_secret(std::uint8_t fill) {
  std::array<std::uint8_t, 32> raw;
  raw.fill(fill);
  return secret32{raw};
}

inline e2ee::signing_key some_signing_key(std::uint8_t fill) {
  return e2ee::signing_key::from_seed(some_secret(fill));
}

inline e2ee::x25519_pair some_pair(std::uint8_t fill) {
  return e2ee::x25519_pair::from_secret(some_secret(fill));
}

inline std::vector<std::size_t> every_bit_of(const bytes& raw) {
  std::vector<std::size_t> out(raw.size() * 8);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = i;
  return out;
}

inline bytes with_bit_flipped(bytes raw, std::size_t bit) {
  raw[bit / 8] = static_cast<std::uint8_t>(raw[bit / 8] ^ (1u << (bit % 8)));
  return raw;
}

struct messages {
  clinic_id clinic = some_id<clinic_id>(0xc1);
  party_id nurse = some_id<party_id>(0x01);
  party_id physician = some_id<party_id>(0x02);
  user_id author_user = some_id<user_id>(0x51);
  device_id author_device = some_id<device_id>(0x61);
  hash32 author_certificate = sha256(view("certificate"));
  e2ee::signing_key author = some_signing_key(0x71);
  e2ee::x25519_pair nurse_inbox = some_pair(0x81);
  e2ee::x25519_pair physician_inbox = some_pair(0x82);

  [[nodiscard]] e2ee::slip_header header() const {
    e2ee::slip_header h;
    h.message = some_id<message_id>(0x91);
    h.conversation = some_id<conversation_id>(0xa1);
    h.conversation_link = 3;
    h.author_user = author_user;
    h.author_device = author_device;
    h.author_certificate = author_certificate;
    h.time = 1'764'000'000'000;
    e2ee::envelope e;
    e.level = e2ee::urgency::now;
    e.type = e2ee::message_type::consult;
    h.envelope = e2ee::encode(e);
    return h;
  }

  [[nodiscard]] std::vector<e2ee::recipient> recipients() const {
    return {{physician, 7, physician_inbox.public_part}, {nurse, 2, nurse_inbox.public_part}};
  }

  [[nodiscard]] e2ee::sealed_message
  message(std::string_view text = "Room 4: chest pain, please come") const {
    auto sealed = e2ee::seal_message(clinic, {header(), view(text), recipients(), {}}, author);
    return std::move(*sealed);
  }

  [[nodiscard]] e2ee::slip_author known_author() const { return {author.public_part(), author_user, false}; }

  [[nodiscard]] e2ee::slip decoded(const bytes& raw) const { return *e2ee::slip::decode(raw, clinic); }

  /// The author's signature over whatever it is given.
  [[nodiscard]] e2ee::slip signed_slip(const e2ee::slip_fields& fields) const {
    return decoded(e2ee::sign_object(clinic, fields, {{author, e2ee::labels::slip}}));
  }
};

} // namespace wardline::test
