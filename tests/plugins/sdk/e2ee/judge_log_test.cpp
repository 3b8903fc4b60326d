// Checkpoints and proofs as the third judge made and spoilt them (e2ee 12; e2ee 10: 44, 45, 146-148).
#include "e2ee/checkpoint.hpp"
#include "judge.hpp"
#include <catch2/catch.hpp>
#include <sodium.h>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

TEST_CASE("the judge's notes and proofs hold, and its notes come out of ours to the byte") {
  auto cases = judged("checkpoint");
  const auto& log = cases.at(0);
  auto origin = log.at("origin").get<std::string>();
  auto key = as<public_key>(log.at("log_key"));
  CHECK(verifier_key(origin, key) == log.at("verifier_key").get<std::string>());
  std::array<std::uint8_t, 32> pub{};
  std::array<std::uint8_t, 64> secret{};
  crypto_sign_seed_keypair(pub.data(), secret.data(), raw(log.at("log_seed")).data());
  CHECK(pub == key);
  auto sign = [&](bytes_view m) {
    signature64 out;
    crypto_sign_detached(out.data(), nullptr, m.data(), m.size(), secret.data());
    return out;
  };
  std::size_t notes = 0;
  std::size_t proofs = 0;
  for (const auto& c : cases) {
    INFO(c.at("name"));
    if (c.contains("note")) {
      auto read = verify_note(c.at("note").get<std::string>(), origin, key);
      REQUIRE(read);
      CHECK(*read == checkpoint{origin, c.at("size"), as<hash32>(c.at("root"))});
      CHECK(*make_note(*read, key, sign) == c.at("note").get<std::string>());
      ++notes;
    } else if (c.contains("index")) {
      CHECK(check_inclusion(as<hash32>(c.at("leaf_hash")), c.at("index"), c.at("size"),
                            as<hash32>(c.at("root")), hashes(c.at("proof"))) == refusal::none);
      ++proofs;
    } else if (c.contains("old_size")) {
      log_pin pin{{}, {origin, c.at("old_size"), as<hash32>(c.at("old_root"))}};
      CHECK(advance_pin(pin, {origin, c.at("size"), as<hash32>(c.at("root"))}, hashes(c.at("proof"))));
      ++proofs;
    }
  }
  CHECK(notes == 8);
  CHECK(proofs == 55);
}

TEST_CASE("the judge's spoilt checkpoints and proofs are refused by the same names") {
  std::size_t judgements = 0;
  for (const auto& c : judged("negative")) {
    INFO(c.value("name", ""));
    if (c.value("check", "") == "inclusion") {
      CHECK(verdict(check_inclusion(as<hash32>(c.at("leaf_hash")), c.at("index"), c.at("size"),
                                    as<hash32>(c.at("root")), hashes(c.at("proof")))) ==
            c.at("expect").get<std::string>());
      ++judgements;
    } else if (c.value("check", "") == "checkpoint") {
      const auto& p = c.at("pin");
      log_pin pin{{}, {p.at("origin"), p.at("size"), as<hash32>(p.at("root"))}};
      auto next =
          verify_note(c.at("note").get<std::string>(), pin.head.origin, as<public_key>(c.at("log_key")));
      auto why = next ? advance_pin(pin, *next, hashes(c.at("proof"))).why() : next.why();
      CHECK(verdict(why) == c.at("expect").get<std::string>());
      ++judgements;
    }
  }
  CHECK(judgements == 23);
}
