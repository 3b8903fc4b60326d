#include "e2ee/merkle.hpp"

namespace wardline::e2ee {

namespace {

/// The two numbers of the walk up the right edge: `node` is our position, `last` the tree's right-most one.
struct walk {
  std::uint64_t node;
  std::uint64_t last;

  [[nodiscard]] bool sibling_is_left() const { return (node & 1) != 0 || node == last; }

  /// A right-most node without a sibling on its level moves up unchanged, to where it has one.
  void skip_missing_siblings() {
    while ((node & 1) == 0 && node != 0)
      up();
  }
  void up() {
    node >>= 1;
    last >>= 1;
  }
};

bool is_power_of_two(std::uint64_t n) {
  return (n & (n - 1)) == 0;
}

} // namespace

hash32 leaf_hash(bytes_view leaf) {
  static constexpr std::uint8_t prefix[] = {0};
  return sha256({prefix, leaf});
}

hash32 node_hash(const hash32& left, const hash32& right) {
  static constexpr std::uint8_t prefix[] = {1};
  return sha256({prefix, left, right});
}

hash32 empty_root() {
  return sha256(bytes_view{});
}

refusal check_inclusion(const hash32& leaf, std::uint64_t index, std::uint64_t size, const hash32& root,
                        std::span<const hash32> proof) {
  if (size > tree_size_max || index >= size || proof.size() > proof_hashes_max)
    return refusal::not_in_log;
  walk at{index, size - 1};
  auto hash = leaf;
  for (const auto& sibling : proof) {
    if (at.last == 0)
      return refusal::not_in_log;
    if (at.sibling_is_left()) {
      hash = node_hash(sibling, hash);
      at.skip_missing_siblings();
    } else {
      hash = node_hash(hash, sibling);
    }
    at.up();
  }
  return at.last == 0 && hash == root ? refusal::none : refusal::not_in_log;
}

refusal check_consistency(std::uint64_t first, const hash32& first_root, std::uint64_t second,
                          const hash32& second_root, std::span<const hash32> proof) {
  if (first == 0 || first > second || second > tree_size_max || proof.size() > proof_hashes_max)
    return refusal::log_forked;
  if (first == second)
    return proof.empty() && first_root == second_root ? refusal::none : refusal::log_forked;
  walk at{first - 1, second - 1};
  while ((at.node & 1) != 0)
    at.up();
  // A first tree that is one whole subtree starts the walk itself; any other sends its start along.
  auto first_hash = first_root;
  if (!is_power_of_two(first)) {
    if (proof.empty())
      return refusal::log_forked;
    first_hash = proof.front();
    proof = proof.subspan(1);
  }
  auto second_hash = first_hash;
  for (const auto& sibling : proof) {
    if (at.last == 0)
      return refusal::log_forked;
    if (at.sibling_is_left()) {
      first_hash = node_hash(sibling, first_hash);
      second_hash = node_hash(sibling, second_hash);
      at.skip_missing_siblings();
    } else {
      second_hash = node_hash(second_hash, sibling);
    }
    at.up();
  }
  bool whole = at.last == 0 && first_hash == first_root && second_hash == second_root;
  return whole ? refusal::none : refusal::log_forked;
}

} // namespace wardline::e2ee
