// A registrar's half of a renewed certificate at the daemon: kept for its device, told, and worth nothing
// before the device has signed it.
#include "lookups.hpp"
#include "people_fixture.hpp"
#include "roster_rows.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct renewing_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* nurse2 = nullptr;

  renewing_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    nurse2 = &nurse("nurse2");
  }
  ask::submit half(const e2ee::device_fields& x, const build::enrolled& by) const {
    return {e2ee::sign_object(c.id, x, {{by.signing, e2ee::labels::device}}), {}, {}};
  }
  ask::submit half() { return half(c.renewal_for(*nurse1, c.admin()), c.admin()); }
  /// As the device makes it: the same bytes, one signature more.
  ask::submit whole(const ask::submit& offered, const build::enrolled& of) const {
    auto offer = *e2ee::renewal_offer::decode(offered.object, c.id);
    auto own = of.signing.sign(e2ee::labels::device_possession, offer.frame.signed_bytes());
    return {
        e2ee::with_signatures(to_bytes(offer.frame.signed_bytes()), {offer.frame.signature(0), own}), {}, {}};
  }
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
  ask::pending waits_for(const build::enrolled& who) {
    return as<ask::pending>(says(who, ask::list_pending{}));
  }
};

} // namespace

TEST_CASE("an offered renewal waits for its device, and changes nothing before it has signed") {
  renewing_house f;
  auto m = f.half();
  auto before = f.board->now()->device(f.nurse1->device)->certificate;
  auto done = as<ask::submitted>(f.says(f.c.admin(), m));
  CHECK(f.last_entry().kind == rules::audit_kind::renewal_offered);
  CHECK(f.last_entry().hash == done.hash);
  CHECK(f.last_entry().object == f.nurse1->device.value);
  CHECK(f.board->now()->device(f.nurse1->device)->certificate == before);
  auto leaves = f.leaves();
  CHECK(as<ask::submitted>(f.says(f.c.admin(), m)).leaf == done.leaf); // the answer got lost
  CHECK(f.leaves() == leaves);
  if (GENERATE(false, true))
    f.restart();
  CHECK(f.waits_for(*f.nurse1).renewal == m.object);
  CHECK(f.waits_for(*f.nurse2).renewal.empty());
  f.refused_as(*f.nurse2, f.whole(m, *f.nurse1), refusal::author_not_channel);
  f.refused_as(*f.nurse1, f.whole(m, *f.nurse2), refusal::no_proof_of_possession);
  auto whole = as<ask::submitted>(f.says(*f.nurse1, f.whole(m, *f.nurse1)));
  CHECK(whole.hash == done.hash); // the same object: its signatures are no part of it
  CHECK(whole.leaf > done.leaf);
  CHECK(f.last_entry().kind == rules::audit_kind::object_accepted);
  CHECK(f.board->now()->device(f.nurse1->device)->certificate == whole.hash);
  CHECK(f.waits_for(*f.nurse1).renewal.empty());
  f.restart();
  CHECK(f.waits_for(*f.nurse1).renewal.empty());
  CHECK(f.board->now()->device(f.nurse1->device)->certificate == whole.hash);
}

TEST_CASE("offers that are refused") {
  renewing_house f;
  auto with = [&](auto change) {
    auto x = f.c.renewal_for(*f.nurse1, f.c.admin());
    change(x);
    return f.half(x, f.c.admin());
  };
  auto& admin = f.c.admin();
  f.refused_as(*f.nurse1, f.half(), refusal::author_not_channel);
  f.refused_as(admin, with([](auto& x) { x.display_name = "another"; }), refusal::successor_mismatch);
  f.refused_as(admin, with([&](auto& x) { x.user = f.nurse2->user; }), refusal::successor_mismatch);
  f.refused_as(admin, with([&](auto& x) { x.signing_key = f.c.key("another").public_part(); }),
               refusal::successor_mismatch); // nobody but the device has another key for it
  f.refused_as(admin, with([&](auto& x) { x.noise_key = f.nurse2->noise.public_part; }), refusal::key_reused);
  f.refused_as(admin, with([](auto& x) { x.serial = 1; }), refusal::serial_reused);
  f.refused_as(admin, with([](auto& x) { x.previous = build::drawn("nothing"); }), refusal::needs);
  f.refused_as(admin, f.half(f.c.renewal_for(*f.nurse1, admin), *f.nurse2), refusal::bad_signature);
  auto first = f.c.certificate_for("nurse1", f.nurse1->invited);
  f.refused_as(admin, f.half(first, admin), refusal::wrong_signature_count); // an invitation's is no offer
}

TEST_CASE("a second registrar's word lies with the offer and goes into the leaf of the whole one") {
  renewing_house f;
  for (auto* who : {f.nurse1, f.nurse2}) {
    auto raw = f.c.make_registrar(*who, e2ee::scope::all, 0).raw();
    as<ask::submitted>(f.says(*who, ask::submit{raw, {}, {}}));
  }
  auto x = f.c.renewal_for(*f.nurse1, *f.nurse2);
  auto m = f.half(x, *f.nurse2);
  f.refused_as(*f.nurse2, m, refusal::second_registrar_missing);
  f.refused_as(*f.nurse1, f.whole(m, *f.nurse1), refusal::second_registrar_missing);
  e2ee::cosign_fields word{e2ee::renewal_offer::decode(m.object, f.c.id)->hash(),
                           f.c.registrar_of(f.c.admin()).hash(), f.now};
  m.cosignature = e2ee::sign_object(f.c.id, word, {{f.c.admin().signing, e2ee::labels::cosign}});
  as<ask::submitted>(f.says(GENERATE(true, false) ? *f.nurse2 : f.c.admin(), m));
  as<ask::submitted>(f.says(*f.nurse1, f.whole(m, *f.nurse1)));
  CHECK(f.last_entry().detail == m.cosignature);
}

TEST_CASE("what ends soon is shown to registrars, who ends first stands first; a revoked device is not") {
  renewing_house f;
  CHECK(f.waits_for(f.c.admin()).renewals.empty());
  f.now = std::max(f.nurse1->certificate.until, f.nurse2->certificate.until) - e2ee::renewal_ahead_ms;
  auto due = f.waits_for(f.c.admin()).renewals;
  REQUIRE(due.size() == 3); // admin's own as well
  CHECK(
      std::is_sorted(due.begin(), due.end(), [](const auto& a, const auto& b) { return a.until < b.until; }));
  CHECK(f.waits_for(*f.nurse1).renewals.empty()); // no registrar
  as<ask::submitted>(f.says(f.c.admin(), f.half()));
  f.proved = f.now;
  f.c.revoke(f.nurse2->device);
  as<ask::submitted>(f.says(f.c.admin(), ask::submit{f.c.log.back().raw, {}, {}}));
  due = f.waits_for(f.c.admin()).renewals;
  REQUIRE(due.size() == 2);
  for (const auto& d : due)
    CHECK(d.offered == (d.device == f.nurse1->device));
}

TEST_CASE("a revoked device's offer is gone with it") {
  renewing_house f;
  as<ask::submitted>(f.says(f.c.admin(), f.half()));
  f.proved = f.now;
  f.c.revoke(f.nurse1->device);
  as<ask::submitted>(f.says(f.c.admin(), ask::submit{f.c.log.back().raw, {}, {}}));
  CHECK(f.s.disk.read(ports::table::device, rows::key_of_renewal(f.nurse1->device)).status ==
        ports::read_status::absent);
  f.refused_as(f.c.admin(), f.half(), refusal::device_revoked);
}
