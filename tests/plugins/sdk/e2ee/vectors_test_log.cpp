// V1 of e2ee 12, the audit log: leaves, roots, proofs, notes, pins; the daemon's tree and the reader's
// checks are both held against the third judge.
#include "e2ee/checkpoint.hpp"
#include "rules/audit_entry.hpp"
#include "rules/audit_tree.hpp"
#include "vectors_file.hpp"
#include <sodium.h>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::tests;

namespace {

std::uint64_t number_at(const json& x, const char* field) {
  return x.at(field).get<std::uint64_t>();
}

refusal judge_checkpoint(const json& x) {
  const auto& pinned = x.at("pin");
  log_pin pin;
  pin.head = {pinned.at("origin").get<std::string>(), number_at(pinned, "size"), at<hash32>(pinned, "root")};
  auto next = verify_note(x.at("note").get<std::string>(), pin.head.origin, at<public_key>(x, "log_key"));
  if (!next)
    return next.why();
  return advance_pin(pin, *next, all_of<hash32>(x.at("proof"))).why();
}

refusal judge_inclusion(const json& x) {
  return check_inclusion(at<hash32>(x, "leaf_hash"), number_at(x, "index"), number_at(x, "size"),
                         at<hash32>(x, "root"), all_of<hash32>(x.at("proof")));
}

} // namespace

TEST_CASE("vectors: audit leaves") {
  for (const auto& x : vector_cases("leaf")) {
    INFO(x.at("name"));
    auto data = rules::leaf_data_of(static_cast<rules::audit_kind>(x.at("kind").get<std::uint8_t>()),
                                    at<rules::audit_salt>(x, "salt"), bytes_at(x, "entry"));
    CHECK(hex(data) == x.at("leaf_data"));
    CHECK(hex(rules::leaf_hash(data)) == x.at("leaf_hash"));
    CHECK(hex(e2ee::leaf_hash(data)) == x.at("leaf_hash"));
  }
}

TEST_CASE("vectors: roots and notes") {
  const auto& cases = vector_cases("checkpoint");
  const auto& log = named(cases, "log");
  auto key = at<public_key>(log, "log_key");
  auto origin = log.at("origin").get<std::string>();
  CHECK(verifier_key(origin, key) == log.at("verifier_key"));
  std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> derived{};
  std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> secret{};
  crypto_sign_seed_keypair(derived.data(), secret.data(), bytes_at(log, "log_seed").data());
  CHECK(derived == key);
  auto sign = [&](bytes_view m) {
    signature64 out;
    crypto_sign_detached(out.data(), nullptr, m.data(), m.size(), secret.data());
    return out;
  };
  auto leaves = all_of<hash32>(log.at("leaf_hashes"));
  rules::frontier tree;
  for (std::size_t size = 0; size <= leaves.size(); ++size) {
    for (const auto& x : cases)
      if (x.contains("note") && x.at("size") == size)
        CHECK(hex(rules::root(tree)) == x.at("root"));
    if (size < leaves.size())
      rules::append(tree, leaves[size], [](const auto&) {});
  }
  for (const auto& x : cases) {
    if (!x.contains("note"))
      continue;
    INFO(x.at("name"));
    auto head = verify_note(x.at("note").get<std::string>(), origin, key);
    REQUIRE(head);
    CHECK(*head == checkpoint{origin, number_at(x, "size"), at<hash32>(x, "root")});
    CHECK(*make_note(*head, key, sign) == x.at("note").get<std::string>());
  }
}

TEST_CASE("vectors: proofs hold, and are the ones the daemon makes") {
  const auto& cases = vector_cases("checkpoint");
  auto leaves = all_of<hash32>(named(cases, "log").at("leaf_hashes"));
  rules::tree_rows rows = [&](unsigned level, std::uint64_t first, std::size_t count) {
    REQUIRE(level == 0); // fewer than 2^8 leaves
    REQUIRE(first + count <= leaves.size());
    auto begin = leaves.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<hash32>(begin, begin + static_cast<std::ptrdiff_t>(count));
  };
  std::size_t made = 0;
  for (const auto& x : cases) {
    if (!x.contains("proof"))
      continue;
    INFO(x.at("name"));
    auto proof = all_of<hash32>(x.at("proof"));
    auto size = number_at(x, "size");
    bool inclusion = x.contains("index");
    if (inclusion)
      CHECK(judge_inclusion(x) == refusal::none);
    else
      CHECK(check_consistency(number_at(x, "old_size"), at<hash32>(x, "old_root"), size,
                              at<hash32>(x, "root"), proof) == refusal::none);
    if (size > leaves.size())
      continue;
    auto ours = inclusion ? rules::inclusion_proof(number_at(x, "index"), size, rows)
                          : rules::consistency_proof(number_at(x, "old_size"), size, rows);
    CHECK(ours == proof);
    ++made;
  }
  CHECK(made > 40);
}

TEST_CASE("vectors: refusals of proofs and checkpoints") {
  std::size_t judged = 0;
  for (const auto& x : vector_cases("negative")) {
    auto check = x.value("check", "");
    if (check != "inclusion" && check != "checkpoint")
      continue;
    INFO(x.at("number") << ": " << x.at("name"));
    auto why = check == "inclusion" ? judge_inclusion(x) : judge_checkpoint(x);
    CHECK((why == refusal::none ? "accepted" : to_string(why)) == x.at("expect"));
    ++judged;
  }
  CHECK(judged == 23);
}
