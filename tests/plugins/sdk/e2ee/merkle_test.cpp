#include "e2ee/merkle.hpp"
#include "naive_tree.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using test::naive_tree;

namespace {

/// The eight leaves of Certificate Transparency's reference tests.
naive_tree reference_tree() {
  std::vector<bytes> leaves;
  for (auto text :
       {"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"})
    leaves.push_back(*from_hex(text));
  return naive_tree{leaves};
}

naive_tree numbered_tree(std::size_t size) {
  std::vector<bytes> leaves;
  for (std::size_t i = 0; i < size; ++i)
    leaves.push_back({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)});
  return naive_tree{leaves};
}

hash32 numbered_leaf(std::size_t i) {
  const std::uint8_t leaf[] = {static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)};
  return leaf_hash(leaf);
}

} // namespace

TEST_CASE("the roots of the Certificate Transparency reference leaves are as published") {
  auto tree = reference_tree();
  CHECK(hex(empty_root()) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(leaf_hash({})) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  CHECK(hex(tree.root(1)) == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
  CHECK(hex(tree.root(2)) == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125");
  CHECK(hex(tree.root(3)) == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77");
  CHECK(hex(tree.root(8)) == "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
  CHECK(node_hash(tree.root(1), tree.root(1, 2)) == tree.root(2));
}

TEST_CASE("published proofs of the reference tree hold") {
  auto tree = reference_tree();
  auto path = tree.path(5, 0, 8);
  REQUIRE(path.size() == 3);
  CHECK(hex(path[0]) == "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b");
  CHECK(hex(path[2]) == "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
  CHECK(check_inclusion(tree.root(5, 6), 5, 8, tree.root(8), path) == refusal::none);
  auto proof = tree.consistency(6, 8);
  REQUIRE(proof.size() == 3);
  CHECK(hex(proof[0]) == "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a");
  CHECK(check_consistency(6, tree.root(6), 8, tree.root(8), proof) == refusal::none);
}

TEST_CASE("negative 45: every inclusion proof up to 40 leaves holds, and no bent one does, nor one to "
          "another root") {
  auto tree = numbered_tree(40);
  for (std::size_t size = 1; size <= 40; ++size) {
    auto root = tree.root(size);
    for (std::size_t i = 0; i < size; ++i) {
      auto path = tree.path(i, 0, size);
      REQUIRE(check_inclusion(numbered_leaf(i), i, size, root, path) == refusal::none);
      REQUIRE(check_inclusion(numbered_leaf(i + 1), i, size, root, path) == refusal::not_in_log);
      REQUIRE(check_inclusion(numbered_leaf(i), i, size, tree.root(size - 1), path) == refusal::not_in_log);
      auto longer = path;
      longer.push_back(root);
      REQUIRE(check_inclusion(numbered_leaf(i), i, size, root, longer) == refusal::not_in_log);
      for (std::size_t j = 0; j < path.size(); ++j) {
        auto bent = path;
        bent[j][7] ^= 1;
        REQUIRE(check_inclusion(numbered_leaf(i), i, size, root, bent) == refusal::not_in_log);
      }
      if (!path.empty()) {
        path.pop_back();
        REQUIRE(check_inclusion(numbered_leaf(i), i, size, root, path) == refusal::not_in_log);
      }
    }
  }
}

TEST_CASE("every consistency proof up to 40 leaves holds, and no bent one does") {
  auto tree = numbered_tree(40);
  for (std::size_t second = 1; second <= 40; ++second) {
    for (std::size_t first = 1; first <= second; ++first) {
      auto old_root = tree.root(first);
      auto root = tree.root(second);
      auto proof = tree.consistency(first, second);
      REQUIRE(check_consistency(first, old_root, second, root, proof) == refusal::none);
      REQUIRE(check_consistency(first, tree.root(first - 1), second, root, proof) == refusal::log_forked);
      REQUIRE(check_consistency(first, old_root, second, tree.root(second - 1), proof) ==
              refusal::log_forked);
      for (std::size_t j = 0; j < proof.size(); ++j) {
        auto bent = proof;
        bent[j][31] ^= 0x80;
        REQUIRE(check_consistency(first, old_root, second, root, bent) == refusal::log_forked);
      }
      auto longer = proof;
      longer.push_back(root);
      REQUIRE(check_consistency(first, old_root, second, root, longer) == refusal::log_forked);
      if (!proof.empty()) {
        proof.pop_back();
        REQUIRE(check_consistency(first, old_root, second, root, proof) == refusal::log_forked);
      }
    }
  }
}

TEST_CASE("sizes that make no sense are refused before any hashing") {
  auto tree = numbered_tree(8);
  auto root = tree.root(8);
  CHECK(check_inclusion(numbered_leaf(0), 0, 0, root, {}) == refusal::not_in_log);
  CHECK(check_inclusion(numbered_leaf(0), 8, 8, root, tree.path(0, 0, 8)) == refusal::not_in_log);
  CHECK(check_inclusion(numbered_leaf(0), 0, tree_size_max + 1, root, {}) == refusal::not_in_log);
  CHECK(check_consistency(0, empty_root(), 8, root, {}) == refusal::log_forked);
  CHECK(check_consistency(8, root, 6, tree.root(6), tree.consistency(6, 8)) == refusal::log_forked);
  CHECK(check_consistency(1, tree.root(1), tree_size_max + 1, root, {}) == refusal::log_forked);
  CHECK(check_consistency(8, root, 8, root, {}) == refusal::none);
  CHECK(check_consistency(8, root, 8, tree.root(7), {}) == refusal::log_forked);
}

TEST_CASE("64 hashes are refused, 63 are walked") {
  hash32 leaf = numbered_leaf(0);
  std::vector<hash32> proof(proof_hashes_max, leaf);
  auto root = leaf;
  for (std::size_t i = 0; i < proof.size(); ++i)
    root = node_hash(root, leaf);
  CHECK(check_inclusion(leaf, 0, tree_size_max, root, proof) == refusal::none);
  CHECK(check_consistency(1, leaf, tree_size_max, root, proof) == refusal::none);
  proof.push_back(leaf);
  CHECK(check_inclusion(leaf, 0, tree_size_max, node_hash(root, leaf), proof) == refusal::not_in_log);
  CHECK(check_consistency(1, leaf, tree_size_max, node_hash(root, leaf), proof) == refusal::log_forked);
}

TEST_CASE("a consistency proof that does not use up the second size is refused") {
  // Proves {4} -> {8} while claiming a size of 16: the bug once fixed in hash-tree 0.1.1.
  auto tree = numbered_tree(16);
  CHECK(check_consistency(4, tree.root(4), 16, tree.root(8), tree.consistency(4, 8)) == refusal::log_forked);
}
