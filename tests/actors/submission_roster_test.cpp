// Roster links through the daemon: each refusal of e2ee 5.6 that hangs on who stands how, registrars' links,
// resets.
#include "invited_devices.hpp"
#include "role_links.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;
using e2ee::signer_role;

struct triage_house : people_fixture {
  build::enrolled* nurse1 = nullptr;
  build::enrolled* nurse2 = nullptr;
  build::enrolled* nurse3 = nullptr; ///< in no role
  party_id role = c.party("triage");
  role_links triage{*this, role, e2ee::party_kind::role};

  triage_house() {
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    nurse2 = &nurse("nurse2", {"triage"});
    nurse3 = &nurse("nurse3");
    triage.accepted(*nurse1, {nurse1, nurse2}, link_reason::genesis);
  }
  void refused_as(const build::enrolled& who, const ask::submit& m, refusal expected) {
    auto before = s.disk.rows;
    CHECK(to_string(why(says(who, m))) == to_string(expected));
    CHECK(s.disk.rows == before);
  }
  e2ee::link_maker as_registrar(const build::enrolled& who) {
    return {who.device, c.registrar_of(who).hash(), who.signing, signer_role::registrar};
  }
  const build::enrolled& registrar(build::enrolled& who, std::uint8_t may, std::uint8_t alone) {
    auto raw = c.make_registrar(who, may, alone).raw();
    as<ask::submitted>(says(who, ask::submit{raw, {}, {}}));
    return who;
  }
  void grants(const build::enrolled& to) {
    auto grant = c.grant(to.user, role);
    as<ask::submitted>(says(c.admin(), ask::submit{grant.raw(), {}, {}}));
    triage.grants[to.device] = grant.hash();
  }
  void withdraws(const build::enrolled& from) {
    as<ask::submitted>(says(c.admin(), ask::submit{c.withdraw(from.user, role).raw(), {}, {}}));
  }
  void renews(build::enrolled& who) {
    auto raw = e2ee::sign_object(
        c.id, c.renewal_for(who, c.admin()),
        {{c.admin().signing, e2ee::labels::device}, {who.signing, e2ee::labels::device_possession}});
    as<ask::submitted>(says(c.admin(), ask::submit{raw, {}, {}}));
    who.certificate = *e2ee::device_certificate::decode(raw, c.id);
  }
};

} // namespace

TEST_CASE("a member removes nobody who belongs there, and whom a registrar withdrew at once") {
  triage_house f;
  auto without = f.triage.link(*f.nurse1, {f.nurse1}, link_reason::remove);
  f.refused_as(*f.nurse1, without, refusal::removal_not_authorised);
  f.withdraws(*f.nurse2);
  // Who was withdrawn is no member any more that a link may name.
  f.refused_as(*f.nurse1, f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::refresh),
               refusal::member_not_entitled);
  as<ask::submitted>(f.says(*f.nurse1, without));
  CHECK(f.board->now()->party(f.role)->members == std::vector{f.nurse1->device});
}

TEST_CASE("a link keeps no device that was turned out, and none is made by one") {
  triage_house f;
  turn_out(f, *f.nurse2);
  f.refused_as(*f.nurse1, f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::refresh),
               refusal::link_keeps_revoked_device);
  f.refused_as(*f.nurse2, f.triage.link(*f.nurse2, {f.nurse1}, link_reason::revoke),
               refusal::signer_not_member);
  f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::revoke);
}

TEST_CASE("a gate holds before anybody signed a revocation") {
  triage_house f;
  f.stop_house();
  auto& row =
      f.s.disk.rows[static_cast<std::size_t>(ports::table::device)].at(to_bytes(f.nurse2->device.view()));
  row.back() = 1;
  f.start();
  f.refused_as(*f.nurse2, f.triage.link(*f.nurse2, {f.nurse1}, link_reason::refresh),
               refusal::signer_not_member);
  f.refused_as(*f.nurse1, f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::refresh),
               refusal::link_keeps_revoked_device);
  f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::remove);
}

TEST_CASE("members and makers stand in a link by their newest certificates") {
  triage_house f;
  auto old = f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::refresh);
  f.renews(*f.nurse2);
  f.refused_as(*f.nurse1, old, refusal::stale_certificate);
  auto of_old_maker = f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::refresh);
  f.renews(*f.nurse1);
  f.refused_as(*f.nurse1, of_old_maker, refusal::stale_certificate);
  f.triage.accepted(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::refresh);
}

TEST_CASE("who belongs by a grant stands in a link by exactly that grant") {
  triage_house f;
  f.grants(*f.nurse3);
  auto right = f.triage.link(*f.nurse1, {f.nurse1, f.nurse2, f.nurse3}, link_reason::add);
  f.triage.grants.clear();
  f.refused_as(*f.nurse1, f.triage.link(*f.nurse1, {f.nurse1, f.nurse2, f.nurse3}, link_reason::add),
               refusal::member_not_entitled);
  f.withdraws(*f.nurse3);
  f.refused_as(*f.nurse1, right, refusal::member_not_entitled);
  f.grants(*f.nurse3);
  f.refused_as(*f.nurse1, right, refusal::member_not_entitled); // the withdrawn one
  f.triage.accepted(*f.nurse1, {f.nurse1, f.nurse2, f.nurse3}, link_reason::add);
}

TEST_CASE("a patient's device is in no role") {
  triage_house f;
  auto& patient = f.bring_in(f.c.patient("patient"), {f.name_of("patient", 3)});
  f.refused_as(*f.nurse1, f.triage.link(*f.nurse1, {f.nurse1, f.nurse2, &patient}, link_reason::add),
               refusal::class_not_for_party);
}

TEST_CASE("a registrar turns a party in her scope; the next link is a member's") {
  triage_house f;
  const auto& staff = f.registrar(*f.nurse3, e2ee::scope::staff, e2ee::scope::staff);
  auto members = std::vector<const build::enrolled*>{f.nurse1};
  f.refused_as(staff, f.triage.link(f.as_registrar(staff), members, link_reason::remove),
               refusal::registrar_out_of_scope);
  auto by_admin = f.triage.link(f.as_registrar(f.c.admin()), members, link_reason::remove);
  f.refused_as(*f.nurse1, by_admin, refusal::author_not_channel);
  as<ask::submitted>(f.says(f.c.admin(), by_admin)); // registrars remove: nobody is pending
  f.triage.adopt(by_admin);
  CHECK(e2ee::is_foreign_seed(f.triage.decoded(by_admin)));
  f.refused_as(f.c.admin(), f.triage.link(f.c.admin(), members, link_reason::refresh),
               refusal::signer_not_member); // her device is no member
  f.triage.accepted(*f.nurse1, {f.nurse1}, link_reason::foreign_seed);
}

TEST_CASE("a registrar who may not act alone turns with a second one's word") {
  triage_house f;
  const auto& desk = f.registrar(*f.nurse3, e2ee::scope::role_grants, 0);
  auto m = f.triage.link(f.as_registrar(desk), {f.nurse1}, link_reason::remove);
  f.refused_as(desk, m, refusal::second_registrar_missing);
  e2ee::cosign_fields word{f.triage.decoded(m).core.hash(), f.c.registrar_of(f.c.admin()).hash(), f.now};
  m.cosignature = e2ee::sign_object(f.c.id, word, {{f.c.admin().signing, e2ee::labels::cosign}});
  f.refused_as(*f.nurse1, m, refusal::author_not_channel); // neither of the two
  as<ask::submitted>(f.says(GENERATE(true, false) ? desk : f.c.admin(), m));
  CHECK(f.last_entry().detail == m.cosignature);
  turn_out(f, *f.nurse3);
  f.triage.adopt(m);
  f.refused_as(desk, f.triage.link(f.as_registrar(desk), {f.nurse1}, link_reason::refresh),
               refusal::registrar_revoked);
}

TEST_CASE("a reset is for a replacement, once every other device of the person is turned out") {
  triage_house f;
  auto own = f.c.party("nurse3");
  role_links party{f, own, e2ee::party_kind::user};
  party.accepted(*f.nurse3, {f.nurse3}, link_reason::genesis);
  auto& further = f.bring_in(f.c.person("further", {own}, "nurse3"), {});
  auto& fresh = f.bring_in(device_with_history(f.c, "fresh", {own}, f.now - build::day,
                                               e2ee::invitation_purpose::replacement, "nurse3"),
                           {});
  auto reset_by = [&](const build::enrolled& e, std::vector<const build::enrolled*> who) {
    return party.link({e.device, e.certificate.hash(), e.signing, signer_role::reset}, who,
                      link_reason::reset);
  };
  f.refused_as(fresh, reset_by(fresh, {&fresh}), refusal::reset_not_allowed);
  turn_out(f, *f.nurse3);
  f.refused_as(fresh, reset_by(fresh, {&fresh}), refusal::reset_not_allowed);       // one is left
  f.refused_as(further, reset_by(further, {&further}), refusal::reset_not_allowed); // no replacement
  turn_out(f, further);
  f.refused_as(fresh, party.link(fresh, {&fresh}, link_reason::reset), refusal::signer_not_member);
  auto m = reset_by(fresh, {&fresh});
  as<ask::submitted>(f.says(fresh, m));
  CHECK(f.board->now()->party(own)->members == std::vector{fresh.device});
  f.restart();
  CHECK(f.board->now()->party(own)->n == 2);
}

TEST_CASE("a party's first link is no reset") {
  triage_house f;
  auto own = f.c.party("nurse3");
  role_links party{f, own, e2ee::party_kind::user};
  const auto& e = *f.nurse3;
  auto m =
      party.link({e.device, e.certificate.hash(), e.signing, signer_role::reset}, {&e}, link_reason::reset);
  f.refused_as(e, m, refusal::reset_not_allowed);
}

TEST_CASE("who lost a race because of a registrar learns the head as well") {
  triage_house f;
  auto lost = f.triage.link(*f.nurse1, {f.nurse1, f.nurse2}, link_reason::refresh);
  auto won = f.triage.link(f.as_registrar(f.c.admin()), {f.nurse1, f.nurse2}, link_reason::refresh);
  as<ask::submitted>(f.says(f.c.admin(), won));
  auto answer = as<ask::refused>(f.says(*f.nurse1, lost));
  CHECK(answer.why == refusal::epoch_taken);
  CHECK(answer.epoch == 2);
  CHECK(answer.hash == f.triage.decoded(won).core.hash());
}
