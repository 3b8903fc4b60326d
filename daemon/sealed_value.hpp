#pragma once
// The shape of a sealed value (security 5.2). Format v1, final:
//   u8 format 1 | u8 table | u32 segment | u32 key epoch | 24 B nonce | XChaCha20-Poly1305(value) | 16 B tag
//   AAD = lab("wardline stored value v1") | u8 table | key | the 34 bytes of header
#include "ports/storage.hpp"

namespace wardline {

constexpr std::size_t sealed_header_bytes = 34;
constexpr std::size_t sealed_overhead_bytes = sealed_header_bytes + 16;
static_assert(sealed_overhead_bytes <= ports::sealing_bytes_max);

} // namespace wardline
