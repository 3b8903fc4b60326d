#include "rules/audit_tree.hpp"
#include "wire/hash.hpp"
#include <catch2/catch.hpp>
#include <map>

using namespace wardline;
using namespace wardline::rules;

namespace {

// The oracle: RFC 6962's recursive definitions word for word (security 2.5), over all leaf hashes.
using hashes = std::vector<hash32>;

std::size_t k(std::size_t n) {
  std::size_t out = 1;
  while (out * 2 < n)
    out *= 2;
  return out;
}

hashes part(const hashes& l, std::size_t from, std::size_t to) {
  return {l.begin() + static_cast<std::ptrdiff_t>(from), l.begin() + static_cast<std::ptrdiff_t>(to)};
}

hash32 mth(const hashes& l) {
  if (l.empty())
    return sha256(bytes_view{});
  if (l.size() == 1)
    return l[0];
  auto j = k(l.size());
  bytes both{1};
  for (const auto& h : {mth(part(l, 0, j)), mth(part(l, j, l.size()))})
    both.insert(both.end(), h.begin(), h.end());
  return sha256(both);
}

hashes path(std::size_t m, const hashes& l) {
  if (l.size() == 1)
    return {};
  auto j = k(l.size());
  auto left = part(l, 0, j);
  auto right = part(l, j, l.size());
  auto out = m < j ? path(m, left) : path(m - j, right);
  out.push_back(m < j ? mth(right) : mth(left));
  return out;
}

hashes subproof(std::size_t m, const hashes& l, bool b) {
  if (m == l.size())
    return b ? hashes{} : hashes{mth(l)};
  auto j = k(l.size());
  auto left = part(l, 0, j);
  auto right = part(l, j, l.size());
  auto out = m <= j ? subproof(m, left, b) : subproof(m - j, right, false);
  out.push_back(m <= j ? mth(right) : mth(left));
  return out;
}

/// The tree as the store keeps it: leaf hashes, and nodes of the stored levels as `append` reports them.
struct grown_tree {
  frontier edge;
  std::map<std::pair<unsigned, std::uint64_t>, hash32> nodes;
  hashes leaves;
  std::size_t rows_read_max = 0;

  void add() {
    auto n = leaves.size();
    std::uint8_t data[] = {static_cast<std::uint8_t>(n >> 16), static_cast<std::uint8_t>(n >> 8),
                           static_cast<std::uint8_t>(n)};
    leaves.push_back(leaf_hash(data));
    append(edge, leaves.back(), [&](const tree_node& x) {
      REQUIRE(x.level % stored_level_step == 0);
      REQUIRE(nodes.emplace(std::pair{x.level, x.index}, x.hash).second);
    });
  }

  tree_rows rows() {
    return [this](unsigned level, std::uint64_t first, std::size_t count) {
      rows_read_max = std::max(rows_read_max, count);
      hashes out;
      for (auto i = first; i < first + count; ++i) {
        if (level == 0) {
          if (i < leaves.size())
            out.push_back(leaves[i]);
        } else if (auto found = nodes.find({level, i}); found != nodes.end()) {
          out.push_back(found->second);
        }
      }
      return out;
    };
  }
};

} // namespace

TEST_CASE("root and frontier agree with the recursive definition for all sizes to 256") {
  grown_tree t;
  CHECK(root(t.edge) == mth({}));
  for (std::size_t n = 1; n <= 256; ++n) {
    t.add();
    INFO("n " << n);
    REQUIRE(t.edge.size == n);
    REQUIRE(root(t.edge) == mth(t.leaves));
    REQUIRE(frontier_from(n, t.rows()) == t.edge);
  }
  CHECK(t.nodes.size() == 1); // 256 leaves complete the first subtree of level 8
}

TEST_CASE("inclusion and consistency proofs agree with the recursive definition for all pairs to 64") {
  grown_tree t;
  for (std::size_t n = 1; n <= 64; ++n) {
    t.add();
    for (std::size_t m = 0; m < n; ++m) {
      INFO("m " << m << " n " << n);
      REQUIRE(inclusion_proof(m, n, t.rows()) == path(m, t.leaves));
      REQUIRE(consistency_proof(m + 1, n, t.rows()) == subproof(m + 1, t.leaves, true));
    }
  }
}

TEST_CASE("proofs of a tree with stored nodes on two levels read at most 256 rows at a time") {
  grown_tree t;
  while (t.leaves.size() < 65'536 + 256 * 3 + 7)
    t.add();
  CHECK(t.nodes.count({16, 0}) == 1);
  CHECK(t.nodes.count({8, 258}) == 1);
  CHECK(t.nodes.count({8, 259}) == 0);
  auto n = t.leaves.size();
  CHECK(frontier_from(n, t.rows()) == t.edge);
  for (std::size_t m :
       {std::size_t{0}, std::size_t{255}, std::size_t{256}, std::size_t{65'535}, n - 8, n - 1})
    CHECK(inclusion_proof(m, n, t.rows()) == path(m, t.leaves));
  for (std::size_t m : {std::size_t{1}, std::size_t{257}, std::size_t{65'536}, std::size_t{65'537}, n - 1, n})
    CHECK(consistency_proof(m, n, t.rows()) == subproof(m, t.leaves, true));
  CHECK(t.rows_read_max <= tree_rows_max);
}

TEST_CASE("what cannot be proved is nothing, not a wrong proof") {
  grown_tree t;
  for (int i = 0; i < 10; ++i)
    t.add();
  CHECK_FALSE(inclusion_proof(10, 10, t.rows()));
  CHECK_FALSE(inclusion_proof(0, 0, t.rows()));
  CHECK_FALSE(consistency_proof(0, 10, t.rows()));
  CHECK_FALSE(consistency_proof(11, 10, t.rows()));
  CHECK(consistency_proof(10, 10, t.rows())->empty());
  t.leaves.resize(9); // a leaf row is missing
  CHECK_FALSE(inclusion_proof(0, 10, t.rows()));
  CHECK_FALSE(consistency_proof(4, 10, t.rows()));
  CHECK_FALSE(frontier_from(10, t.rows()));
}

TEST_CASE("a frontier survives its encoding, and nothing else decodes") {
  grown_tree t;
  for (int i = 0; i < 37; ++i) {
    auto raw = encode(t.edge);
    REQUIRE(decode_frontier(raw) == t.edge);
    raw.push_back(0);
    REQUIRE_FALSE(decode_frontier(raw));
    raw.resize(raw.size() - 2);
    REQUIRE_FALSE(decode_frontier(raw));
    t.add();
  }
}

TEST_CASE("the published hashes of RFC 6962 trees are met") {
  // Empty tree and the first leaves of the reference test of the Certificate Transparency project.
  CHECK(hex(root(frontier{})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  frontier tree;
  auto ignore = [](const tree_node&) {};
  append(tree, leaf_hash({}), ignore);
  CHECK(hex(root(tree)) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  append(tree, leaf_hash(*from_hex("00")), ignore);
  CHECK(hex(root(tree)) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  append(tree, leaf_hash(*from_hex("10")), ignore);
  CHECK(hex(root(tree)) == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
}
