// Chains of e2ee 5.1-5.4: negatives 26 to 38, 44, 46 to 48, 153 and 154 of e2ee 10, and what the list does
// not name.
#include "builders.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

/// A staff person whose invitation is in the log and whose certificate is not yet.
struct newcomer : build::clinic {
  signed_invitation invited;

  newcomer() : invited{invite("visitor", {party("visitor")})} {}

  signed_invitation invite(std::string_view who, std::vector<party_id> parties) {
    auto raw = invitation_raw(
        invitation_for(who, device_class::personal_staff, user(who), std::move(parties), &admin()));
    put(raw, "invitation");
    return *signed_invitation::decode(raw, id);
  }
  bytes invitation_raw(const invitation_fields& x) {
    return sign_object(id, x, {{admin().signing, labels::invitation}});
  }
  [[nodiscard]] device_fields own() const { return certificate_for("visitor", invited); }
  [[nodiscard]] bytes device_raw(const device_fields& x, std::string_view own_key = "visitor") const {
    return sign_object(
        id, x, {{key("visitor invitation"), labels::device}, {key(own_key), labels::device_possession}});
  }
  refusal judged(const device_fields& x) {
    return verify(*device_certificate::decode(device_raw(x), id), trust, here());
  }
  refusal judged_invitation(const invitation_fields& x) {
    return verify(*signed_invitation::decode(invitation_raw(x), id), trust, here());
  }
  [[nodiscard]] evidence here() const { return {now(), {}}; }
  [[nodiscard]] evidence at(std::uint64_t position, time_ms time) const {
    return {log_place{position, time}, {}};
  }
};

refusal judge(const build::clinic& c, const bytes& raw, const evidence& e) {
  auto t = c.trust;
  return admit(raw, t, e);
}

} // namespace

TEST_CASE("a valid certificate is accepted, and only with its proof (44)") {
  newcomer c;
  CHECK(c.judged(c.own()) == refusal::none);
  auto x = *device_certificate::decode(c.device_raw(c.own()), c.id);
  CHECK(verify(x, c.trust, {}) == refusal::not_in_log);
  CHECK(verify(c.invited, c.trust, {}) == refusal::not_in_log);
  CHECK(verify(c.registrar_of(c.admin()), c.trust, {}) == refusal::not_in_log);
}

TEST_CASE("26: keys of one certificate differ, and a signing key is one device's") {
  newcomer c;
  auto x = c.own();
  x.noise_key = x.sealing_key;
  CHECK(c.judged(x) == refusal::key_reused);
  x = c.own();
  x.signing_key = c.admin().certificate.signing_key;
  auto raw = sign_object(
      c.id, x,
      {{c.key("visitor invitation"), labels::device}, {c.admin().signing, labels::device_possession}});
  CHECK(judge(c, raw, c.here()) == refusal::key_reused);
  auto server = c.server_certificate_fields(2);
  server.daemon_key = server.log_key;
  CHECK(judge(c, sign_object(c.id, server, {{c.identity, labels::server}}), c.here()) == refusal::key_reused);
}

TEST_CASE("27: proof of possession") {
  newcomer c;
  CHECK(judge(c, c.device_raw(c.own(), "somebody else"), c.here()) == refusal::no_proof_of_possession);
  auto signed_bytes = encode(c.id, c.own());
  auto by_invitation = c.key("visitor invitation").sign(labels::device, signed_bytes);
  CHECK(judge(c, with_signatures(signed_bytes, {by_invitation, signature64{}}), c.here()) ==
        refusal::no_proof_of_possession);
  auto wrong_label = c.key("visitor").sign(labels::device, signed_bytes);
  CHECK(judge(c, with_signatures(signed_bytes, {by_invitation, wrong_label}), c.here()) ==
        refusal::no_proof_of_possession);
}

TEST_CASE("28: not more than the invitation") {
  newcomer c;
  for (int change = 0; change < 4; ++change) {
    auto x = c.own();
    if (change == 0)
      x.parties = {c.party("triage")};
    if (change == 1)
      x.user = c.user("admin");
    if (change == 2)
      x.of_class = device_class::service;
    if (change == 3)
      x.display_name = "Chief physician";
    CHECK(c.judged(x) == refusal::certificate_exceeds_invitation);
  }
  auto fewer = c.own();
  fewer.parties.clear();
  CHECK(c.judged(fewer) == refusal::none);
}

TEST_CASE("29: one certificate from one invitation; the same bytes again are the same answer") {
  newcomer c;
  auto raw = c.device_raw(c.own());
  c.put(raw, "device");
  CHECK(judge(c, raw, c.here()) == refusal::none);
  auto thief = c.own();
  thief.device = build::named<device_id>("thief");
  thief.signing_key = c.key("thief").public_part();
  thief.noise_key = c.pair("thief noise").public_part;
  thief.sealing_key = c.pair("thief sealing").public_part;
  CHECK(judge(c, c.device_raw(thief, "thief"), c.here()) == refusal::invitation_used_twice);
  // Also by an invitation of other content under the same id.
  auto again = c.invitation_for("visitor", device_class::personal_staff, c.user("visitor"), {}, &c.admin());
  auto invitation_raw = c.invitation_raw(again);
  c.put(invitation_raw, "invitation with a used id");
  auto by_other = c.certificate_for("thief", *signed_invitation::decode(invitation_raw, c.id));
  CHECK(judge(c, c.device_raw(by_other, "thief"), c.here()) == refusal::invitation_used_twice);
}

TEST_CASE("30, 31: an invitation ends by the log's time, with ten minutes of grace") {
  newcomer c;
  auto x = *device_certificate::decode(c.device_raw(c.own()), c.id);
  auto position = c.now().position;
  auto end = c.invited.until;
  CHECK(verify(x, c.trust, c.at(position, end + invitation_grace_ms)) == refusal::none);
  CHECK(verify(x, c.trust, c.at(position, end + invitation_grace_ms + 1)) == refusal::invitation_expired);
  CHECK(verify(x, c.trust, c.at(position, c.invited.from + 73 * build::hour)) == refusal::invitation_expired);
  // What the device writes as its own date neither helps nor hurts.
  auto other_clock = c.own();
  other_clock.from = c.now().time + 30 * build::minute;
  CHECK(c.judged(other_clock) == refusal::none);
  other_clock.from = 0;
  auto back_dated = *device_certificate::decode(c.device_raw(other_clock), c.id);
  CHECK(verify(back_dated, c.trust, c.at(position, end + build::hour)) == refusal::invitation_expired);
}

TEST_CASE("32: 72 hours at most") {
  newcomer c;
  auto x = c.invitation_for("guest", device_class::personal_staff, c.user("guest"), {}, &c.admin());
  CHECK(c.judged_invitation(x) == refusal::none);
  x.until = x.from + 72 * build::hour + 1;
  CHECK(c.judged_invitation(x) == refusal::invitation_too_long);
  x.until = x.from - 1;
  CHECK(c.judged_invitation(x) == refusal::invitation_too_long);
}

TEST_CASE("33: a registrar's scope, by class") {
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

TEST_CASE("33: a registrar's units") {
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

TEST_CASE("34: what a registrar signed before its revocation stays") {
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

TEST_CASE("35: a bit that is not held alone needs a second registrar, another person") {
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
  c.revoke(second.device);
  CHECK(with(second, second.signing, hash) == refusal::second_registrar_missing);
  cosign_fields unknown{hash, hash32{1}, 0};
  auto stranger = *cosignature::decode(sign_object(c.id, unknown, {{second.signing, labels::cosign}}), c.id);
  CHECK(judge(c, raw, {c.now(), stranger}) == refusal::needs);
}

TEST_CASE("36: a registrar's key is its device's") {
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

TEST_CASE("37: an expired certificate is accepted, with an alarm") {
  newcomer c;
  auto x = c.own();
  x.until = c.now().time - 1;
  CHECK(c.judged(x) == refusal::none);
  CHECK(expiry_of(x.until, c.now().time) == expiry::expired);
  CHECK(expiry_of(c.now().time, c.now().time) == expiry::expired);
  CHECK(expiry_of(c.now().time + renewal_ahead_ms, c.now().time) == expiry::renewal_due);
  CHECK(expiry_of(c.now().time + renewal_ahead_ms + 1, c.now().time) == expiry::valid);
}

TEST_CASE("38: renewals") {
  newcomer c;
  auto& nurse = c.person("nurse1", {c.party("nurse1")});
  auto next = c.key("nurse1, second key");
  auto why = [&](const device_fields& x, std::vector<signer> signers) {
    return judge(c, sign_object(c.id, x, signers), c.here());
  };
  auto by_admin = signer{c.admin().signing, labels::device};
  auto old_key = signer{nurse.signing, labels::device_possession};
  auto new_key = signer{next, labels::device_possession};
  auto good = c.renewal_for(nurse, c.admin());
  CHECK(why(good, {by_admin, old_key}) == refusal::none);
  CHECK(why(good, {old_key, old_key}) == refusal::bad_signature);
  CHECK(why(good, {by_admin, new_key}) == refusal::no_proof_of_possession);
  CHECK(why(good, {by_admin, old_key, new_key}) == refusal::successor_mismatch); // a third nobody asked for

  auto other = good;
  other.user = c.user("admin");
  CHECK(why(other, {by_admin, old_key}) == refusal::successor_mismatch);
  other = good;
  other.of_class = device_class::station;
  CHECK(why(other, {by_admin, old_key}) == refusal::successor_mismatch);
  other = good;
  other.device = c.admin().device;
  CHECK(why(other, {by_admin, old_key}) == refusal::successor_mismatch);

  auto new_signing = good;
  new_signing.signing_key = next.public_part();
  CHECK(why(new_signing, {by_admin, new_key}) == refusal::successor_mismatch);
  CHECK(why(new_signing, {by_admin, new_key, new_key}) == refusal::successor_mismatch);
  CHECK(why(new_signing, {by_admin, new_key, old_key}) == refusal::none);

  auto lower = good;
  lower.serial = 0;
  CHECK(why(lower, {by_admin, old_key}) == refusal::serial_went_back);
  lower.serial = nurse.certificate.serial;
  CHECK(why(lower, {by_admin, old_key}) == refusal::serial_reused);

  other = good;
  other.previous = hash32{1};
  CHECK(why(other, {by_admin, old_key}) == refusal::needs);
  CHECK(missing(other, c.trust) == hash32{1});
  other = good;
  other.registrar = hash32{2};
  CHECK(why(other, {by_admin, old_key}) == refusal::needs);
  CHECK(missing(other, c.trust) == hash32{2});

  // The old key is dead once it was replaced: it cannot speak for the device again.
  c.put(sign_object(c.id, new_signing, {by_admin, new_key, old_key}), "renewal");
  auto by_old = good;
  by_old.serial = 3;
  CHECK(why(by_old, {by_admin, old_key}) == refusal::successor_mismatch);
}

TEST_CASE("a patient's renewal adds no party") {
  newcomer c;
  auto& patient = c.patient("patient1");
  auto x = c.renewal_for(patient, c.admin());
  auto sign = [&] {
    return sign_object(c.id, x,
                       {{c.admin().signing, labels::device}, {patient.signing, labels::device_possession}});
  };
  CHECK(judge(c, sign(), c.here()) == refusal::none);
  x.parties = {c.party("triage")};
  CHECK(judge(c, sign(), c.here()) == refusal::class_not_for_party);
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

TEST_CASE("46: a revoked device's id stays a tombstone") {
  newcomer c;
  auto& nurse = c.person("nurse1", {});
  auto renewed = c.renewal_for(nurse, c.admin());
  auto raw = sign_object(c.id, renewed,
                         {{c.admin().signing, labels::device}, {nurse.signing, labels::device_possession}});
  auto before = c.now();
  c.revoke(nurse.device);
  CHECK(judge(c, raw, {before, {}}) == refusal::none);
  CHECK(judge(c, raw, c.here()) == refusal::device_revoked);
  auto taken = c.own();
  taken.device = nurse.device;
  taken.serial = 7;
  CHECK(c.judged(taken) == refusal::device_revoked);
}

TEST_CASE("who is invited cannot take the id of another device") {
  newcomer c;
  auto& nurse = c.person("nurse1", {});
  auto x = c.own();
  x.device = nurse.device;
  CHECK(c.judged(x) == refusal::serial_reused);
  x.serial = 2;
  CHECK(c.judged(x) == refusal::successor_mismatch);
  x = c.own();
  x.previous = nurse.certificate.hash();
  CHECK(c.judged(x) == refusal::successor_mismatch);
}

TEST_CASE("47: server certificates go forward; the responder's key is the certified one") {
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

TEST_CASE("48: the daemon's key certifies nothing") {
  newcomer c;
  auto by_daemon = sign_object(
      c.id, c.own(), {{c.daemon_key, labels::device}, {c.key("visitor"), labels::device_possession}});
  CHECK(judge(c, by_daemon, c.here()) == refusal::bad_signature);
  auto invited = c.invitation_for("guest", device_class::station, {}, {}, &c.admin());
  CHECK(judge(c, sign_object(c.id, invited, {{c.daemon_key, labels::invitation}}), c.here()) ==
        refusal::bad_signature);
  CHECK(judge(c, sign_object(c.id, c.server_certificate_fields(2), {{c.daemon_key, labels::server}}),
              c.here()) == refusal::bad_signature);
}

TEST_CASE("153: the identity key is the pin, or a new one that the pinned key signs too") {
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

TEST_CASE("154: what an expired registrar signed stays, what it signs later is refused") {
  newcomer c;
  auto until = c.registrar_of(c.admin()).until;
  auto x = c.invitation_for("guest", device_class::station, {}, {}, &c.admin());
  auto raw = c.invitation_raw(x);
  CHECK(judge(c, raw, c.at(c.now().position, until)) == refusal::none);
  CHECK(judge(c, raw, c.at(c.now().position, until + 1)) == refusal::registrar_expired);
}

TEST_CASE("what an object refers to is asked for by its hash") {
  newcomer c;
  auto x = c.own();
  x.invitation = hash32{3};
  CHECK(c.judged(x) == refusal::needs);
  CHECK(missing(x, c.trust) == hash32{3});
  auto invited = c.invitation_for("guest", device_class::station, {}, {}, &c.admin());
  invited.registrar = hash32{4};
  CHECK(c.judged_invitation(invited) == refusal::needs);
  CHECK(missing(invited, c.trust) == hash32{4});
}
