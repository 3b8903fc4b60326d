#pragma once
// The secret half of attachments (e2ee 5.11).
//
//   Ka = HKDF(K, lab("wardline attachment v1") | message id | attachment id, 32)
//   chunk i = ChaCha20-Poly1305(Ka, 0^8 | u32 i, plain, ad = attachment id | u32 i | u8 last)
//
// An attachment id is used for one sealing of one file: nonces are the chunks' numbers.
#include "e2ee/attachment.hpp"
#include "wire/expected.hpp"
#include "wire/hash.hpp"
#include "wire/secret.hpp"

namespace wardline::e2ee {

secret32 derive_attachment_key(const secret32& key, const message_id& message,
                               const attachment_id& attachment);

struct chunk_place {
  attachment_id attachment;
  std::uint32_t index = 0;
  bool last = false;
};

/// `plain`: 4 096..262 144 bytes of the padded file.
bytes seal_chunk(const secret32& attachment_key, const chunk_place& at, bytes_view plain);
/// `chunk_not_openable`: changed, or of another place or attachment.
expected<wiped_bytes> open_chunk(const secret32& attachment_key, const chunk_place& at, bytes_view sealed);

/// What the slip says of the blob, and the content of the file.
struct attachment_facts {
  attachment_id attachment;
  hash32 blob_hash{};
  std::uint64_t blob_size = 0; ///< bytes
  std::uint64_t file_size = 0; ///< bytes
  hash32 file_hash{};          ///< SHA-256
};

/// Opens a blob chunk by chunk, in order. What take() gave is the user's only after finish() said none.
class attachment_reader {
public:
  /// Refuses `attachment_size`.
  static expected<attachment_reader> begin(const secret32& key, const message_id& message,
                                           const attachment_facts& facts);

  [[nodiscard]] std::uint32_t chunks() const { return chunks_; }
  [[nodiscard]] std::uint32_t next() const { return next_; } ///< number of the chunk that take() wants

  /// The file's bytes in the next chunk, without padding. Refuses `chunk_not_openable`, `padding_not_zero`.
  expected<wiped_bytes> take(bytes_view sealed);
  /// `chunk_not_openable` (chunks are missing), `attachment_mismatch`, `content_malformed`.
  [[nodiscard]] refusal finish();

private:
  attachment_reader(secret32 key, const attachment_facts& facts, std::uint32_t chunks)
      : key_{std::move(key)}, facts_{facts}, chunks_{chunks} {}

  secret32 key_;
  attachment_facts facts_;
  std::uint32_t chunks_ = 0;
  std::uint32_t next_ = 0;
  std::uint64_t left_ = 0; ///< of the file
  running_sha256 blob_;
  running_sha256 file_;
};

} // namespace wardline::e2ee
