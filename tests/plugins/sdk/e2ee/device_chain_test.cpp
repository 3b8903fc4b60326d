// Device certificates (e2ee 5.4): negatives 26 to 31, 37, 38, 44, 46 and 48 of e2ee 10, and what the list
// does not name.
#include "newcomer.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using build::judge;
using build::newcomer;

TEST_CASE("negative 44: a valid certificate is accepted, and only with its proof") {
  newcomer c;
  CHECK(c.judged(c.own()) == refusal::none);
  auto x = *device_certificate::decode(c.device_raw(c.own()), c.id);
  CHECK(verify(x, c.trust, {}) == refusal::not_in_log);
  CHECK(verify(c.invited, c.trust, {}) == refusal::not_in_log);
  CHECK(verify(c.registrar_of(c.admin()), c.trust, {}) == refusal::not_in_log);
}

TEST_CASE("negative 26: keys of one certificate differ, and a signing key is one device's") {
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
  server = c.server_certificate_fields(2);
  server.noise_key = server.log_key;
  CHECK(judge(c, sign_object(c.id, server, {{c.identity, labels::server}}), c.here()) == refusal::key_reused);
  server = c.server_certificate_fields(2);
  server.noise_key = server.daemon_key;
  CHECK(judge(c, sign_object(c.id, server, {{c.identity, labels::server}}), c.here()) == refusal::key_reused);
}

TEST_CASE("negative 27: proof of possession") {
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

TEST_CASE("negative 28: not more than the invitation") {
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

TEST_CASE("negative 29: one certificate from one invitation; the same bytes again are the same answer") {
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

TEST_CASE("a held object under another signature is judged like any other") {
  newcomer c;
  auto raw = c.device_raw(c.own());
  c.put(raw, "device");
  auto with_last_byte_bent = [](bytes b) {
    b.back() ^= 1;
    return b;
  };
  CHECK(judge(c, with_last_byte_bent(raw), c.here()) == refusal::no_proof_of_possession);
  CHECK(judge(c, with_last_byte_bent(c.invited.raw()), c.here()) == refusal::bad_signature);
  CHECK(judge(c, with_last_byte_bent(c.registrar_of(c.admin()).raw()), c.here()) == refusal::bad_signature);
  CHECK(judge(c, c.invited.raw(), c.here()) == refusal::none);
}

TEST_CASE("negatives 30, 31: an invitation ends by the log's time, with ten minutes of grace") {
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

TEST_CASE("negative 37: an expired certificate is accepted, with an alarm") {
  newcomer c;
  auto x = c.own();
  x.until = c.now().time - 1;
  CHECK(c.judged(x) == refusal::none);
  CHECK(expiry_of(x.until, c.now().time) == expiry::expired);
  CHECK(expiry_of(c.now().time, c.now().time) == expiry::expired);
  CHECK(expiry_of(c.now().time + renewal_ahead_ms, c.now().time) == expiry::renewal_due);
  CHECK(expiry_of(c.now().time + renewal_ahead_ms + 1, c.now().time) == expiry::valid);
}

TEST_CASE("negative 38: renewals") {
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

  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::patients, scope::patients);
  auto by_clerk = good;
  by_clerk.registrar = c.registrar_of(clerk).hash();
  CHECK(why(by_clerk, {{clerk.signing, labels::device}, old_key}) == refusal::registrar_out_of_scope);

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

TEST_CASE("a renewal that waits for its device's signature is judged like a renewal") {
  newcomer c;
  auto& nurse = c.person("nurse1", {c.party("nurse1")});
  auto good = c.renewal_for(nurse, c.admin());
  auto why = [&](const device_fields& x, const signing_key& by) {
    auto raw = sign_object(c.id, x, {{by, labels::device}});
    return verify(*renewal_offer::decode(raw, c.id), c.trust, c.here());
  };
  const auto& admin = c.admin().signing;
  CHECK(why(good, admin) == refusal::none);
  CHECK(why(good, nurse.signing) == refusal::bad_signature);
  auto wider = good;
  wider.parties.push_back(c.party("triage"));
  std::sort(wider.parties.begin(), wider.parties.end());
  CHECK(why(wider, admin) == refusal::none); // a registrar may widen staff's, not a patient's
  for (int change = 0; change < 4; ++change) {
    auto x = good;
    if (change == 0)
      x.device = build::named<device_id>("another");
    if (change == 1)
      x.user = c.user("admin");
    if (change == 2)
      x.of_class = device_class::station;
    if (change == 3)
      x.signing_key = c.key("nurse1, second key").public_part();
    CHECK(why(x, admin) == refusal::successor_mismatch);
  }
  for (bool registrar : {true, false}) {
    auto x = good;
    (registrar ? x.registrar : x.previous) = hash32{1};
    CHECK(why(x, admin) == refusal::needs);
  }
  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::patients, scope::patients);
  auto by_clerk = good;
  by_clerk.registrar = c.registrar_of(clerk).hash();
  CHECK(why(by_clerk, clerk.signing) == refusal::registrar_out_of_scope);

  auto& patient = c.patient("patient1");
  auto x = c.renewal_for(patient, c.admin());
  CHECK(why(x, admin) == refusal::none);
  x.parties = {c.party("triage")};
  CHECK(why(x, admin) == refusal::class_not_for_party);
}

TEST_CASE("a unit's registrar renews a person with her own party, and no station of another unit") {
  newcomer c;
  auto ward = c.party("ward");
  auto& nurse = c.person("nurse1", {c.party("nurse1")}); // of a kind that is not known before its first link
  auto& pc = c.station("front desk", {c.party("other ward")});
  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::all, scope::all, {ward});
  auto why = [&](const build::enrolled& who) {
    auto raw = sign_object(c.id, c.renewal_for(who, clerk),
                           {{clerk.signing, labels::device}, {who.signing, labels::device_possession}});
    return judge(c, raw, c.here());
  };
  CHECK(why(nurse) == refusal::none);
  CHECK(why(pc) == refusal::registrar_out_of_scope);
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

TEST_CASE("negative 46: a revoked device's id stays a tombstone") {
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

TEST_CASE("negative 48: the daemon's key certifies nothing") {
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
