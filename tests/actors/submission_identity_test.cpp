// Grants, withdrawals and renewed certificates through the daemon: what it adds to the library's checks, and
// what they do to the snapshot.
#include "role_links.hpp"
#include "roster_rows.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::grant_state;
using e2ee::subject_kind;

struct desk_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* nurse2 = nullptr;
  party_id triage = c.party("triage");

  desk_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    nurse2 = &nurse("nurse2");
  }
  bool belongs(const build::enrolled& e, const party_id& p) const {
    const auto& parties = board->now()->device(e.device)->parties;
    return std::binary_search(parties.begin(), parties.end(), p);
  }
  ask::submit signed_by(const e2ee::grant_fields& x, const build::enrolled& by) const {
    return {e2ee::sign_object(c.id, x, {{by.signing, e2ee::labels::grant}}), {}, {}};
  }
  e2ee::grant_fields fields(const build::enrolled& to, const party_id& p,
                            grant_state state = grant_state::granted, time_ms until = 0) {
    return c.grant_of(subject_kind::user, e2ee::subject_of(to.user), p, state, until);
  }
  ask::submitted granted(const build::enrolled& to, const party_id& p, time_ms until = 0) {
    return as<ask::submitted>(says(c.admin(), ask::submit{c.grant(to.user, p, until).raw(), {}, {}}));
  }
  ask::submitted withdrawn(const build::enrolled& from, const party_id& p) {
    return as<ask::submitted>(says(c.admin(), ask::submit{c.withdraw(from.user, p).raw(), {}, {}}));
  }
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
  const build::enrolled& registrar(build::enrolled& who, std::uint8_t may, std::uint8_t alone) {
    auto raw = c.make_registrar(who, may, alone).raw();
    as<ask::submitted>(says(who, ask::submit{raw, {}, {}}));
    return who;
  }
  ask::submit renewal(const e2ee::device_fields& x, const build::enrolled& of,
                      const build::enrolled& by) const {
    return {e2ee::sign_object(
                c.id, x, {{by.signing, e2ee::labels::device}, {of.signing, e2ee::labels::device_possession}}),
            {},
            {}};
  }
};

} // namespace

TEST_CASE("a grant lets a person's devices in, a withdrawal takes them out, and both are in the log") {
  desk_house f;
  CHECK_FALSE(f.belongs(*f.nurse2, f.triage));
  auto leaves = f.leaves();
  auto done = f.granted(*f.nurse2, f.triage);
  CHECK(done.leaf == leaves);
  CHECK(f.last_entry().kind == rules::audit_kind::object_accepted);
  CHECK(f.last_entry().hash == done.hash);
  CHECK(f.last_entry().object == f.triage.value);
  CHECK(f.belongs(*f.nurse2, f.triage));
  f.restart();
  CHECK(f.belongs(*f.nurse2, f.triage));
  f.withdrawn(*f.nurse2, f.triage);
  CHECK_FALSE(f.belongs(*f.nurse2, f.triage));
  // A withdrawal also speaks against a certificate that names the party.
  CHECK(f.belongs(*f.nurse1, f.triage));
  f.withdrawn(*f.nurse1, f.triage);
  CHECK_FALSE(f.belongs(*f.nurse1, f.triage));
  f.granted(*f.nurse1, f.triage);
  CHECK(f.belongs(*f.nurse1, f.triage));
  f.restart();
  CHECK(f.belongs(*f.nurse1, f.triage));
  CHECK_FALSE(f.belongs(*f.nurse2, f.triage));
}

TEST_CASE("a grant to a station names its device") {
  desk_house f;
  auto& desk = f.bring_in(f.c.station("front desk", {}), {});
  as<ask::submitted>(f.says(f.c.admin(), ask::submit{f.c.grant(desk.device, f.triage).raw(), {}, {}}));
  CHECK(f.belongs(desk, f.triage));
  CHECK_FALSE(f.belongs(*f.nurse2, f.triage));
}

TEST_CASE("a grant that has an end stops by itself, to the millisecond of the tick") {
  desk_house f;
  f.granted(*f.nurse2, f.triage, f.now + 10'000);
  f.ticks(9'999);
  CHECK(f.belongs(*f.nurse2, f.triage));
  f.ticks(1);
  CHECK_FALSE(f.belongs(*f.nurse2, f.triage));
  f.restart();
  CHECK_FALSE(f.belongs(*f.nurse2, f.triage));
}

TEST_CASE("the same grant again is the same answer and no leaf") {
  desk_house f;
  auto raw = f.c.grant(f.nurse2->user, f.triage).raw();
  auto first = as<ask::submitted>(f.says(f.c.admin(), ask::submit{raw, {}, {}}));
  auto leaves = f.leaves();
  CHECK(as<ask::submitted>(f.says(f.c.admin(), ask::submit{raw, {}, {}})).leaf == first.leaf);
  CHECK(f.leaves() == leaves);
}

TEST_CASE("grants that are refused change nothing") {
  desk_house f;
  auto& admin = f.c.admin();
  auto x = f.fields(*f.nurse2, f.triage);
  f.refused_as(*f.nurse1, f.signed_by(x, admin), refusal::author_not_channel);
  f.refused_as(admin, f.signed_by(x, *f.nurse1), refusal::bad_signature);
  x.party = f.c.party("nurse1");
  f.refused_as(admin, f.signed_by(x, admin), refusal::party_not_grantable);
  x.party = f.c.party("nowhere");
  f.refused_as(admin, f.signed_by(x, admin), refusal::not_found);
  x = f.fields(*f.nurse2, f.triage);
  x.registrar = build::drawn("nobody");
  f.refused_as(admin, f.signed_by(x, admin), refusal::needs);
  x = f.fields(*f.nurse2, f.triage);
  f.granted(*f.nurse2, f.triage);
  f.withdrawn(*f.nurse2, f.triage);
  x.until = f.now + 1; // other bytes than the accepted one
  f.refused_as(admin, f.signed_by(x, admin), refusal::serial_went_back);
  x.serial = 2;
  f.refused_as(admin, f.signed_by(x, admin), refusal::serial_reused);
  CHECK_FALSE(f.belongs(*f.nurse2, f.triage));
}

TEST_CASE("a registrar who may not act alone needs a second one's word, which the leaf keeps") {
  desk_house f;
  const auto& desk = f.registrar(*f.nurse1, e2ee::scope::role_grants, 0);
  auto x = f.fields(*f.nurse2, f.triage);
  x.registrar = f.c.registrar_of(desk).hash();
  auto m = f.signed_by(x, desk);
  auto grant = *e2ee::role_grant::decode(m.object, f.c.id);
  auto word = [&](const hash32& of, const build::enrolled& by) {
    e2ee::cosign_fields y{of, f.c.registrar_of(by).hash(), f.now};
    return e2ee::sign_object(f.c.id, y, {{by.signing, e2ee::labels::cosign}});
  };
  f.refused_as(desk, m, refusal::second_registrar_missing);
  m.cosignature = {1, 2, 3};
  f.refused_as(desk, m, refusal::unknown_kind);
  m.cosignature = word(build::drawn("something else"), f.c.admin());
  f.refused_as(desk, m, refusal::second_registrar_missing);
  m.cosignature = word(grant.hash(), desk); // herself once more
  f.refused_as(desk, m, refusal::second_registrar_missing);
  m.cosignature = word(grant.hash(), f.c.admin());
  as<ask::submitted>(f.says(desk, m));
  CHECK(f.belongs(*f.nurse2, f.triage));
  CHECK(f.last_entry().detail == m.cosignature);
  // Where one may act alone, a word that nobody asked for is not kept.
  ask::submit alone{f.c.grant(f.nurse1->user, f.triage).raw(), {}, {}, {}, m.cosignature};
  as<ask::submitted>(f.says(f.c.admin(), alone));
  CHECK(f.last_entry().detail.empty());
}

TEST_CASE("a proxy belongs to a patient's party by a grant that ends") {
  desk_house f;
  auto& patient = f.bring_in(f.c.patient("patient"), {f.name_of("patient", 3)});
  auto& proxy = f.bring_in(f.c.proxy("proxy"), {});
  auto own = f.c.party("patient");
  CHECK(f.belongs(patient, own));
  f.granted(proxy, own, f.now + 1'000);
  CHECK(f.belongs(proxy, own));
  f.refused_as(f.c.admin(), f.signed_by(f.fields(*f.nurse2, own), f.c.admin()), refusal::party_not_grantable);
  f.refused_as(f.c.admin(), f.signed_by(f.fields(proxy, f.triage), f.c.admin()),
               refusal::class_not_for_party);
  f.ticks(1'000);
  CHECK_FALSE(f.belongs(proxy, own));
  CHECK(f.belongs(patient, own));
}

TEST_CASE("a renewed certificate stands in for the old one from its commit on") {
  desk_house f;
  auto x = f.c.renewal_for(*f.nurse1, f.c.admin());
  auto m = f.renewal(x, *f.nurse1, f.c.admin());
  bool by_registrar = GENERATE(true, false);
  auto done = as<ask::submitted>(f.says(by_registrar ? f.c.admin() : *f.nurse1, m));
  auto record = *f.board->now()->device(f.nurse1->device);
  CHECK(record.certificate == done.hash);
  CHECK_FALSE(record.gated);
  CHECK(f.last_entry().object == f.nurse1->device.value);
  CHECK(as<ask::submitted>(f.says(f.c.admin(), m)).leaf == done.leaf);
  f.restart();
  CHECK(f.board->now()->device(f.nurse1->device)->certificate == done.hash);
  CHECK_FALSE(f.board->now()->device(f.nurse1->device)->gated);
}

TEST_CASE("renewals that are refused change nothing") {
  desk_house f;
  auto& admin = f.c.admin();
  auto with = [&](auto change) {
    auto x = f.c.renewal_for(*f.nurse1, admin);
    change(x);
    return f.renewal(x, *f.nurse1, admin);
  };
  auto good = with([](auto&) {});
  f.refused_as(*f.nurse2, good, refusal::author_not_channel);
  f.refused_as(admin, {f.nurse1->certificate.raw(), {}, {}}, refusal::unknown_kind); // comes by Enrol alone
  f.refused_as(admin, with([](auto& x) { x.display_name = "nurse one"; }), refusal::successor_mismatch);
  f.refused_as(admin, with([&](auto& x) { x.user = f.nurse2->user; }), refusal::successor_mismatch);
  f.refused_as(admin, with([&](auto& x) { x.noise_key = f.nurse2->noise.public_part; }), refusal::key_reused);
  f.refused_as(admin, with([&](auto& x) { x.parties = {f.c.party("nowhere")}; }), refusal::not_found);
  f.refused_as(admin, with([&](auto& x) { x.parties = {f.c.party("nurse2")}; }),
               refusal::class_not_for_party);
  f.refused_as(admin, with([](auto& x) { x.serial = 1; }), refusal::serial_reused);
  f.refused_as(admin, f.renewal(f.c.renewal_for(*f.nurse1, admin), *f.nurse1, *f.nurse2),
               refusal::bad_signature);
  // Gated before anybody signed a revocation.
  f.stop_house();
  auto key = to_bytes(f.nurse1->device.view());
  auto& row = f.s.disk.rows[static_cast<std::size_t>(ports::table::device)].at(key);
  row.back() = 1;
  f.start();
  f.refused_as(admin, good, refusal::device_revoked);
}

TEST_CASE("an expired registrar renews nobody, grants nothing") {
  desk_house f;
  f.now += 366 * build::day;
  f.refused_as(f.c.admin(), f.renewal(f.c.renewal_for(*f.nurse1, f.c.admin()), *f.nurse1, f.c.admin()),
               refusal::registrar_expired);
  f.refused_as(f.c.admin(), f.signed_by(f.fields(*f.nurse2, f.triage), f.c.admin()),
               refusal::registrar_expired);
}
