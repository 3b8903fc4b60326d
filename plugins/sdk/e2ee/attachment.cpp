#include "e2ee/attachment.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

constexpr std::uint64_t chunk = wire::chunk_bytes_max;

} // namespace

std::uint64_t padded_bytes(std::uint64_t file_bytes) {
  auto steps = (file_bytes + attachment_step_bytes - 1) / attachment_step_bytes;
  return std::max<std::uint64_t>(steps, 1) * attachment_step_bytes;
}

std::uint64_t blob_bytes(std::uint64_t file_bytes) {
  auto padded = padded_bytes(file_bytes);
  return padded + (padded + chunk - 1) / chunk * chunk_tag_bytes;
}

std::optional<std::uint32_t> chunks_of_blob(std::uint64_t blob_size) {
  if (blob_size == 0 || blob_size > wire::chunks_per_attachment_max * wire::sealed_chunk_bytes_max)
    return std::nullopt;
  auto chunks = (blob_size + wire::sealed_chunk_bytes_max - 1) / wire::sealed_chunk_bytes_max;
  auto last = blob_size - (chunks - 1) * wire::sealed_chunk_bytes_max;
  if (last <= chunk_tag_bytes || (last - chunk_tag_bytes) % attachment_step_bytes != 0)
    return std::nullopt;
  return static_cast<std::uint32_t>(chunks);
}

std::size_t sealed_bytes_of_chunk(std::uint64_t blob_size, std::uint32_t index) {
  auto chunks = chunks_of_blob(blob_size);
  if (!chunks || index >= *chunks)
    return 0;
  return std::min<std::uint64_t>(wire::sealed_chunk_bytes_max,
                                 blob_size - index * wire::sealed_chunk_bytes_max);
}

} // namespace wardline::e2ee
