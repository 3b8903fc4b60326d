// The third judge's static cases for identity (e2ee 12, `chain` and `negative`): each negative of e2ee 10
// must give the refusal it names, judged against the scripted log.
#include "e2ee/act.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/entitlement.hpp"
#include "e2ee/keylist.hpp"
#include "e2ee/pack.hpp"
#include "e2ee/roster.hpp"
#include "e2ee/slip.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using nlohmann::json;

namespace {

json cases_of(const std::string& group) {
  std::ifstream file{WARDLINE_SOURCE_DIR "/tests/plugins/sdk/e2ee/vectors/" + group + ".json"};
  REQUIRE(file);
  return json::parse(file).at("cases");
}

bytes hex_at(const json& row, const char* name) {
  return *from_hex(row.at(name).get<std::string>());
}

evidence evidence_at(const json& row, const clinic_id& id) {
  evidence out{log_place{row.at("position").get<std::uint64_t>(), row.at("log_time").get<time_ms>()}, {}};
  if (row.contains("cosign"))
    out.cosigned = *cosignature::decode(hex_at(row, "cosign"), id);
  return out;
}

/// One entry of the log: identity is admitted, of a party's link only its kind is learnt here.
refusal replay(const json& entry, trust& t) {
  auto raw = hex_at(entry, "object");
  auto k = *peek_kind(raw);
  if (k == kind::link) {
    auto core = *link_core::decode(raw, t.clinic());
    t.learn(core.party, core.party_is);
    return refusal::none;
  }
  return k == kind::conversation ? refusal::none : admit(raw, t, evidence_at(entry, t.clinic()));
}

trust scripted_clinic(const json& chain) {
  trust t{*clinic_id::from(hex_at(chain, "clinic")), *fixed<32>(hex_at(chain, "identity_key"))};
  for (const auto& entry : chain.at("entries")) {
    INFO(entry.at("name"));
    REQUIRE(replay(entry, t) == refusal::none);
  }
  return t;
}

/// By the kind byte that a decoder for this case would be chosen by; an unknown one is judged by rule 1.
refusal decoded(bytes_view raw, const clinic_id& id) {
  auto claimed = raw.empty() ? kind{} : static_cast<kind>(raw[0]);
  switch (claimed) {
  case kind::root:
    return root_certificate::decode(raw, id).why();
  case kind::server:
    return server_certificate::decode(raw, id).why();
  case kind::registrar:
    return registrar_certificate::decode(raw, id).why();
  case kind::invitation:
    return signed_invitation::decode(raw, id).why();
  case kind::device:
    return device_certificate::decode(raw, id).why();
  case kind::grant:
    return role_grant::decode(raw, id).why();
  case kind::revocation:
    return signed_revocation::decode(raw, id).why();
  case kind::link:
    return link_core::decode(raw, id).why();
  case kind::pack:
    return history_pack::decode(raw, id).why();
  case kind::keylist:
    return key_list::decode(raw, id).why();
  case kind::conversation:
    return object<conversation_fields>::decode(raw, id).why();
  case kind::slip:
    return slip::decode(raw, id).why();
  case kind::act:
    return object<act_fields>::decode(raw, id).why();
  default:
    return peek_kind(raw).why();
  }
}

std::string verdict(refusal why) {
  return why == refusal::none ? "accepted" : to_string(why);
}

bool is_identity(const std::string& check) {
  for (auto* one : {"root", "server", "registrar", "invitation", "device", "grant", "revocation"})
    if (check == one)
      return true;
  return false;
}

} // namespace

TEST_CASE("vectors: the scripted log is accepted, its hashes are the judge's") {
  auto chain = cases_of("chain").at(0);
  auto t = scripted_clinic(chain);
  std::size_t hashes = 0;
  for (const auto& entry : chain.at("entries")) {
    auto raw = hex_at(entry, "object");
    auto k = *peek_kind(raw);
    if (k == kind::device) {
      CHECK(hex(device_certificate::decode(raw, t.clinic())->hash()) == entry.at("hash"));
      ++hashes;
    }
  }
  CHECK(hashes >= 10);
}

TEST_CASE("vectors: decoding negatives") {
  auto id = *clinic_id::from(hex_at(cases_of("chain").at(0), "clinic"));
  std::size_t judged = 0;
  for (const auto& c : cases_of("negative")) {
    if (c.value("check", "") != "decode")
      continue;
    INFO(c.at("number") << " " << c.at("name"));
    CHECK(verdict(decoded(hex_at(c, "object"), id)) == c.at("expect"));
    ++judged;
  }
  CHECK(judged >= 50);
}

TEST_CASE("vectors: negatives of certificates, grants and revocations") {
  auto clinic = scripted_clinic(cases_of("chain").at(0));
  auto negative = cases_of("negative");
  std::map<std::string, json> entries;
  for (const auto& entry : negative.at(0).at("entries"))
    entries.emplace(entry.at("name"), entry);
  std::size_t judged = 0;
  for (const auto& c : negative) {
    if (!is_identity(c.value("check", "")))
      continue;
    INFO(c.at("number") << " " << c.at("name"));
    auto t = clinic;
    for (const auto& name : c.value("before", json::array())) {
      INFO(name);
      REQUIRE(replay(entries.at(name), t) == refusal::none);
    }
    auto raw = hex_at(c, "object");
    CHECK(verdict(admit(raw, t, evidence_at(c, t.clinic()))) == c.at("expect"));
    if (c.value("alarm", false))
      CHECK(expiry_of(device_certificate::decode(raw, t.clinic())->until, c.at("now")) == expiry::expired);
    ++judged;
  }
  CHECK(judged >= 65);
}
