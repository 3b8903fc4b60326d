#pragma once
// RFC 6962 proofs, the checking side only: pure functions over hashes. The tree itself is the store's
// (actors/rules/audit_tree). Algorithms as written out in RFC 9162 sections 2.1.3.2 and 2.1.4.2.
#include "wire/hash.hpp"
#include "wire/refusals.hpp"
#include <span>

namespace wardline::e2ee {

/// A tree has fewer than 2^63 leaves, so no path is longer (e2ee 5.15).
inline constexpr std::size_t proof_hashes_max = 63;
inline constexpr std::uint64_t tree_size_max = (std::uint64_t{1} << 63) - 1;

/// SHA-256(00 | leaf), SHA-256(01 | left | right), and the root of no leaves at all (RFC 6962 2.1).
hash32 leaf_hash(bytes_view leaf);
hash32 node_hash(const hash32& left, const hash32& right);
hash32 empty_root();

/// Leaf `index` (from 0) stands in the tree {size, root}. Refuses with `not_in_log`.
[[nodiscard]] refusal check_inclusion(const hash32& leaf, std::uint64_t index, std::uint64_t size,
                                      const hash32& root, std::span<const hash32> proof);

/// The tree {second, second_root} begins with the tree {first, first_root}; 1 <= first <= second.
/// The proof is consumed to its end on both sides. Equal sizes need equal roots and an empty proof.
/// Refuses with `log_forked`.
[[nodiscard]] refusal check_consistency(std::uint64_t first, const hash32& first_root, std::uint64_t second,
                                        const hash32& second_root, std::span<const hash32> proof);

} // namespace wardline::e2ee
