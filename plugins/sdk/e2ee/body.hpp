#pragma once
// Bodies: the encrypted text of a message (e2ee 5.10). Public half: sizes and hash. Sealing: body_seal.hpp.
#include "wire/hash.hpp"
#include "wire/refusals.hpp"

namespace wardline::e2ee {

/// Plaintext sizes in bytes; content stands in the smallest that holds it and its u32 length.
inline constexpr std::array<std::size_t, 5> body_buckets{256, 1'024, 4'096, 16'384, 65'536};
inline constexpr std::size_t body_tag_bytes = 16;
inline constexpr std::size_t body_length_bytes = 4;
inline constexpr std::size_t body_content_bytes_max = body_buckets.back() - body_length_bytes;

/// Smallest bucket for a content of this many bytes; nothing if none holds it.
std::optional<std::size_t> bucket_for(std::size_t content_bytes);

/// A bucket + 16.
bool is_body_size(std::size_t n);

/// A reader's first checks: `body_size`, then `body_mismatch` (SHA-256, and the size the header names).
[[nodiscard]] refusal check_body(bytes_view body, const hash32& body_hash, std::uint32_t body_size);

} // namespace wardline::e2ee
