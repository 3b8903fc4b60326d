// Every reason for a link, by every role of signer, through the one interface of e2ee 3: what a device
// stages, what the daemon takes, what the others adopt, and what they owe the party afterwards
// (e2ee 5.6, 6.4, 6.7).
#include "e2ee/hpke.hpp"
#include "e2ee/pack_seal.hpp"
#include "party_log.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using build::keeper;

namespace {

/// A role that a station, a nurse and a physician belong to, a registrar's device, and somebody who looks on.
struct triage_years {
  build::clinic c;
  build::party_log role{c, "triage", party_kind::role};
  keeper station{c, c.station("front desk", {role.party})};
  keeper nurse{c, c.person("nurse1", {c.party("nurse1")})};
  keeper physician{c, c.person("physician1", {c.party("physician1")})};
  keeper registrar{c, c.admin()};

  triage_years() {
    c.grant(nurse.own.user, role.party);
    c.grant(physician.own.user, role.party);
  }
  std::vector<keeper*> all() { return {&station, &nurse, &physician, &registrar}; }
  [[nodiscard]] link_maker by_registrar() {
    return registrar.as(signer_role::registrar, c.registrar_of(c.admin()).hash());
  }
  [[nodiscard]] turn_intent to(link_reason reason, std::vector<device_id> in = {},
                               std::vector<device_id> out = {}) const {
    return {role.party, party_kind::role, std::move(in), std::move(out), reason, role.chain.head()};
  }
  [[nodiscard]] std::optional<turn_intent> owes(const keeper& k, time_ms later = 0) const {
    trust_standing known{c.trust, c.now()};
    auto head = k.head;
    head.refreshes = true;
    return owed_turn(*k.keys.chain(role.party), k.own.device, known, head, c.now().time + later);
  }
  /// Staged, taken, read by everybody.
  roster_link turned(const keeper& by, const turn_intent& intent, const link_maker& maker) {
    trust_standing known{c.trust, c.now()};
    auto staged = by.keys.stage_turn(intent, known, maker, c.now().time);
    INFO(to_string(staged.why()));
    REQUIRE(staged);
    auto link = role.decoded(*staged);
    CHECK(link.core.reason == intent.reason);
    REQUIRE(role.post(link) == refusal::none);
    for (auto* k : all())
      k->read(role);
    return link;
  }
  roster_link turned(const keeper& by, const turn_intent& intent) { return turned(by, intent, by.member()); }
  void begin() {
    turned(station, to(link_reason::genesis, {station.own.device}));
    turned(station, to(link_reason::add, {nurse.own.device, physician.own.device}));
  }
};

using devices = std::set<device_id>;

devices in(const roster_link& link) {
  devices out;
  for (const auto& m : link.members)
    out.insert(m.device);
  return out;
}

} // namespace

TEST_CASE("reasons 1 and 2: a role begins with its first granted device and takes others in") {
  triage_years t;
  t.begin();
  CHECK(t.station.has_seed(t.role, 1));
  CHECK_FALSE(t.nurse.has_seed(t.role, 1));
  CHECK(t.nurse.has_seed(t.role, 2));
  CHECK_FALSE(t.registrar.has_seed(t.role, 2)); // looks on: it can write to the role, and read nothing
  CHECK(t.registrar.keys.current(t.role.party)->n == 2);
  for (auto* k : t.all())
    CHECK_FALSE(t.owes(*k));
}

TEST_CASE("reason 3: who is no longer entitled is turned out by whoever sees it") {
  triage_years t;
  t.begin();
  t.c.withdraw(t.nurse.own.user, t.role.party);
  CHECK_FALSE(t.owes(t.nurse)); // not by itself: it may not any more
  auto owed = t.owes(t.physician);
  REQUIRE(owed);
  CHECK(owed->reason == link_reason::remove);
  CHECK(owed->remove == std::vector{t.nurse.own.device});
  auto link = t.turned(t.physician, *owed);
  CHECK(in(link) == devices{t.station.own.device, t.physician.own.device});
  CHECK_FALSE(t.nurse.has_seed(t.role, 3));
  CHECK(holds(t.role.chain, *owed));
  for (auto* k : t.all())
    CHECK_FALSE(t.owes(*k));
}

TEST_CASE("reason 4: a revoked device is turned out, and whatever else was staged leaves it out too") {
  triage_years t;
  t.begin();
  t.c.revoke(t.nurse.own.device);
  auto owed = t.owes(t.station);
  REQUIRE(owed);
  CHECK(owed->reason == link_reason::revoke);
  CHECK(owed->remove == std::vector{t.nurse.own.device});
  CHECK_FALSE(t.owes(t.nurse));
  SECTION("as what it is") {
    CHECK(in(t.turned(t.station, *owed)) == devices{t.station.own.device, t.physician.own.device});
  }
  SECTION("on the way of a refresh") {
    auto link = t.turned(t.station, t.to(link_reason::refresh));
    CHECK(in(link) == devices{t.station.own.device, t.physician.own.device});
    CHECK(holds(t.role.chain, *owed));
  }
  CHECK_FALSE(t.nurse.has_seed(t.role, 3));
}

TEST_CASE("reason 5: a station refreshes after seven days") {
  triage_years t;
  t.begin();
  CHECK_FALSE(t.owes(t.station, refresh_after_ms - build::day));
  auto owed = t.owes(t.station, refresh_after_ms);
  REQUIRE(owed);
  CHECK(owed->reason == link_reason::refresh);
  CHECK_FALSE(holds(t.role.chain, *owed));
  t.c.skip(refresh_after_ms);
  t.turned(t.station, *owed);
  CHECK(holds(t.role.chain, *owed));
  CHECK_FALSE(t.owes(t.station));
  // Others do not, and a clock that went back asks for nothing.
  trust_standing known{t.c.trust, t.c.now()};
  head_state aged{refusal::none, false, t.c.now().time, false};
  const auto& chain = *t.nurse.keys.chain(t.role.party);
  CHECK_FALSE(owed_turn(chain, t.nurse.own.device, known, aged, aged.made + 2 * refresh_after_ms));
  aged.refreshes = true;
  CHECK_FALSE(owed_turn(chain, t.nurse.own.device, known, aged, aged.made - 1));
  aged.made = 0;
  CHECK_FALSE(owed_turn(chain, t.nurse.own.device, known, aged, t.c.now().time));
  CHECK_FALSE(head_is_old(10, 10 + old_head_after_ms));
  CHECK(head_is_old(10, 11 + old_head_after_ms));
  CHECK_FALSE(head_is_old(10, 9));
}

TEST_CASE("reason 6: a member whose seed does not open turns again, and nobody waits for it") {
  triage_years t;
  t.begin();
  // The nurse's link carries a seal for the station that opens to another seed.
  trust_standing known{t.c.trust, t.c.now()};
  auto staged = t.nurse.keys.stage_turn(t.to(link_reason::refresh), known, t.nurse.member(), t.c.now().time);
  REQUIRE(staged);
  auto link = t.role.decoded(*staged);
  auto at = static_cast<std::size_t>(link.member(t.station.own.device) - link.members.data());
  bytes false_seed(32, 0x55);
  auto sealed = *hpke_seal(t.station.own.sealing.public_part,
                           seed_info(t.c.id, link.core, t.station.own.device), false_seed);
  std::copy_n(sealed.begin(), 32, link.seals[at].enc.begin());
  std::copy_n(sealed.begin() + 32, 48, link.seals[at].ct.begin());
  link_fields core = link.core;
  auto seals = encode_seals(link.seals);
  core.seals_hash = seals_hash(seals);
  auto raw = sign_object(t.c.id, core, {{t.nurse.own.signing, labels::link}});
  REQUIRE(t.role.post(*roster_link::decode(raw, link.members_raw, seals, t.c.id)) == refusal::none);
  for (auto* k : t.all())
    k->read(t.role);

  CHECK(t.station.head.trouble == refusal::seed_mismatch);
  CHECK_FALSE(t.station.has_seed(t.role, 3));
  CHECK(t.station.keys.current(t.role.party)->n == 3); // it goes on sending to the role
  CHECK(t.physician.has_seed(t.role, 3));
  CHECK_FALSE(t.owes(t.physician));
  auto owed = t.owes(t.station);
  REQUIRE(owed);
  CHECK(owed->reason == link_reason::bad_seed);
  t.turned(t.station, *owed);
  CHECK(t.station.has_seed(t.role, 4));
  CHECK_FALSE(t.owes(t.station));
}

TEST_CASE("reason 7: the one device that is left begins its person's party anew") {
  triage_years t;
  build::party_log own{t.c, "nurse1", party_kind::user};
  keeper phone{t.c, t.nurse.own};
  keeper colleague{t.c, t.physician.own};
  auto stage = [&](const keeper& by, link_reason reason, const link_maker& maker) {
    trust_standing known{t.c.trust, t.c.now()};
    turn_intent intent{own.party, party_kind::user, {by.own.device}, {}, reason, 0};
    return by.keys.stage_turn(intent, known, maker, t.c.now().time);
  };
  REQUIRE(own.post(own.decoded(*stage(phone, link_reason::genesis, phone.member()))) == refusal::none);
  colleague.read(own);

  auto asked = t.c.invitation_for("new phone", device_class::personal_staff, t.nurse.own.user, {own.party},
                                  &t.c.admin());
  asked.purpose = invitation_purpose::replacement;
  asked.history_from = build::founded;
  auto invitation = sign_object(t.c.id, asked, {{t.c.admin().signing, labels::invitation}});
  t.c.put(invitation, "invitation");
  auto invited = *signed_invitation::decode(invitation, t.c.id);
  auto signing = t.c.key("new phone");
  auto raw =
      sign_object(t.c.id, t.c.certificate_for("new phone", invited),
                  {{t.c.key("new phone invitation"), labels::device}, {signing, labels::device_possession}});
  t.c.put(raw, "certificate");
  build::enrolled device{"new phone",
                         build::named<device_id>("new phone"),
                         t.nurse.own.user,
                         device_class::personal_staff,
                         t.c.key("new phone invitation"),
                         std::move(signing),
                         t.c.pair("new phone noise"),
                         t.c.pair("new phone sealing"),
                         invited,
                         *device_certificate::decode(raw, t.c.id)};
  keeper fresh{t.c, device};
  fresh.read(own);
  auto reset = fresh.as(signer_role::reset, device.certificate.hash());
  CHECK(own.post(own.decoded(*stage(fresh, link_reason::reset, reset))) == refusal::reset_not_allowed);
  t.c.revoke(t.nurse.own.device);
  auto staged = stage(fresh, link_reason::reset, reset);
  REQUIRE(staged);
  CHECK(staged->seed);
  auto link = own.decoded(*staged);
  CHECK(in(link) == devices{device.device}); // everybody else is left out
  REQUIRE(own.post(link) == refusal::none);
  for (auto* k : {&fresh, &colleague})
    k->read(own);
  CHECK(fresh.has_seed(own, 2));
  CHECK_FALSE(fresh.head.foreign_seed);
  CHECK(colleague.keys.current(own.party)->n == 2);
  // A colleague that was away over the reset follows it as well.
  keeper away{t.c, t.station.own};
  away.read(own);
  CHECK(away.keys.current(own.party)->n == 2);
}

TEST_CASE("negative 64, signer role 2 and reason 8: a registrar's link is used at once and turned by the "
          "first member") {
  triage_years t;
  t.begin();
  t.c.withdraw(t.physician.own.user, t.role.party);
  auto intent = t.to(link_reason::remove, {}, {t.physician.own.device});
  trust_standing known{t.c.trust, t.c.now()};
  auto staged = t.registrar.keys.stage_turn(intent, known, t.by_registrar(), t.c.now().time);
  REQUIRE(staged);
  CHECK_FALSE(staged->seed); // its maker forgets what it is no member of
  auto link = t.turned(t.registrar, intent, t.by_registrar());
  CHECK(is_foreign_seed(link));
  CHECK(t.station.has_seed(t.role, 3));
  CHECK_FALSE(t.owes(t.registrar));
  auto owed = t.owes(t.nurse);
  REQUIRE(owed);
  CHECK(owed->reason == link_reason::foreign_seed);
  CHECK_FALSE(is_foreign_seed(t.turned(t.nurse, *owed)));
  CHECK(holds(t.role.chain, *owed));
  for (auto* k : t.all())
    CHECK_FALSE(t.owes(*k));
}

TEST_CASE("a member that takes itself out knows the seed it made, so the next one turns it") {
  triage_years t;
  t.begin();
  auto link = t.turned(t.nurse, t.to(link_reason::remove, {}, {t.nurse.own.device}));
  CHECK(is_foreign_seed(link));
  CHECK_FALSE(t.nurse.has_seed(t.role, 3));
  REQUIRE(t.owes(t.station));
  CHECK(t.owes(t.station)->reason == link_reason::foreign_seed);
}

TEST_CASE("who may not turn stages nothing") {
  triage_years t;
  t.begin();
  trust_standing known{t.c.trust, t.c.now()};
  auto staged = [&](const keeper& k, const link_maker& maker) {
    return k.keys.stage_turn(t.to(link_reason::refresh), known, maker, t.c.now().time).why();
  };
  CHECK(staged(t.registrar, t.registrar.member()) == refusal::signer_not_member);
  CHECK(staged(t.nurse, t.nurse.member()) == refusal::none);
}

TEST_CASE("a device that joins in the third year follows all links, and reads back with a pack") {
  triage_years t;
  t.begin();
  t.turned(t.nurse, t.to(link_reason::refresh));
  t.c.revoke(t.nurse.own.device); // the maker of an older link is gone since
  t.turned(t.station, *t.owes(t.station));
  t.turned(t.registrar, t.to(link_reason::refresh), t.by_registrar());
  t.turned(t.physician, *t.owes(t.physician));

  auto& late_device = t.c.station("ward", {t.role.party});
  keeper late{t.c, late_device};
  trust_standing known{t.c.trust, t.c.now()};
  auto intent = t.to(link_reason::add, {late_device.device});
  REQUIRE(t.role.post(t.role.decoded(*t.station.keys.stage_turn(intent, known, t.station.member(),
                                                                t.c.now().time))) == refusal::none);
  late.read(t.role);
  t.station.read(t.role);
  CHECK(late.has_seed(t.role, 7));
  for (std::uint32_t n = 1; n <= 6; ++n)
    CHECK_FALSE(late.has_seed(t.role, n));

  trust_standing now{t.c.trust, t.c.now()};
  auto times = t.role.times();
  auto packs = make_packs(t.c.id, t.role.chain, t.station.keys, {late_device.device, 1, times}, now,
                          t.station.own.signing);
  REQUIRE(packs);
  auto opened = open_pack(t.c.id, *history_pack::decode(packs->at(0), t.c.id), *late.keys.chain(t.role.party),
                          {late_device.device, late_device.certificate.hash(), late_device.sealing}, now);
  REQUIRE(opened);
  for (auto& [n, seed] : opened->seeds)
    CHECK(late.keys.learn(t.role.party, n, std::move(seed)) == refusal::none);
  for (std::uint32_t n = 1; n <= 7; ++n)
    CHECK(late.keys.inbox(t.role.party, n)->public_part == t.role.chain.at(n)->inbox);

  SECTION("not if it has seen nothing of a maker's certificate") {
    trust strangers{t.c.id, t.c.identity.public_part()};
    auto wanted = missing(t.role.older_than_newest(0), t.role.links.back(), strangers);
    CHECK(wanted.size() >= 4); // nurse, station, registrar, physician, the newcomer
    CHECK(missing(t.role.older_than_newest(0), t.role.links.back(), t.c.trust).empty());
    keeper blind{t.c, late_device};
    trust_standing nothing{strangers, t.role.places.back()};
    CHECK(blind.keys.judge(t.role.older_than_newest(0), t.role.links.back(), nothing).why() ==
          refusal::needs);
  }
}

TEST_CASE("negative 52: an older head after a restart moves nothing") {
  triage_years t;
  t.begin();
  t.turned(t.station, t.to(link_reason::refresh));
  roster_keys again{t.c.id, t.station.own.device, t.station.own.sealing};
  std::map<std::uint32_t, secret32> seeds;
  seeds.emplace(3, t.station.keys.seed(t.role.party, 3)->copy());
  again.restore(t.role.chain, std::move(seeds));
  trust_standing known{t.c.trust, t.role.places[1]};
  CHECK(again.judge({}, t.role.links[1], known).why() == refusal::epoch_taken);
  CHECK(again.current(t.role.party)->n == 3);
  CHECK(again.seed(t.role.party, 3) != nullptr);
}

TEST_CASE("an adoption that was judged before another one changes nothing") {
  triage_years t;
  t.begin();
  trust_standing known{t.c.trust, t.c.now()};
  keeper slow{t.c, t.nurse.own};
  auto first = slow.keys.judge({}, t.role.links[0], trust_standing{t.c.trust, t.role.places[0]});
  REQUIRE(first);
  slow.read(t.role);
  CHECK(slow.keys.current(t.role.party)->n == 2);
  slow.keys.adopt(std::move(*first));
  CHECK(slow.keys.current(t.role.party)->n == 2);
  CHECK(slow.has_seed(t.role, 2));

  // Two links under one number, judged by somebody who had seen neither: the second one is not taken over it.
  auto two = [&] {
    return t.role.decoded(
        *t.station.keys.stage_turn(t.to(link_reason::refresh), known, t.station.member(), t.c.now().time));
  };
  auto left = slow.keys.judge({}, two(), known);
  auto right = slow.keys.judge({}, two(), known);
  REQUIRE((left && right));
  auto hash = left->chain.epochs.back().hash;
  slow.keys.adopt(std::move(*left));
  slow.keys.adopt(std::move(*right));
  CHECK(slow.keys.chain(t.role.party)->epochs.back().hash == hash);
}
