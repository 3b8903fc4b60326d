// What a trust state answers about devices at a place in the log, and whole links judged by it.
#include "builders.hpp"
#include "e2ee/party_keys.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

link_maker maker_of(const build::enrolled& d) {
  return {d.device, d.certificate.hash(), d.signing, signer_role::member};
}

} // namespace

TEST_CASE("a device stands in a party by its certificate, by a grant, or not at all") {
  build::clinic c;
  auto triage = c.party("triage");
  c.trust.learn(triage, party_kind::role);
  auto& nurse = c.person("nurse1", {c.party("nurse1")});
  auto& station = c.station("front desk", {triage});
  auto before_grant = c.now();
  auto grant = c.grant(nurse.user, triage);
  auto after_grant = c.now();
  c.withdraw(nurse.user, triage);

  trust_standing early{c.trust, before_grant};
  trust_standing granted{c.trust, after_grant};
  trust_standing withdrawn{c.trust, c.now()};
  CHECK(granted.entitlement(station.device, triage) == hash32{});
  CHECK(granted.entitled_by(station.device, triage, {}));
  CHECK_FALSE(granted.entitled_by(station.device, triage, grant.hash()));
  CHECK_FALSE(early.entitlement(nurse.device, triage));
  CHECK(granted.entitlement(nurse.device, triage) == grant.hash());
  CHECK(granted.entitled_by(nurse.device, triage, grant.hash()));
  CHECK_FALSE(granted.entitled_by(nurse.device, triage, {}));
  CHECK_FALSE(granted.entitled_by(nurse.device, triage, sha256(view("another"))));
  CHECK_FALSE(withdrawn.entitled_by(nurse.device, triage, grant.hash()));
  CHECK_FALSE(withdrawn.entitlement(nurse.device, triage));
  CHECK_FALSE(granted.removal_pending(nurse.device, triage));
  CHECK(withdrawn.removal_pending(nurse.device, triage));
  CHECK(granted.kind_of(triage) == party_kind::role);
  CHECK_FALSE(granted.entitlement(build::named<device_id>("nobody"), triage));
  CHECK_FALSE(granted.entitled_by(build::named<device_id>("nobody"), triage, {}));
}

TEST_CASE("a device is what its newest certificate at that place says, and barred from its revocation on") {
  build::clinic c;
  auto& nurse = c.person("nurse1", {c.party("nurse1")});
  auto first = c.now();
  auto renewal = c.renewal_for(nurse, c.admin());
  c.put(sign_object(c.id, renewal,
                    {{c.admin().signing, labels::device}, {nurse.signing, labels::device_possession}}),
        "renewal");
  auto second = c.now();
  c.revoke(nurse.device);

  CHECK_FALSE(trust_standing(c.trust, {0, 0}).device(nurse.device));
  auto at_first = trust_standing(c.trust, first).device(nurse.device);
  REQUIRE(at_first);
  CHECK(at_first->certificate == nurse.certificate.hash());
  CHECK(at_first->user == nurse.user);
  CHECK(at_first->signing == nurse.signing.public_part());
  CHECK(at_first->sealing == nurse.sealing.public_part);
  CHECK(at_first->of_class == device_class::personal_staff);
  CHECK_FALSE(at_first->barred);
  auto at_second = trust_standing(c.trust, second).device(nurse.device);
  CHECK(at_second->certificate != nurse.certificate.hash());
  CHECK_FALSE(at_second->barred);
  trust_standing revoked{c.trust, c.now()};
  CHECK(revoked.device(nurse.device)->barred);
  CHECK(revoked.removal_pending(nurse.device, c.party("nurse1")));
}

TEST_CASE("the daemon's gates bar a device, and name removals, before anything is signed") {
  build::clinic c;
  auto& nurse = c.person("nurse1", {c.party("nurse1")});
  trust_standing gated{c.trust, c.now(), {{nurse.device}, {}}};
  CHECK(gated.device(nurse.device)->barred);
  CHECK(gated.removal_pending(nurse.device, c.party("nurse1")));
  trust_standing leaving{c.trust, c.now(), {{}, {{nurse.device, c.party("nurse1")}}}};
  CHECK_FALSE(leaving.device(nurse.device)->barred);
  CHECK(leaving.removal_pending(nurse.device, c.party("nurse1")));
  CHECK(leaving.removal_pending(nurse.device, c.party("other"))); // not entitled there at all
}

TEST_CASE("a registrar turns the kinds of parties in its scope, some only with a second one") {
  build::clinic c;
  auto& manager = c.person("manager", {c.party("manager")});
  auto scoped = [&](std::uint8_t may, std::uint8_t alone) {
    c.make_registrar(manager, may, alone);
    return c.registrar_of(manager).hash();
  };
  auto link = sha256(view("link"));
  struct {
    party_kind kind;
    std::uint8_t bit;
  } kinds[] = {{party_kind::user, scope::staff},
               {party_kind::role, scope::role_grants},
               {party_kind::patient, scope::patients},
               {party_kind::service, scope::services}};
  for (const auto& k : kinds) {
    INFO(static_cast<int>(k.kind));
    auto has = scoped(k.bit, k.bit);
    trust_standing with{c.trust, c.now()};
    CHECK(with.registrar_may_turn(has, c.party("p"), k.kind, link) == refusal::none);
    auto lacks = scoped(static_cast<std::uint8_t>(scope::all & ~k.bit), scope::all);
    trust_standing without{c.trust, c.now()};
    CHECK(without.registrar_may_turn(lacks, c.party("p"), k.kind, link) == refusal::registrar_out_of_scope);
  }
  auto not_alone = scoped(scope::role_grants, 0);
  trust_standing known{c.trust, c.now()};
  CHECK(known.registrar_may_turn(not_alone, c.party("p"), party_kind::role, link) ==
        refusal::second_registrar_missing);
  cosign_fields second{link, c.registrar_of(c.admin()).hash(), c.now().time};
  known.cosigned_by(
      *cosignature::decode(sign_object(c.id, second, {{c.admin().signing, labels::cosign}}), c.id));
  CHECK(known.registrar_may_turn(not_alone, c.party("p"), party_kind::role, link) == refusal::none);
  CHECK(known.registrar_may_turn(sha256(view("nobody")), c.party("p"), party_kind::role, link) ==
        refusal::needs);
  REQUIRE(known.registrar(not_alone));
  CHECK(known.registrar(not_alone)->device == manager.device);
  CHECK(known.registrar(not_alone)->signing == manager.signing.public_part());
  CHECK_FALSE(known.registrar(sha256(view("nobody"))));
}

namespace {

/// A nurse who lost two phones and was invited to replace them.
struct replaced_nurse : build::clinic {
  build::enrolled& old_phone = person("nurse1", {party("nurse1")});
  build::enrolled& further = person("second phone", {party("nurse1")}, "nurse1");
  hash32 invitation{};
  device_id new_phone = build::named<device_id>("new phone");

  replaced_nurse() {
    auto asked = invitation_for("new phone", device_class::personal_staff, old_phone.user, {party("nurse1")},
                                &admin());
    asked.purpose = invitation_purpose::replacement;
    asked.history_from = build::founded;
    auto raw = sign_object(id, asked, {{admin().signing, labels::invitation}});
    put(raw, "invitation");
    auto invited = *signed_invitation::decode(raw, id);
    invitation = invited.hash();
    put(sign_object(
            id, certificate_for("new phone", invited),
            {{key("new phone invitation"), labels::device}, {key("new phone"), labels::device_possession}}),
        "certificate");
  }
  [[nodiscard]] trust_standing here() const { return {trust, now()}; }
};

} // namespace

TEST_CASE(
    "a unit's registrar turns a person's party of no known unit, and no role or service of another unit") {
  build::clinic c;
  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::all, scope::all, {c.party("ward")});
  trust_standing at{c.trust, c.now()};
  auto why = [&](party_kind k) {
    return at.registrar_may_turn(c.registrar_of(clerk).hash(), c.party("p"), k, sha256(view("link")));
  };
  CHECK(why(party_kind::user) == refusal::none);
  CHECK(why(party_kind::patient) == refusal::none);
  CHECK(why(party_kind::role) == refusal::registrar_out_of_scope);
  CHECK(why(party_kind::service) == refusal::registrar_out_of_scope);
}

TEST_CASE("a reset needs a replacement's invitation and no other device left") {
  replaced_nurse c;
  CHECK_FALSE(c.here().may_reset(c.new_phone));
  c.revoke(c.old_phone.device);
  CHECK_FALSE(c.here().may_reset(c.new_phone));
  c.revoke(c.further.device);
  CHECK(c.here().may_reset(c.new_phone));
  CHECK_FALSE(c.here().may_reset(c.old_phone.device)); // first, not a replacement
  CHECK_FALSE(c.here().may_reset(build::named<device_id>("nobody")));

  // Whoever reads the log a year later judges the reset at its own place.
  auto of_reset = c.now();
  c.person("tablet", {c.party("nurse1")}, "nurse1");
  CHECK_FALSE(c.here().may_reset(c.new_phone));
  CHECK(trust_standing(c.trust, of_reset).may_reset(c.new_phone));
  CHECK(c.here().elsewhere(of_reset, std::nullopt)->may_reset(c.new_phone));
  // Before its certificate it could not, nor while the others were there.
  CHECK_FALSE(trust_standing(c.trust, {of_reset.position - 3, of_reset.time}).may_reset(c.new_phone));
  CHECK_FALSE(trust_standing(c.trust, {of_reset.position - 1, of_reset.time}).may_reset(c.new_phone));
}

TEST_CASE("a replaced device may have keys, with or without newer devices of its person") {
  replaced_nurse c;
  CHECK_FALSE(c.here().replaced(c.new_phone));
  c.revoke(c.old_phone.device);
  c.revoke(c.further.device);
  auto replaced = c.here().replaced(c.new_phone);
  REQUIRE(replaced);
  CHECK(replaced->invitation == c.invitation);
  CHECK(replaced->history_from == build::founded);
  auto& tablet = c.person("tablet", {c.party("nurse1")}, "nurse1");
  CHECK(c.here().replaced(c.new_phone));
  CHECK_FALSE(c.here().replaced(tablet.device)); // a further one, by an ordinary invitation
  CHECK_FALSE(c.here().replaced(c.old_phone.device));
  CHECK_FALSE(c.here().replaced(c.admin().device));
  CHECK_FALSE(c.here().replaced(build::named<device_id>("nobody")));
}

TEST_CASE("a role lives through its links with real certificates, seen from daemon and device") {
  build::clinic c;
  auto triage = c.party("triage");
  auto& station = c.station("front desk", {triage});
  auto& nurse = c.person("nurse1", {c.party("nurse1")});
  c.grant(nurse.user, triage);
  roster_keys keys{c.id, station.device, station.sealing};
  party_chain daemon;

  auto turned = [&](const turn_intent& intent) {
    trust_standing known{c.trust, c.now()};
    auto staged = keys.stage_turn(intent, known, maker_of(station), c.now().time);
    REQUIRE(staged);
    auto link = roster_link::decode(staged->core, staged->members, staged->seals, c.id);
    REQUIRE(link);
    REQUIRE(check_link(daemon, *link, known, viewpoint::daemon) == refusal::none);
    daemon = extended(daemon, *link);
    auto judged = keys.judge({}, *link, known);
    REQUIRE(judged);
    keys.adopt(std::move(*judged));
    c.trust.learn(triage, party_kind::role);
    return *link;
  };
  turned({triage, party_kind::role, {station.device}, {}, link_reason::genesis});
  auto added = turned({triage, party_kind::role, {nurse.device}, {}, link_reason::add});
  CHECK(open_own_seed(c.id, added, nurse.device, nurse.sealing));
  CHECK_FALSE(is_zero(added.member(nurse.device)->grant));
  CHECK(is_zero(added.member(station.device)->grant));
  c.withdraw(nurse.user, triage);
  auto without = turned({triage, party_kind::role, {}, {nurse.device}, link_reason::remove});
  CHECK(without.members.size() == 1);
  CHECK(keys.current(triage)->n == 3);
}
