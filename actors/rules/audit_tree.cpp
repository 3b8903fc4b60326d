#include "rules/audit_tree.hpp"
#include "wire/hash.hpp"
#include <bit>

namespace wardline::rules {

namespace {

/// The largest power of two below n (n >= 2): where RFC 6962 splits n leaves.
std::uint64_t split(std::uint64_t n) {
  return std::bit_floor(n - 1);
}

/// Walks over the tree's rows. Once rows are missing, `missing` stays set and what was computed is thrown
/// away.
struct walk {
  const tree_rows& rows;
  bool missing = false;
  std::vector<hash32> proof;

  /// Hash of a complete subtree of any level, from the next stored level below it.
  hash32 subtree(unsigned level, std::uint64_t index) {
    unsigned stored = level / stored_level_step * stored_level_step;
    unsigned above = level - stored;
    std::size_t count = std::size_t{1} << above;
    auto hashes = rows(stored, index << above, count);
    if (hashes.size() != count) {
      missing = true;
      return {};
    }
    for (; count > 1; count /= 2)
      for (std::size_t i = 0; i < count / 2; ++i)
        hashes[i] = node_hash(hashes[2 * i], hashes[2 * i + 1]);
    return hashes[0];
  }

  /// MTH of the leaves [begin, end); begin is a multiple of the power of two that holds the range.
  hash32 range(std::uint64_t begin, std::uint64_t end) {
    auto n = end - begin;
    if (std::has_single_bit(n)) {
      auto level = static_cast<unsigned>(std::countr_zero(n));
      return subtree(level, begin >> level);
    }
    auto middle = begin + split(n);
    return node_hash(range(begin, middle), range(middle, end));
  }

  /// PATH(index, D[begin:end]) of RFC 6962 2.1.1.
  void path(std::uint64_t index, std::uint64_t begin, std::uint64_t end) {
    if (end - begin == 1)
      return;
    auto middle = begin + split(end - begin);
    if (index < middle) {
      path(index, begin, middle);
      proof.push_back(range(middle, end));
    } else {
      path(index, middle, end);
      proof.push_back(range(begin, middle));
    }
  }

  /// SUBPROOF(m, D[begin:end], known) of RFC 6962 2.1.2; old_end = begin + m.
  void subproof(std::uint64_t old_end, std::uint64_t begin, std::uint64_t end, bool known) {
    if (old_end == end) {
      if (!known)
        proof.push_back(range(begin, end));
      return;
    }
    auto middle = begin + split(end - begin);
    if (old_end <= middle) {
      subproof(old_end, begin, middle, known);
      proof.push_back(range(middle, end));
    } else {
      subproof(old_end, middle, end, false);
      proof.push_back(range(begin, middle));
    }
  }
};

} // namespace

hash32 leaf_hash(bytes_view data) {
  static constexpr std::uint8_t tag[] = {0};
  return sha256({tag, data});
}

hash32 node_hash(const hash32& left, const hash32& right) {
  static constexpr std::uint8_t tag[] = {1};
  return sha256({tag, left, right});
}

void append(frontier& tree, const hash32& leaf, const std::function<void(const tree_node&)>& completed) {
  tree_node grown{0, tree.size, leaf};
  // Each trailing one bit of the old size is a complete subtree that this leaf completes into a larger one.
  for (auto bits = tree.size; (bits & 1) != 0; bits >>= 1) {
    grown = {grown.level + 1, grown.index >> 1, node_hash(tree.peaks.back(), grown.hash)};
    tree.peaks.pop_back();
    if (grown.level % stored_level_step == 0)
      completed(grown);
  }
  tree.peaks.push_back(grown.hash);
  ++tree.size;
}

hash32 root(const frontier& tree) {
  if (tree.peaks.empty())
    return sha256(bytes_view{});
  auto out = tree.peaks.back();
  for (auto peak = tree.peaks.rbegin() + 1; peak != tree.peaks.rend(); ++peak)
    out = node_hash(*peak, out);
  return out;
}

bytes encode(const frontier& tree) {
  bytes out;
  out.reserve(8 + tree.peaks.size() * 32);
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(tree.size >> shift));
  for (const auto& peak : tree.peaks)
    out.insert(out.end(), peak.begin(), peak.end());
  return out;
}

std::optional<frontier> decode_frontier(bytes_view raw) {
  if (raw.size() < 8)
    return std::nullopt;
  frontier out;
  for (std::size_t i = 0; i < 8; ++i)
    out.size = out.size << 8 | raw[i];
  auto count = static_cast<std::size_t>(std::popcount(out.size));
  if (raw.size() != 8 + count * 32)
    return std::nullopt;
  for (std::size_t i = 0; i < count; ++i)
    out.peaks.push_back(*fixed<32>(raw.subspan(8 + i * 32, 32)));
  return out;
}

std::optional<frontier> frontier_from(std::uint64_t size, const tree_rows& rows) {
  frontier out{size, {}};
  walk over{rows, false, {}};
  std::uint64_t begin = 0;
  for (auto left = size; left != 0 && !over.missing;) {
    auto peak = std::bit_floor(left);
    out.peaks.push_back(over.range(begin, begin + peak));
    begin += peak;
    left -= peak;
  }
  if (over.missing)
    return std::nullopt;
  return out;
}

std::optional<std::vector<hash32>> inclusion_proof(std::uint64_t index, std::uint64_t size,
                                                   const tree_rows& rows) {
  if (index >= size)
    return std::nullopt;
  walk over{rows, false, {}};
  over.path(index, 0, size);
  if (over.missing)
    return std::nullopt;
  return std::move(over.proof);
}

std::optional<std::vector<hash32>> consistency_proof(std::uint64_t old_size, std::uint64_t size,
                                                     const tree_rows& rows) {
  if (old_size == 0 || old_size > size)
    return std::nullopt;
  walk over{rows, false, {}};
  over.subproof(old_size, 0, size, true);
  if (over.missing)
    return std::nullopt;
  return std::move(over.proof);
}

} // namespace wardline::rules
