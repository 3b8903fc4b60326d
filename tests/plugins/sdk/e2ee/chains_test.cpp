// Root, server, registrars, invitations (e2ee 5.1-5.3): negatives 32 to 36, 47, 153 and 154 of e2ee 10, and
// what the list does not name.
#include "newcomer.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using build::judge;
using build::newcomer;

TEST_CASE("negative 32: 72 hours at most") {
  newcomer c;
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &c.admin());
  CHECK(c.judged_invitation(x) == refusal::none);
  x.until = x.from + 72 * build::hour + 1;
  CHECK(c.judged_invitation(x) == refusal::invitation_too_long);
  x.until = x.from - 1;
  CHECK(c.judged_invitation(x) == refusal::invitation_too_long);
}

TEST_CASE("negative 33: a registrar's scope, by class") {
  newcomer c;
  auto& clerk = c.person("clerk", {});
  const std::pair<device_class, std::uint8_t> needed[] = {{device_class::personal_staff, scope::staff},
                                                          {device_class::personal_patient, scope::patients},
                                                          {device_class::station, scope::stations},
                                                          {device_class::service, scope::services}};
  for (auto [may_class, may] : needed) {
    c.make_registrar(clerk, may, may);
    for (auto [asked, bit] : needed) {
      auto x = c.invitation_for("guest", asked, c.user("guest"), {}, &clerk);
      auto raw = sign_object(c.id, x, {{clerk.signing, labels::invitation}});
      CHECK(judge(c, raw, c.here()) ==
            (asked == may_class ? refusal::none : refusal::registrar_out_of_scope));
    }
  }
}

TEST_CASE("negative 33: a registrar's units") {
  newcomer c;
  auto ward = c.party("ward");
  auto other = c.party("other ward");
  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::staff | scope::stations, scope::all, {ward});
  auto why = [&](device_class k, std::vector<party_id> parties) {
    auto x = c.invitation_for("guest", k, k == device_class::station ? user_id{} : c.user("guest"),
                              std::move(parties), &clerk);
    return judge(c, sign_object(c.id, x, {{clerk.signing, labels::invitation}}), c.here());
  };
  CHECK(why(device_class::station, {ward}) == refusal::none);
  CHECK(why(device_class::station, {ward, other}) == refusal::registrar_out_of_scope);
  CHECK(why(device_class::personal_staff, {ward, c.party("guest")}) ==
        refusal::none); // the guest's own, not yet known
  CHECK(why(device_class::personal_staff, {other, c.party("guest")}) == refusal::registrar_out_of_scope);
  c.trust.learn(other, party_kind::role);
  CHECK(why(device_class::personal_staff, {other}) == refusal::registrar_out_of_scope);
  c.trust.learn(c.party("guest"), party_kind::user);
  CHECK(why(device_class::personal_staff, {ward, c.party("guest")}) == refusal::none);
}

TEST_CASE("negative 34: what a registrar signed before its revocation stays") {
  for (bool whole_device : {false, true}) {
    newcomer c;
    auto& clerk = c.person("clerk", {});
    c.make_registrar(clerk, scope::staff, scope::staff);
    auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &clerk);
    auto raw = sign_object(c.id, x, {{clerk.signing, labels::invitation}});
    revocation_fields out{whole_device ? subject_kind::device : subject_kind::registrar,
                          clerk.device,
                          revocation_reason::left,
                          c.now().time,
                          {},
                          {}};
    auto revoked_at = c.now().position;
    c.put(sign_object(c.id, out, {{c.identity, labels::revocation}}), "revocation");
    auto time = c.now().time;
    CHECK(judge(c, raw, c.at(revoked_at - 1, time)) == refusal::none);
    CHECK(judge(c, raw, c.at(revoked_at, time)) == refusal::none);
    CHECK(judge(c, raw, c.at(revoked_at + 1, time)) == refusal::registrar_revoked);
    CHECK(judge(c, raw, {}) == refusal::registrar_revoked);
  }
}

TEST_CASE("negative 35: a bit that is not held alone needs a second registrar, another person") {
  newcomer c;
  auto& first = c.person("first", {});
  auto& second = c.person("second", {});
  auto& tablet = c.person("first's tablet", {}, "first");
  c.make_registrar(first, scope::staff, 0);
  c.make_registrar(second, scope::staff | scope::patients, 0);
  c.make_registrar(tablet, scope::staff, scope::staff);
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &first);
  auto raw = sign_object(c.id, x, {{first.signing, labels::invitation}});
  auto hash = signed_invitation::decode(raw, c.id)->hash();
  auto with = [&](const build::enrolled& by, const signing_key& key, const hash32& of) {
    cosign_fields word{of, c.registrar_of(by).hash(), c.now().time};
    auto cosigned = *cosignature::decode(sign_object(c.id, word, {{key, labels::cosign}}), c.id);
    return judge(c, raw, {c.now(), cosigned});
  };
  CHECK(judge(c, raw, c.here()) == refusal::second_registrar_missing);
  CHECK(with(second, second.signing, hash) == refusal::none);
  CHECK(with(tablet, tablet.signing, hash) == refusal::second_registrar_missing);
  CHECK(with(first, first.signing, hash) == refusal::second_registrar_missing);
  CHECK(with(second, second.signing, hash32{}) == refusal::second_registrar_missing);
  CHECK(with(second, first.signing, hash) == refusal::bad_signature);
  c.make_registrar(second, scope::patients, scope::patients);
  CHECK(with(second, second.signing, hash) == refusal::second_registrar_missing);
  c.make_registrar(second, scope::staff, 0);
  CHECK(with(second, second.signing, hash) == refusal::none);
  // By a certificate that a newer one had replaced, and by one that the log shows later than the act.
  auto older = c.registrar_of(second).hash();
  auto certified_at = c.now().position;
  c.make_registrar(second, scope::patients, scope::patients);
  cosign_fields stale{hash, older, c.now().time};
  auto word = *cosignature::decode(sign_object(c.id, stale, {{second.signing, labels::cosign}}), c.id);
  CHECK(judge(c, raw, {c.now(), word}) == refusal::second_registrar_missing);
  CHECK(judge(c, raw, {log_place{certified_at, c.now().time}, word}) == refusal::none);
  CHECK(judge(c, raw, {log_place{0, c.now().time}, word}) == refusal::second_registrar_missing);
  c.make_registrar(second, scope::staff, 0);
  c.revoke(second.device);
  CHECK(with(second, second.signing, hash) == refusal::second_registrar_missing);
  cosign_fields unknown{hash, hash32{1}, 0};
  auto stranger = *cosignature::decode(sign_object(c.id, unknown, {{second.signing, labels::cosign}}), c.id);
  CHECK(judge(c, raw, {c.now(), stranger}) == refusal::needs);
  CHECK(missing(std::optional{stranger}, c.trust) == hash32{1});
  CHECK(missing(std::optional{word}, c.trust) == std::nullopt);
  CHECK(missing(std::optional<cosignature>{}, c.trust) == std::nullopt);
}

TEST_CASE(
    "a second registrar's word counts until its certificate ends, and not at the leaf that made it one") {
  newcomer c;
  auto& first = c.person("first", {});
  auto& second = c.person("second", {});
  c.make_registrar(first, scope::staff, 0);
  auto made_at = c.now().position;
  auto until = c.make_registrar(second, scope::staff, 0).until;
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &first);
  auto raw = sign_object(c.id, x, {{first.signing, labels::invitation}});
  cosign_fields fields{signed_invitation::decode(raw, c.id)->hash(), c.registrar_of(second).hash(),
                       c.now().time};
  auto word = *cosignature::decode(sign_object(c.id, fields, {{second.signing, labels::cosign}}), c.id);
  auto first_until = c.registrar_of(first).until;
  REQUIRE(first_until <= until);
  CHECK(judge(c, raw, {log_place{c.now().position, first_until}, word}) == refusal::none);
  CHECK(judge(c, raw, {log_place{c.now().position, first_until + 1}, word}) == refusal::registrar_expired);
  CHECK(judge(c, raw, {log_place{made_at, c.now().time}, word}) == refusal::second_registrar_missing);
  // A longer-lived first one: then the second one's own end decides.
  c.skip(30 * build::day);
  c.make_registrar(first, scope::staff, 0);
  x.registrar = c.registrar_of(first).hash();
  raw = sign_object(c.id, x, {{first.signing, labels::invitation}});
  fields.of_object = signed_invitation::decode(raw, c.id)->hash();
  word = *cosignature::decode(sign_object(c.id, fields, {{second.signing, labels::cosign}}), c.id);
  CHECK(judge(c, raw, {log_place{c.now().position, until}, word}) == refusal::none);
  CHECK(judge(c, raw, {log_place{c.now().position, until + 1}, word}) == refusal::second_registrar_missing);
}

TEST_CASE("an invitation for no time at all is one, and one that ends before it begins is not") {
  newcomer c;
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &c.admin());
  x.until = x.from;
  CHECK(c.judged_invitation(x) == refusal::none);
  x.until = x.from - 1;
  CHECK(c.judged_invitation(x) == refusal::invitation_too_long);
}

TEST_CASE("negative 36: a registrar's key is its device's") {
  newcomer c;
  auto& clerk = c.person("clerk", {});
  auto x = c.registrar_for(clerk, scope::staff, scope::staff);
  x.signing_key = c.admin().signing.public_part();
  auto raw = sign_object(c.id, x, {{c.identity, labels::registrar}});
  CHECK(judge(c, raw, c.here()) == refusal::registrar_key_mismatch);
  x.device = build::named<device_id>("unknown");
  CHECK(judge(c, sign_object(c.id, x, {{c.identity, labels::registrar}}), c.here()) == refusal::needs);
  auto by_admin = sign_object(c.id, c.registrar_for(clerk, 2, 2), {{c.admin().signing, labels::registrar}});
  CHECK(judge(c, by_admin, c.here()) == refusal::bad_signature);
}

TEST_CASE("registrars' serials, and acts under a certificate that was replaced") {
  newcomer c;
  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::staff | scope::stations, scope::all);
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &clerk);
  auto raw = sign_object(c.id, x, {{clerk.signing, labels::invitation}});
  auto before = c.now();
  c.skip(build::minute);
  auto same_serial = c.registrar_for(clerk, scope::patients, scope::patients);
  c.make_registrar(clerk, scope::stations, scope::stations);
  CHECK(judge(c, raw, {before, {}}) == refusal::none);
  CHECK(judge(c, raw, c.here()) == refusal::stale_certificate);
  CHECK(judge(c, sign_object(c.id, same_serial, {{c.identity, labels::registrar}}), c.here()) ==
        refusal::serial_reused);
  same_serial.serial = 1;
  CHECK(judge(c, sign_object(c.id, same_serial, {{c.identity, labels::registrar}}), c.here()) ==
        refusal::serial_went_back);
}

TEST_CASE("classes and parties of invitations") {
  newcomer c;
  c.patient("patient1");
  auto patient = [&](std::vector<party_id> parties) {
    return c.invitation_for("patient2", device_class::personal_patient, c.user("patient2"),
                            std::move(parties), &c.admin());
  };
  CHECK(c.judged_invitation(patient({})) == refusal::none); // a proxy
  CHECK(c.judged_invitation(patient({c.party("patient2")})) == refusal::none);
  CHECK(c.judged_invitation(patient({c.party("patient2"), c.party("x")})) == refusal::class_not_for_party);
  CHECK(c.judged_invitation(patient({c.party("patient1")})) == refusal::class_not_for_party);
  c.trust.learn(c.party("triage"), party_kind::role);
  CHECK(c.judged_invitation(patient({c.party("triage")})) == refusal::class_not_for_party);
  auto staff = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {c.party("patient1")},
                                &c.admin());
  CHECK(c.judged_invitation(staff) == refusal::class_not_for_party);
}

TEST_CASE("a replacement needs the date its history starts from") {
  newcomer c;
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &c.admin());
  x.purpose = invitation_purpose::replacement;
  CHECK(c.judged_invitation(x) == refusal::reset_not_allowed);
  x.history_from = build::founded;
  CHECK(c.judged_invitation(x) == refusal::none);
}

TEST_CASE("the identity key invites the very first device only") {
  newcomer c;
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, nullptr);
  auto raw = sign_object(c.id, x, {{c.identity, labels::invitation}});
  CHECK(judge(c, raw, c.here()) == refusal::registrar_out_of_scope);
  CHECK(judge(c, raw, c.at(2, build::founded)) == refusal::none); // before any device
  CHECK(judge(c, c.invitation_raw(x), c.at(2, build::founded)) == refusal::bad_signature);
}

TEST_CASE("negative 47: server certificates go forward; the responder's key is the certified one") {
  newcomer c;
  auto second = sign_object(c.id, c.server_certificate_fields(2), {{c.identity, labels::server}});
  c.put(second, "server certificate 2");
  CHECK(judge(c, second, c.here()) == refusal::none);
  CHECK(judge(c, c.log[1].raw, c.here()) == refusal::serial_went_back);
  auto other = c.server_certificate_fields(2);
  other.until += 1;
  CHECK(judge(c, sign_object(c.id, other, {{c.identity, labels::server}}), c.here()) ==
        refusal::serial_reused);
  CHECK(check_responder(c.trust, c.server_noise.public_part) == refusal::none);
  CHECK(check_responder(c.trust, c.pair("another server").public_part) == refusal::wrong_server_key);
  CHECK(check_responder(trust{c.id, c.identity.public_part()}, c.server_noise.public_part) ==
        refusal::wrong_server_key);
}

TEST_CASE("negative 153: the identity key is the pin, or a new one that the pinned key signs too") {
  newcomer c;
  auto next = c.key("identity 2");
  root_fields x{next.public_part(), "Clinic at the Lake", build::founded + build::day};
  auto own_word = sign_object(c.id, x, {{next, labels::root}});
  CHECK(judge(c, own_word, {}) == refusal::wrong_identity_key);
  CHECK(judge(c, sign_object(c.id, x, {{c.identity, labels::root}}), {}) == refusal::bad_signature);
  CHECK(judge(c, sign_object(c.id, x, {{next, labels::root}, {next, labels::root}}), {}) ==
        refusal::wrong_identity_key);
  auto replaced = sign_object(c.id, x, {{next, labels::root}, {c.identity, labels::root}});
  auto t = c.trust;
  REQUIRE(admit(replaced, t, {}) == refusal::none);
  CHECK(t.identity() == next.public_part());
  // Under the new pin nobody can check the second signature: the short form is passed on.
  CHECK(admit(replaced, t, {}) == refusal::wrong_signature_count);
  CHECK(admit(own_word, t, {}) == refusal::none);
  CHECK(admit(c.log[0].raw, t, {}) == refusal::wrong_identity_key);
}

TEST_CASE("negative 154: what an expired registrar signed stays, what it signs later is refused") {
  newcomer c;
  auto until = c.registrar_of(c.admin()).until;
  auto x = c.invitation_for("guest", device_class::station, {}, {}, &c.admin());
  auto raw = c.invitation_raw(x);
  CHECK(judge(c, raw, c.at(c.now().position, until)) == refusal::none);
  CHECK(judge(c, raw, c.at(c.now().position, until + 1)) == refusal::registrar_expired);
}
