#include "e2ee/attachment_seal.hpp"
#include "e2ee/bytes.hpp"
#include "e2ee/kdf.hpp"
#include "e2ee/labels.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::e2ee {

namespace {

static_assert(chunk_tag_bytes == crypto_aead_chacha20poly1305_IETF_ABYTES);

using chunk_nonce = std::array<std::uint8_t, crypto_aead_chacha20poly1305_IETF_NPUBBYTES>;

chunk_nonce nonce_of(std::uint32_t index) {
  chunk_nonce out{};
  for (std::size_t i = 0; i < 4; ++i)
    out[8 + i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
  return out;
}

bytes ad_of(const chunk_place& at) {
  writer out;
  out.put(at.attachment.view()).u32(at.index).u8(at.last ? 1 : 0);
  return out.take();
}

} // namespace

secret32 derive_attachment_key(const secret32& key, const message_id& message,
                               const attachment_id& attachment) {
  return hkdf32(key.view(), {lab(labels::attachment), message.view(), attachment.view()});
}

bytes seal_chunk(const secret32& attachment_key, const chunk_place& at, bytes_view plain) {
  auto ad = ad_of(at);
  bytes out(plain.size() + chunk_tag_bytes);
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(), ad.data(),
                                            ad.size(), nullptr, nonce_of(at.index).data(),
                                            attachment_key.data());
  return out;
}

expected<wiped_bytes> open_chunk(const secret32& attachment_key, const chunk_place& at, bytes_view sealed) {
  if (sealed.size() < chunk_tag_bytes)
    return refusal::chunk_not_openable;
  auto ad = ad_of(at);
  wiped_bytes out{sealed.size() - chunk_tag_bytes};
  if (crypto_aead_chacha20poly1305_ietf_decrypt(out.value.data(), nullptr, nullptr, sealed.data(),
                                                sealed.size(), ad.data(), ad.size(),
                                                nonce_of(at.index).data(), attachment_key.data()) != 0)
    return refusal::chunk_not_openable;
  return out;
}

expected<attachment_reader> attachment_reader::begin(const secret32& key, const message_id& message,
                                                     const attachment_facts& facts) {
  auto chunks = chunks_of_blob(facts.blob_size);
  if (!chunks)
    return refusal::attachment_size;
  attachment_reader out{derive_attachment_key(key, message, facts.attachment), facts, *chunks};
  out.left_ = facts.file_size;
  return out;
}

expected<wiped_bytes> attachment_reader::take(bytes_view sealed) {
  bool last = next_ + 1 == chunks_;
  if (sealed.size() != sealed_bytes_of_chunk(facts_.blob_size, next_)) // 0 behind the last one
    return refusal::chunk_not_openable;
  auto plain = open_chunk(key_, {facts_.attachment, next_, last}, sealed);
  if (!plain)
    return plain.why();
  // Where the padding begins is the author's word in the content; it has to fit the size that the slip shows.
  if (next_ == 0 &&
      (facts_.file_size > wire::attachment_bytes_max || blob_bytes(facts_.file_size) != facts_.blob_size))
    return refusal::padding_not_zero;
  blob_.add(sealed);
  ++next_;
  auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, plain->value.size()));
  left_ -= size;
  auto padding = bytes_view{plain->value}.subspan(size);
  if (sodium_is_zero(padding.data(), padding.size()) != 1)
    return refusal::padding_not_zero;
  plain->value.resize(size);
  file_.add(plain->value);
  return plain;
}

refusal attachment_reader::finish() {
  if (next_ != chunks_)
    return refusal::chunk_not_openable;
  if (blob_.finish() != facts_.blob_hash)
    return refusal::attachment_mismatch;
  return file_.finish() == facts_.file_hash ? refusal::none : refusal::content_malformed;
}

} // namespace wardline::e2ee
