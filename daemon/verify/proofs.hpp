#pragma once
// RFC 9162 sections 2.1.3.2 and 2.1.4.2: does a proof hold?
#include "hashing.hpp"

namespace verify {

bool is_included(hasher& with, const hash& leaf, std::uint64_t index, std::uint64_t size, const hash& root,
                 std::span<const hash> proof);
/// old_size 0 proves nothing and is refused.
bool is_grown(hasher& with, std::uint64_t old_size, const hash& old_root, std::uint64_t size,
              const hash& root, std::span<const hash> proof);

} // namespace verify
