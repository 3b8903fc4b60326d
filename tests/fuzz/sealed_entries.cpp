// What a member device opens: bodies and HPKE seals. Padding stands behind the AEAD, but whoever writes a
// message chooses it, so the script is sealed with the right key.
#include "e2ee/body_seal.hpp"
#include "e2ee/hpke.hpp"
#include "entries.hpp"
#include "script.hpp"
#include <sodium.h>

namespace wardline::fuzz {

/// u8 bucket, then the plaintext (u32 length, content, padding), zero-filled to the bucket.
bool run_body(bytes_view input) {
  script in{input};
  message_id message{{1}};
  secret32 key{bytes(32, 5)};
  auto keys = e2ee::derive_body_keys(key, message);
  auto bucket = e2ee::body_buckets[in.u8() % e2ee::body_buckets.size()];
  auto plain = to_bytes(in.take(bucket));
  plain.resize(bucket);
  const std::uint8_t nonce[crypto_aead_chacha20poly1305_IETF_NPUBBYTES] = {};
  bytes body(bucket + e2ee::body_tag_bytes);
  crypto_aead_chacha20poly1305_ietf_encrypt(body.data(), nullptr, plain.data(), plain.size(),
                                            message.value.data(), message.value.size(), nullptr, nonce,
                                            keys.key.data());

  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i)
    length = length << 8 | plain[i];
  auto why = refusal::none;
  if (length > bucket - 4)
    why = refusal::padding_length;
  else if (std::any_of(plain.begin() + 4 + static_cast<std::ptrdiff_t>(length), plain.end(),
                       [](std::uint8_t b) { return b != 0; }))
    why = refusal::padding_not_zero;
  else if (e2ee::bucket_for(length) != bucket)
    why = refusal::padding_not_minimal;

  e2ee::body_facts facts{message, sha256(body), static_cast<std::uint32_t>(body.size()), keys.commitment};
  auto opened = e2ee::open_body(body, facts, key);
  promise(opened.why() == why);
  if (!opened)
    return false;
  promise(opened->value == bytes(plain.begin() + 4, plain.begin() + 4 + static_cast<std::ptrdiff_t>(length)));
  promise(*e2ee::seal_body(key, message, opened->value) == body);
  return true;
}

/// enc | ct for a fixed recipient; only the one good seal of the script's plaintext opens.
/// u8 odd: the rest is the seal itself; even: u16 place, u8 xor, and the rest is the plaintext.
bool run_hpke(bytes_view input) {
  script in{input};
  static const auto own = e2ee::hpke_derive_key_pair(view("recipient of the corpus"));
  static const auto ephemeral = e2ee::hpke_derive_key_pair(view("ephemeral of the corpus"));
  auto info = view("info of the corpus");
  if (in.u8() % 2 == 1)
    return e2ee::hpke_open(own, info, in.rest()).has_value();
  auto place = in.u16();
  auto change = in.u8();
  auto plain = in.rest();
  auto sealed = e2ee::hpke_seal_with(ephemeral, own.public_part, info, plain);
  promise(sealed && sealed->size() == plain.size() + e2ee::hpke_overhead);
  (*sealed)[place % sealed->size()] ^= change;
  auto opened = e2ee::hpke_open(own, info, *sealed);
  promise(opened.has_value() == (change == 0));
  return opened && opened->value == to_bytes(plain);
}

} // namespace wardline::fuzz
