#include "e2ee/body.hpp"
#include <algorithm>

namespace wardline::e2ee {

std::optional<std::size_t> bucket_for(std::size_t content_bytes) {
  for (auto bucket : body_buckets)
    if (content_bytes <= bucket - body_length_bytes)
      return bucket;
  return std::nullopt;
}

bool is_body_size(std::size_t n) {
  return std::any_of(body_buckets.begin(), body_buckets.end(),
                     [n](std::size_t bucket) { return n == bucket + body_tag_bytes; });
}

refusal check_body(bytes_view body, const hash32& body_hash, std::uint32_t body_size) {
  if (!is_body_size(body.size()))
    return refusal::body_size;
  if (body.size() != body_size || sha256(body) != body_hash)
    return refusal::body_mismatch;
  return refusal::none;
}

} // namespace wardline::e2ee
