#pragma once
// RFC 6962 section 2.1, written down as the recursion that it is: the oracle for the provers and checkers.
#include "wire/hash.hpp"

namespace wardline::test {

class naive_tree {
public:
  explicit naive_tree(std::vector<bytes> leaves) : leaves_{std::move(leaves)} {}

  /// MTH(D[from:to])
  [[nodiscard]] hash32 root(std::size_t from, std::size_t to) const {
    if (from == to)
      return sha256(bytes_view{});
    if (to - from == 1) {
      const std::uint8_t zero[] = {0};
      return sha256({zero, leaves_[from]});
    }
    auto k = split(to - from);
    const std::uint8_t one[] = {1};
    return sha256({one, root(from, from + k), root(from + k, to)});
  }
  [[nodiscard]] hash32 root(std::size_t size) const { return root(0, size); }

  /// PATH(m, D[from:to])
  [[nodiscard]] std::vector<hash32> path(std::size_t m, std::size_t from, std::size_t to) const {
    if (to - from == 1)
      return {};
    auto k = split(to - from);
    std::vector<hash32> out = m < k ? path(m, from, from + k) : path(m - k, from + k, to);
    out.push_back(m < k ? root(from + k, to) : root(from, from + k));
    return out;
  }

  /// PROOF(m, D[0:n])
  [[nodiscard]] std::vector<hash32> consistency(std::size_t m, std::size_t n) const {
    return subproof(m, 0, n, true);
  }

private:
  /// The largest power of two smaller than n.
  static std::size_t split(std::size_t n) {
    std::size_t k = 1;
    while (k * 2 < n)
      k *= 2;
    return k;
  }

  [[nodiscard]] std::vector<hash32> subproof(std::size_t m, std::size_t from, std::size_t to,
                                             bool whole) const {
    if (m == to - from)
      return whole ? std::vector<hash32>{} : std::vector<hash32>{root(from, to)};
    auto k = split(to - from);
    auto out = m <= k ? subproof(m, from, from + k, whole) : subproof(m - k, from + k, to, false);
    out.push_back(m <= k ? root(from + k, to) : root(from, from + k));
    return out;
  }

  std::vector<bytes> leaves_;
};

} // namespace wardline::test
