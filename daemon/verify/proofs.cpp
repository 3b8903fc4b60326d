#include "proofs.hpp"
#include <bit>

namespace verify {

bool is_included(hasher& with, const hash& leaf, std::uint64_t index, std::uint64_t size, const hash& root,
                 std::span<const hash> proof) {
  if (index >= size)
    return false;
  auto fn = index, sn = size - 1;
  auto r = leaf;
  for (const auto& p : proof) {
    if (sn == 0)
      return false;
    if ((fn & 1) != 0 || fn == sn) {
      r = with.node(p, r);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      r = with.node(r, p);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && r == root;
}

bool is_grown(hasher& with, std::uint64_t old_size, const hash& old_root, std::uint64_t size,
              const hash& root, std::span<const hash> proof) {
  if (old_size == 0 || old_size > size)
    return false;
  if (old_size == size)
    return proof.empty() && old_root == root;
  auto path = proof;
  hash first = old_root; // an old size that is a power of two is not repeated in the proof
  if (!std::has_single_bit(old_size)) {
    if (path.empty())
      return false;
    first = path.front();
    path = path.subspan(1);
  }
  if (path.empty())
    return false;
  auto fn = old_size - 1, sn = size - 1;
  while ((fn & 1) != 0) {
    fn >>= 1;
    sn >>= 1;
  }
  auto fr = first, sr = first;
  for (const auto& c : path) {
    if (sn == 0)
      return false;
    if ((fn & 1) != 0 || fn == sn) {
      fr = with.node(c, fr);
      sr = with.node(c, sr);
      while ((fn & 1) == 0 && fn != 0) {
        fn >>= 1;
        sn >>= 1;
      }
    } else {
      sr = with.node(sr, c);
    }
    fn >>= 1;
    sn >>= 1;
  }
  return sn == 0 && fr == old_root && sr == root;
}

} // namespace verify
