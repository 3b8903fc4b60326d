#include "e2ee/hpke.hpp"
#include "e2ee/kdf.hpp"
#include "e2ee/keys.hpp"
#include <sodium.h>

namespace wardline::e2ee {

namespace {

/// suite_id of RFC 9180 4.1 and 5.1.
constexpr std::uint8_t kem[] = {'K', 'E', 'M', 0x00, 0x20};
constexpr std::uint8_t suite[] = {'H', 'P', 'K', 'E', 0x00, 0x20, 0x00, 0x01, 0x00, 0x03};
constexpr std::string_view version = "HPKE-v1";

secret32 labeled_extract(bytes_view id, bytes_view salt, std::string_view label, bytes_view ikm) {
  return hkdf_extract(salt, {view(version), id, view(label), ikm});
}

void labeled_expand(bytes_view id, const secret32& prk, std::string_view label,
                    std::initializer_list<bytes_view> info, std::span<std::uint8_t> out) {
  std::uint8_t n[2] = {static_cast<std::uint8_t>(out.size() >> 8), static_cast<std::uint8_t>(out.size())};
  bytes joined;
  for (auto part : info)
    joined.insert(joined.end(), part.begin(), part.end());
  hkdf_expand(prk, {n, view(version), id, view(label), joined}, out);
}

std::span<std::uint8_t> all_of(secret32& s) {
  return {s.data(), secret32::size};
}

} // namespace

x25519_pair hpke_derive_key_pair(bytes_view ikm) {
  secret32 sk;
  labeled_expand(kem, labeled_extract(kem, {}, "dkp_prk", ikm), "sk", {}, all_of(sk));
  return x25519_pair::from_secret(std::move(sk));
}

secret32 hpke_shared_secret(const secret32& dh, const public_key& enc, const public_key& to) {
  secret32 out;
  labeled_expand(kem, labeled_extract(kem, {}, "eae_prk", dh.view()), "shared_secret", {enc, to},
                 all_of(out));
  return out;
}

hpke_context hpke_key_schedule(const secret32& shared, bytes_view info) {
  static constexpr std::uint8_t base_mode[] = {0};
  auto psk_id_hash = labeled_extract(suite, {}, "psk_id_hash", {});
  auto info_hash = labeled_extract(suite, {}, "info_hash", info);
  auto secret = labeled_extract(suite, shared.view(), "secret", {});
  hpke_context out;
  labeled_expand(suite, secret, "key", {base_mode, psk_id_hash.view(), info_hash.view()}, all_of(out.key));
  labeled_expand(suite, secret, "base_nonce", {base_mode, psk_id_hash.view(), info_hash.view()}, out.nonce);
  return out;
}

expected<bytes> hpke_seal(const public_key& to, bytes_view info, bytes_view plain) {
  return hpke_seal_with(x25519_pair::random(), to, info, plain);
}

expected<bytes> hpke_seal_with(const x25519_pair& ephemeral, const public_key& to, bytes_view info,
                               bytes_view plain) {
  secret32 dh;
  if (!check_x25519(to) || crypto_scalarmult(dh.data(), ephemeral.secret.data(), to.data()) != 0)
    return refusal::bad_public_key;
  auto context = hpke_key_schedule(hpke_shared_secret(dh, ephemeral.public_part, to), info);
  bytes out(plain.size() + hpke_overhead);
  std::memcpy(out.data(), ephemeral.public_part.data(), hpke_enc_size);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data() + hpke_enc_size, nullptr, plain.data(), plain.size(),
                                            nullptr, 0, nullptr, context.nonce.data(), context.key.data());
  return out;
}

std::optional<wiped_bytes> hpke_open(const x25519_pair& own, bytes_view info, bytes_view sealed) {
  if (sealed.size() < hpke_overhead)
    return std::nullopt;
  auto enc = *fixed<32>(sealed.first(hpke_enc_size));
  auto ct = sealed.subspan(hpke_enc_size);
  secret32 dh;
  if (!check_x25519(enc) || crypto_scalarmult(dh.data(), own.secret.data(), enc.data()) != 0)
    return std::nullopt;
  auto context = hpke_key_schedule(hpke_shared_secret(dh, enc, own.public_part), info);
  wiped_bytes plain{ct.size() - hpke_tag_size};
  if (crypto_aead_chacha20poly1305_ietf_decrypt(plain.value.data(), nullptr, nullptr, ct.data(), ct.size(),
                                                nullptr, 0, context.nonce.data(), context.key.data()) != 0)
    return std::nullopt;
  return plain;
}

} // namespace wardline::e2ee
