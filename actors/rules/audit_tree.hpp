#pragma once
// The audit log as a Merkle tree (RFC 6962 section 2.1): append, root, proofs. Pure; rows come by a callback.
#include "wire/ids.hpp"
#include <functional>

namespace wardline::rules {

/// SHA-256(00 | data) and SHA-256(01 | left | right).
hash32 leaf_hash(bytes_view data);
hash32 node_hash(const hash32& left, const hash32& right);

/// Complete subtrees of 2^level leaves are stored for level 8, 16, 24, ...; level 0 is the leaf itself. So no
/// proof reads more than 2^8 rows of one level for one of its hashes.
constexpr unsigned stored_level_step = 8;
constexpr std::size_t tree_rows_max = 256;

/// A complete subtree: the leaves [index << level, (index + 1) << level).
struct tree_node {
  unsigned level = 0;
  std::uint64_t index = 0;
  hash32 hash{};
};

/// The right edge of the tree: one hash per set bit of `size`, the largest subtree first. Enough to append.
struct frontier {
  std::uint64_t size = 0;
  std::vector<hash32> peaks;

  bool operator==(const frontier&) const = default;
};

/// Adds one leaf. Calls `completed` for each subtree of a stored level (8, 16, ...) that this leaf completes.
void append(frontier& tree, const hash32& leaf, const std::function<void(const tree_node&)>& completed);

/// SHA-256("") for the empty tree.
hash32 root(const frontier& tree);

/// u64 BE size | peaks. Decoding: nothing unless exactly as many peaks follow as `size` has bits.
bytes encode(const frontier& tree);
std::optional<frontier> decode_frontier(bytes_view raw);

/// `count` (1..tree_rows_max) consecutive hashes of stored level `level` (0: leaf hashes), from `first` on.
/// Fewer, or none, mean that the rows are not there or cannot be opened.
using tree_rows = std::function<std::vector<hash32>(unsigned level, std::uint64_t first, std::size_t count)>;

/// The frontier of a tree of `size` leaves, computed from rows alone. Nothing if rows are missing.
std::optional<frontier> frontier_from(std::uint64_t size, const tree_rows& rows);

/// RFC 6962 2.1.1, leaf-side hash first. Nothing if index >= size, or rows are missing.
std::optional<std::vector<hash32>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                   const tree_rows& rows);

/// RFC 6962 2.1.2. Empty for old == size. Nothing if old is 0 or > size, or rows are missing.
std::optional<std::vector<hash32>> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                                     const tree_rows& rows);

} // namespace wardline::rules
