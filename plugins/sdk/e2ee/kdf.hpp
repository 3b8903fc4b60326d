#pragma once
// HKDF-SHA256 (RFC 5869, e2ee 2.1); libsodium 1.0.18 has none.
#include "wire/secret.hpp"
#include <initializer_list>

namespace wardline::e2ee {

/// RFC 5869 section 2.3: at most 255 blocks.
inline constexpr std::size_t hkdf_output_max = 255 * 32;

/// HMAC-SHA256(key = salt, ikm parts joined). An empty salt is an empty key.
secret32 hkdf_extract(bytes_view salt, std::initializer_list<bytes_view> ikm);

/// Fills `out` (at most hkdf_output_max bytes); info parts are joined.
void hkdf_expand(const secret32& prk, std::initializer_list<bytes_view> info, std::span<std::uint8_t> out);

/// HKDF(ikm, info, n) = Expand(Extract("", ikm), info, n): the form used everywhere in the house.
void hkdf(bytes_view ikm, std::initializer_list<bytes_view> info, std::span<std::uint8_t> out);
secret32 hkdf32(bytes_view ikm, std::initializer_list<bytes_view> info);

} // namespace wardline::e2ee
