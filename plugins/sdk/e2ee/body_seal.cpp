#include "e2ee/body_seal.hpp"
#include "e2ee/bytes.hpp"
#include "e2ee/kdf.hpp"
#include "e2ee/labels.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::e2ee {

namespace {

/// One body per key, so the nonce is fixed (e2ee 5.10).
constexpr std::array<std::uint8_t, crypto_aead_chacha20poly1305_IETF_NPUBBYTES> nonce{};

static_assert(body_tag_bytes == crypto_aead_chacha20poly1305_IETF_ABYTES);

expected<std::size_t> content_length(bytes_view plain) {
  reader in{plain};
  std::size_t length = in.u32();
  if (length > plain.size() - body_length_bytes)
    return refusal::padding_length;
  auto padding = plain.subspan(body_length_bytes + length);
  if (sodium_is_zero(padding.data(), padding.size()) != 1)
    return refusal::padding_not_zero;
  if (bucket_for(length) != plain.size())
    return refusal::padding_not_minimal;
  return length;
}

} // namespace

body_keys derive_body_keys(const secret32& key, const message_id& message) {
  wiped_bytes both{64};
  hkdf(key.view(), {lab(labels::body), message.view()}, both.value);
  body_keys out;
  std::copy_n(both.value.begin(), out.commitment.size(), out.commitment.begin());
  out.key = secret32{bytes_view{both.value}.subspan(32)};
  return out;
}

refusal check_commitment(const secret32& key, const message_id& message, const hash32& commitment) {
  auto derived = derive_body_keys(key, message);
  bool same = sodium_memcmp(derived.commitment.data(), commitment.data(), commitment.size()) == 0;
  return same ? refusal::none : refusal::key_commitment_mismatch;
}

expected<bytes> seal_body(const secret32& key, const message_id& message, bytes_view content) {
  auto bucket = bucket_for(content.size());
  if (!bucket)
    return refusal::body_size;
  wiped_bytes plain{*bucket};
  auto length = static_cast<std::uint32_t>(content.size());
  for (std::size_t i = 0; i < body_length_bytes; ++i)
    plain.value[i] = static_cast<std::uint8_t>(length >> (24 - 8 * i));
  std::copy(content.begin(), content.end(), plain.value.begin() + body_length_bytes);
  auto keys = derive_body_keys(key, message);
  bytes out(*bucket + body_tag_bytes);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.value.data(), plain.value.size(),
                                            message.value.data(), message.value.size(), nullptr, nonce.data(),
                                            keys.key.data());
  return out;
}

expected<wiped_bytes> open_body(bytes_view body, const body_facts& facts, const secret32& key) {
  if (auto why = check_body(body, facts.body_hash, facts.body_size); why != refusal::none)
    return why;
  if (auto why = check_commitment(key, facts.message, facts.commitment); why != refusal::none)
    return why;
  auto keys = derive_body_keys(key, facts.message);
  wiped_bytes plain{body.size() - body_tag_bytes};
  if (crypto_aead_chacha20poly1305_ietf_decrypt(
          plain.value.data(), nullptr, nullptr, body.data(), body.size(), facts.message.value.data(),
          facts.message.value.size(), nonce.data(), keys.key.data()) != 0)
    return refusal::body_not_openable;
  auto length = content_length(plain.value);
  if (!length)
    return length.why();
  wiped_bytes content{*length};
  std::copy_n(plain.value.begin() + body_length_bytes, *length, content.value.begin());
  return content;
}

} // namespace wardline::e2ee
