// Grants, revocations and `entitled` (e2ee 5.5): negatives 39 to 43 of e2ee 10, and entitlement by position.
#include "builders.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

struct ward : build::clinic {
  party_id triage = party("triage");
  build::enrolled& nurse = person("nurse1", {party("nurse1")});
  build::enrolled& pc = station("front desk", {triage});
  build::enrolled& patient1 = patient("patient1");
  build::enrolled& relative = proxy("relative");

  ward() {
    trust.learn(triage, party_kind::role);
    trust.learn(party("nurse1"), party_kind::user);
  }

  refusal judged(const grant_fields& x) {
    auto t = trust;
    return admit(sign_object(id, x, {{admin().signing, labels::grant}}), t, {now(), {}});
  }
  grant_fields to_user(const build::enrolled& who, const party_id& p, time_ms until = 0) {
    return grant_of(subject_kind::user, subject_of(who.user), p, grant_state::granted, until);
  }
  refusal revoked_by(const build::enrolled& subject, const device_id& device, const hash32& certificate,
                     const signing_key& key, subject_kind k = subject_kind::device) {
    revocation_fields x{k, subject.device, revocation_reason::lost, now().time, device, certificate};
    auto t = trust;
    return admit(sign_object(id, x, {{key, labels::revocation}}), t, {now(), {}});
  }
  bool is_entitled(const build::enrolled& who, const party_id& p) {
    return entitled(trust, who.certificate, p, now());
  }
};

} // namespace

TEST_CASE("negatives 39, 40: a grant's serial rises") {
  ward c;
  auto first = c.to_user(c.nurse, c.triage);
  c.grant(c.nurse.user, c.triage);
  c.withdraw(c.nurse.user, c.triage);
  CHECK(c.judged(first) == refusal::serial_went_back);
  auto second = c.to_user(c.nurse, c.triage);
  --second.serial;
  CHECK(c.judged(second) == refusal::serial_reused);
  CHECK(c.judged(c.to_user(c.nurse, c.triage)) == refusal::none);
}

TEST_CASE("negatives 41, 42: what can be granted to whom") {
  ward c;
  auto until = c.now().time + 300 * build::day;
  CHECK(c.judged(c.to_user(c.nurse, c.triage)) == refusal::none);
  CHECK(c.judged(c.to_user(c.nurse, c.party("new role"))) == refusal::none); // before its first link
  CHECK(c.judged(c.to_user(c.nurse, c.party("patient1"))) == refusal::party_not_grantable);
  CHECK(c.judged(c.to_user(c.admin(), c.party("nurse1"))) == refusal::party_not_grantable);
  CHECK(c.judged(c.to_user(c.relative, c.party("patient1"), until)) == refusal::none);
  CHECK(c.judged(c.to_user(c.relative, c.party("patient1"))) == refusal::class_not_for_party);
  CHECK(c.judged(c.to_user(c.relative, c.triage, until)) == refusal::class_not_for_party);
  CHECK(c.judged(c.to_user(c.relative, c.party("new role"), until)) == refusal::class_not_for_party);
  auto by_device =
      c.grant_of(subject_kind::device, subject_of(c.relative.device), c.triage, grant_state::granted, until);
  CHECK(c.judged(by_device) == refusal::class_not_for_party);
  auto taken_back = c.grant_of(subject_kind::user, subject_of(c.relative.user), c.party("patient1"),
                               grant_state::withdrawn, 0);
  CHECK(c.judged(taken_back) == refusal::none);
}

TEST_CASE("a registrar without the patients bit makes no proxies") {
  ward c;
  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::role_grants, scope::role_grants);
  auto x = c.to_user(c.relative, c.party("patient1"), c.now().time + build::day);
  x.registrar = c.registrar_of(clerk).hash();
  auto t = c.trust;
  CHECK(admit(sign_object(c.id, x, {{clerk.signing, labels::grant}}), t, {c.now(), {}}) ==
        refusal::party_not_grantable);
  c.make_registrar(clerk, scope::role_grants | scope::patients, scope::role_grants);
  x.registrar = c.registrar_of(clerk).hash();
  t = c.trust;
  CHECK(admit(sign_object(c.id, x, {{clerk.signing, labels::grant}}), t, {c.now(), {}}) == refusal::none);
}

TEST_CASE("grants need bit, unit, signature, registrar and log") {
  ward c;
  auto& clerk = c.person("clerk", {});
  auto x = c.to_user(c.nurse, c.triage);
  auto why = [&](const signing_key& key, std::optional<log_place> place) {
    auto t = c.trust;
    return admit(sign_object(c.id, x, {{key, labels::grant}}), t, {place, {}});
  };
  c.make_registrar(clerk, scope::staff, scope::all);
  x.registrar = c.registrar_of(clerk).hash();
  CHECK(why(clerk.signing, c.now()) == refusal::registrar_out_of_scope);
  c.make_registrar(clerk, scope::role_grants, scope::all, {c.party("another ward")});
  x.registrar = c.registrar_of(clerk).hash();
  CHECK(why(clerk.signing, c.now()) == refusal::registrar_out_of_scope);
  c.make_registrar(clerk, scope::role_grants, scope::all, {c.triage});
  x.registrar = c.registrar_of(clerk).hash();
  CHECK(why(clerk.signing, c.now()) == refusal::none);
  CHECK(why(clerk.signing, std::nullopt) == refusal::not_in_log);
  CHECK(why(c.nurse.signing, c.now()) == refusal::bad_signature);
  CHECK(why(c.daemon_key, c.now()) == refusal::bad_signature);
  x.registrar = hash32{5};
  CHECK(why(clerk.signing, c.now()) == refusal::needs);
  CHECK(missing(x, c.trust) == hash32{5});
}

TEST_CASE("negative 43: who may take a device out") {
  ward c;
  auto& phone = c.person("nurse1's phone", {}, "nurse1");
  auto& other_pc = c.station("other desk", {c.triage});
  auto& clerk = c.person("clerk", {});
  c.make_registrar(clerk, scope::patients, 0);
  auto registrar = c.registrar_of(c.admin()).hash();
  auto own = [](auto& who) { return who.certificate.hash(); };

  CHECK(c.revoked_by(c.nurse, c.nurse.device, own(c.nurse), c.nurse.signing) == refusal::none);
  CHECK(c.revoked_by(c.nurse, phone.device, own(phone), phone.signing) == refusal::none);
  CHECK(c.revoked_by(c.nurse, c.admin().device, registrar, c.admin().signing) == refusal::none);
  CHECK(c.revoked_by(c.nurse, {}, {}, c.identity) == refusal::none);
  CHECK(c.revoked_by(c.nurse, {}, {}, c.admin().signing) == refusal::bad_signature);
  CHECK(c.revoked_by(c.nurse, c.pc.device, own(c.pc), c.pc.signing) == refusal::signer_may_not_revoke);
  CHECK(c.revoked_by(c.nurse, c.admin().device, own(c.admin()), c.admin().signing) ==
        refusal::signer_may_not_revoke);
  // Stations have no user, so none is "of the same user".
  CHECK(c.revoked_by(c.pc, other_pc.device, own(other_pc), other_pc.signing) ==
        refusal::signer_may_not_revoke);
  CHECK(c.revoked_by(c.nurse, phone.device, own(phone), c.nurse.signing) == refusal::bad_signature);
  CHECK(c.revoked_by(c.nurse, c.pc.device, own(phone), phone.signing) == refusal::signer_may_not_revoke);
  CHECK(c.revoked_by(c.nurse, c.pc.device, registrar, c.admin().signing) == refusal::signer_may_not_revoke);
  CHECK(c.revoked_by(c.nurse, phone.device, hash32{6}, phone.signing) == refusal::needs);
  CHECK(c.revoked_by(c.nurse, c.admin().device, registrar, c.nurse.signing) == refusal::bad_signature);
  // A registrar takes out what it may invite, without waiting for a second one.
  auto clerks = c.registrar_of(clerk).hash();
  CHECK(c.revoked_by(c.nurse, clerk.device, clerks, clerk.signing) == refusal::signer_may_not_revoke);
  CHECK(c.revoked_by(c.patient1, clerk.device, clerks, clerk.signing) == refusal::none);
  // Registrars are unmade by the identity key alone.
  CHECK(c.revoked_by(clerk, c.admin().device, registrar, c.admin().signing, subject_kind::registrar) ==
        refusal::signer_may_not_revoke);
  CHECK(c.revoked_by(clerk, {}, {}, c.identity, subject_kind::registrar) == refusal::none);

  c.revoke(phone.device);
  CHECK(c.revoked_by(c.nurse, phone.device, own(phone), phone.signing) == refusal::signer_may_not_revoke);
  CHECK(c.revoked_by(phone, phone.device, own(phone), phone.signing) == refusal::none); // again: no change
  c.revoke(clerk.device);
  CHECK(c.revoked_by(c.patient1, clerk.device, clerks, clerk.signing) == refusal::registrar_revoked);
}

TEST_CASE("a revocation of a device that nobody knows waits for its certificate") {
  ward c;
  revocation_fields x{subject_kind::device, build::named<device_id>("unknown"), revocation_reason::lost, 0,
                      c.admin().device,     c.registrar_of(c.admin()).hash()};
  auto raw = sign_object(c.id, x, {{c.admin().signing, labels::revocation}});
  CHECK(admit(raw, c.trust, {c.now(), {}}) == refusal::needs);
  CHECK(admit(raw, c.trust, {}) == refusal::not_in_log); // a replay knows the place of everything
}

TEST_CASE("a revocation counts from its place, and a second one moves nothing") {
  ward c;
  auto at = c.now().position;
  c.revoke(c.nurse.device);
  c.revoke(c.nurse.device, revocation_reason::stolen);
  CHECK_FALSE(c.trust.device_revoked_before(c.nurse.device, at));
  CHECK(c.trust.device_revoked_before(c.nurse.device, at + 1));
}

TEST_CASE("entitled by certificate, by grant, and no longer") {
  ward c;
  CHECK(c.is_entitled(c.nurse, c.party("nurse1")));
  CHECK_FALSE(c.is_entitled(c.nurse, c.triage));
  CHECK(c.is_entitled(c.pc, c.triage));
  auto granted = c.grant(c.nurse.user, c.triage);
  CHECK(c.is_entitled(c.nurse, c.triage));
  CHECK(entitling_grant(c.trust, c.nurse.certificate, c.triage, c.now()) == granted.hash());
  CHECK_FALSE(entitling_grant(c.trust, c.pc.certificate, c.triage, c.now()));
  auto while_granted = c.now();
  c.withdraw(c.nurse.user, c.triage);
  CHECK_FALSE(c.is_entitled(c.nurse, c.triage));
  // Judged by position: what was sent while it was granted stays valid.
  CHECK(entitled(c.trust, c.nurse.certificate, c.triage, while_granted));
  c.grant(c.nurse.user, c.triage);
  CHECK(c.is_entitled(c.nurse, c.triage));
  // A withdrawal beats the certificate too; a station's is by its device.
  c.withdraw(c.pc.device, c.triage);
  CHECK_FALSE(c.is_entitled(c.pc, c.triage));
  c.grant(c.pc.device, c.triage);
  CHECK(c.is_entitled(c.pc, c.triage));
  c.revoke(c.pc.device);
  CHECK_FALSE(c.is_entitled(c.pc, c.triage));
}

TEST_CASE("a grant ends at its last instant, and entitles nothing that was accepted later") {
  ward c;
  auto end = c.now().time + build::hour;
  c.grant(c.nurse.user, c.triage, end);
  auto place = c.now();
  CHECK(entitled(c.trust, c.nurse.certificate, c.triage, {place.position, end - 1}));
  CHECK_FALSE(entitled(c.trust, c.nurse.certificate, c.triage, {place.position, end}));
  // A certificate counts from behind its leaf on, not at it.
  auto came = c.trust.certificate(c.nurse.certificate.hash())->where;
  CHECK_FALSE(entitled(c.trust, c.nurse.certificate, c.party("nurse1"), came));
  CHECK(entitled(c.trust, c.nurse.certificate, c.party("nurse1"), {came.position + 1, came.time}));
}

TEST_CASE("a unit's registrar takes out a person with her own party, and no station of another unit") {
  ward c;
  auto& clerk = c.person("clerk", {});
  auto& other = c.station("other desk", {c.party("other ward")});
  c.make_registrar(clerk, scope::all, scope::all, {c.triage});
  auto why = [&](const build::enrolled& who) {
    revocation_fields x{subject_kind::device, who.device,   revocation_reason::lost,
                        c.now().time,         clerk.device, c.registrar_of(clerk).hash()};
    auto raw = sign_object(c.id, x, {{clerk.signing, labels::revocation}});
    auto t = c.trust;
    return admit(raw, t, {c.now(), {}});
  };
  CHECK(why(c.nurse) == refusal::none);
  CHECK(why(other) == refusal::signer_may_not_revoke);
}

TEST_CASE("of two revocations the earlier one counts, in whatever order they become known") {
  ward c;
  auto before = c.now();
  revocation_fields x{subject_kind::device, c.nurse.device,   revocation_reason::lost,
                      before.time,          c.admin().device, c.registrar_of(c.admin()).hash()};
  auto raw = sign_object(c.id, x, {{c.admin().signing, labels::revocation}});
  auto once = *signed_revocation::decode(raw, c.id);
  auto t = c.trust;
  t.adopt(once, {before.position + 5, before.time});
  CHECK_FALSE(t.device_revoked_before(c.nurse.device, before.position + 3));
  t.adopt(once, {before.position + 2, before.time});
  CHECK(t.device_revoked_before(c.nurse.device, before.position + 3));
  t.adopt(once, {before.position + 9, before.time});
  CHECK(t.device_revoked_before(c.nurse.device, before.position + 3));
}

TEST_CASE("a device grant counts for stations only, a user grant for all devices of the user") {
  ward c;
  auto& phone = c.person("nurse1's phone", {}, "nurse1");
  c.grant(c.nurse.device, c.triage);
  CHECK_FALSE(c.is_entitled(c.nurse, c.triage));
  c.grant(c.nurse.user, c.triage);
  CHECK(c.is_entitled(c.nurse, c.triage));
  CHECK(c.is_entitled(phone, c.triage));
}

TEST_CASE("nobody without a user is entitled by a grant to none") {
  ward c;
  auto& service = c.person("lab", {}, "lab");
  c.grant(user_id{}, c.triage);
  CHECK_FALSE(c.is_entitled(service, c.triage));
  CHECK_FALSE(entitling_grant(c.trust, c.pc.certificate, c.triage, c.now()));
}

TEST_CASE("proxies: entitled until the end of the grant") {
  ward c;
  auto p = c.party("patient1");
  CHECK(c.is_entitled(c.patient1, p));
  CHECK_FALSE(c.is_entitled(c.relative, p));
  c.grant(c.relative.user, p, c.now().time + build::day);
  CHECK(c.is_entitled(c.relative, p));
  c.skip(2 * build::day);
  CHECK_FALSE(c.is_entitled(c.relative, p));
}

TEST_CASE("kinds decide again when a grant came before the party's first link") {
  ward c;
  auto later = c.party("later");
  c.grant(c.nurse.user, later);
  CHECK(c.is_entitled(c.nurse, later));
  c.trust.learn(later, party_kind::patient);
  CHECK_FALSE(c.is_entitled(c.nurse, later));
}

TEST_CASE("a certificate that nobody accepted entitles to nothing") {
  ward c;
  auto x = c.renewal_for(c.nurse, c.admin());
  auto raw = sign_object(c.id, x,
                         {{c.admin().signing, labels::device}, {c.nurse.signing, labels::device_possession}});
  auto unheard = *device_certificate::decode(raw, c.id);
  CHECK_FALSE(entitled(c.trust, unheard, c.party("nurse1"), c.now()));
  // Nor before it stood in the log.
  CHECK_FALSE(entitled(c.trust, c.nurse.certificate, c.party("nurse1"), log_place{1, build::founded}));
}
