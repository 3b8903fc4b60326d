#pragma once
// Files that go with a message: sizes (e2ee 5.11). Public half. Sealing and opening: attachment_seal.hpp.
//
//   blob = chunk 0 | chunk 1 | ...; every chunk but the last holds 262 144 bytes of the padded file, and each
//   16 bytes of tag. The padded file is the file and zeros up to a multiple of 4 096 bytes, at least one.
#include "wire/limits.hpp"
#include <cstdint>
#include <optional>

namespace wardline::e2ee {

inline constexpr std::size_t chunk_tag_bytes = 16;
static_assert(wire::sealed_chunk_bytes_max == wire::chunk_bytes_max + chunk_tag_bytes);
/// What a file is filled up to: its exact size is the recipients' business.
inline constexpr std::uint64_t attachment_step_bytes = 4'096;

/// Of a file of 0..attachment_bytes_max bytes.
std::uint64_t padded_bytes(std::uint64_t file_bytes);
/// Of the blob of such a file.
std::uint64_t blob_bytes(std::uint64_t file_bytes);

/// Nothing unless a blob can have this many bytes: 1..400 chunks, a padded file in them (`attachment_size`).
std::optional<std::uint32_t> chunks_of_blob(std::uint64_t blob_size);
/// Of chunk `index` of such a blob, tag included; 0: it has no such chunk.
std::size_t sealed_bytes_of_chunk(std::uint64_t blob_size, std::uint32_t index);

} // namespace wardline::e2ee
