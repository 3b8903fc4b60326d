#pragma once
// The secret half of bodies (e2ee 5.10).
//
//   (commitment | Kb) = HKDF(K, lab("wardline body v1") | message id, 64)
//   body = ChaCha20-Poly1305(Kb, 0^12, u32 length | content | zeros to the bucket, ad = message id)
#include "e2ee/body.hpp"
#include "wire/expected.hpp"
#include "wire/secret.hpp"

namespace wardline::e2ee {

struct body_keys {
  hash32 commitment{}; ///< stands in the slip's header
  secret32 key;        ///< Kb
};

body_keys derive_body_keys(const secret32& key, const message_id& message);

/// `key_commitment_mismatch` unless K is the one the header commits to; constant time.
[[nodiscard]] refusal check_commitment(const secret32& key, const message_id& message,
                                       const hash32& commitment);

/// Refuses `body_size` if the content is longer than 65 532 bytes.
expected<bytes> seal_body(const secret32& key, const message_id& message, bytes_view content);

/// What the slip's header says about the body.
struct body_facts {
  message_id message;
  hash32 body_hash{};
  std::uint32_t body_size = 0;
  hash32 commitment{};
};

/// The content. Refuses: `body_size`, `body_mismatch`, `key_commitment_mismatch`, `body_not_openable`,
/// `padding_length`, `padding_not_zero`, `padding_not_minimal`. The caller decodes the content under its own
/// limits (`content_malformed`) before it shows anything.
expected<wiped_bytes> open_body(bytes_view body, const body_facts& facts, const secret32& key);

} // namespace wardline::e2ee
