#include "e2ee/roster.hpp"
#include "known_devices.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

/// A role with two members, nurse and station, at n = 2.
struct triage {
  clinic_id clinic = some_id<clinic_id>(0xc1);
  test_device station{1};
  test_device nurse{2};
  test_device physician{3};
  known_devices known;
  party_chain chain;

  triage() {
    for (const auto* d : {&station, &nurse, &physician}) {
      known.add(*d, some_id<user_id>(d->device.value[0]));
      known.grants[d->device] = {};
    }
    chain.party = some_id<party_id>(0x77);
    chain.kind = party_kind::role;
    adopt(link({station.as_member()}, link_reason::genesis, station.maker()));
    adopt(link({station.as_member(), nurse.as_member()}, link_reason::add, station.maker()));
  }

  [[nodiscard]] roster_link decoded(const staged_turn& turn) const {
    auto link = roster_link::decode(turn.core, turn.members, turn.seals, clinic);
    REQUIRE(link);
    return *link;
  }
  [[nodiscard]] staged_turn turn(std::vector<sealed_member> members, link_reason reason,
                                 const link_maker& maker) const {
    auto staged = make_link(clinic, chain, std::move(members), reason, maker, 1'764'000'000'000);
    REQUIRE(staged);
    return std::move(*staged);
  }
  [[nodiscard]] roster_link link(std::vector<sealed_member> members, link_reason reason,
                                 const link_maker& maker) const {
    return decoded(turn(std::move(members), reason, maker));
  }
  [[nodiscard]] roster_link refresh() const {
    return link({station.as_member(), nurse.as_member()}, link_reason::refresh, nurse.maker());
  }
  void adopt(const roster_link& next) {
    REQUIRE(check_link(chain, next, known, viewpoint::daemon) == refusal::none);
    REQUIRE(check_link(chain, next, known, viewpoint::client) == refusal::none);
    chain = extended(chain, next);
  }
  /// Both sides, when they agree.
  [[nodiscard]] refusal judged(const roster_link& next) const {
    auto why = check_link(chain, next, known, viewpoint::client);
    CHECK(check_link(chain, next, known, viewpoint::daemon) == why);
    return why;
  }
  /// The refresh with changed fields, signed by `by`.
  template <class Change>
  [[nodiscard]] roster_link changed(Change change) const {
    auto good = refresh();
    link_fields core = good.core;
    change(core);
    auto raw = sign_object(clinic, core, {{nurse.signing, labels::link}});
    auto link = roster_link::decode(raw, good.members_raw, good.seals_raw, clinic);
    REQUIRE(link);
    return *link;
  }
};

} // namespace

TEST_CASE("a party is created, joined, left and refreshed, one epoch each") {
  triage t;
  CHECK(t.chain.head() == 2);
  t.adopt(t.refresh());
  t.known.leaving.insert(t.nurse.device);
  t.adopt(t.link({t.station.as_member()}, link_reason::remove, t.station.maker()));
  CHECK(t.chain.head() == 4);
  CHECK_FALSE(t.chain.has_member(t.nurse.device));
  std::set<public_key> inboxes;
  for (const auto& e : t.chain.epochs)
    inboxes.insert(e.inbox);
  CHECK(inboxes.size() == 4);
  CHECK(t.chain.at(0) == nullptr);
  CHECK(t.chain.at(5) == nullptr);
}

TEST_CASE("links out of place are refused") {
  triage t;
  auto next = t.refresh();
  auto& chain = t.chain;
  SECTION("49: n = head, other content") {
    auto taken = t.refresh();
    chain = extended(chain, next);
    CHECK(check_link(chain, taken, t.known, viewpoint::client) == refusal::roster_fork);
    CHECK(check_link(chain, taken, t.known, viewpoint::daemon) == refusal::epoch_taken);
    CHECK(t.judged(next) == refusal::epoch_taken); // the very link that is held
  }
  SECTION("50: a gap") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.n = 4; })) == refusal::needs);
  }
  SECTION("51: previous of another party") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.previous = sha256(view("x")); })) ==
          refusal::chain_broken);
  }
  SECTION("another party, or another kind, on the same chain") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.party = some_id<party_id>(9); })) ==
          refusal::chain_broken);
    CHECK(t.judged(t.changed([](link_fields& c) { c.party_is = party_kind::service; })) ==
          refusal::chain_broken);
  }
  SECTION("number 0") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.n = 0; })) == refusal::chain_broken);
  }
  SECTION("genesis with a previous hash") {
    auto first = t.changed([](link_fields& c) { c.n = 1; });
    chain = party_chain{};
    CHECK(t.judged(first) == refusal::chain_broken);
  }
  SECTION("63: an inbox again") {
    CHECK(t.judged(t.changed([&](link_fields& c) { c.inbox = chain.epochs[0].inbox; })) ==
          refusal::inbox_reused);
  }
}

TEST_CASE("links by whom may not make them are refused") {
  triage t;
  auto both = [&] { return std::vector{t.station.as_member(), t.nurse.as_member()}; };
  SECTION("53: not a member of n - 1, though of its own") {
    auto members = both();
    members.push_back(t.physician.as_member());
    CHECK(t.judged(t.link(members, link_reason::add, t.physician.maker())) == refusal::signer_not_member);
  }
  SECTION("54: gated") {
    t.known.devices[t.nurse.device].barred = true;
    CHECK(t.judged(t.refresh()) == refusal::signer_not_member);
  }
  SECTION("genesis by nobody in it") {
    t.chain.epochs.clear();
    t.chain.members.clear();
    CHECK(t.judged(t.link({t.station.as_member()}, link_reason::genesis, t.nurse.maker())) ==
          refusal::signer_not_member);
  }
  SECTION("unknown device, old certificate, other key") {
    auto next = t.refresh();
    t.known.devices[t.nurse.device].certificate = sha256(view("renewed"));
    CHECK(t.judged(next) == refusal::stale_certificate);
    t.known.devices[t.nurse.device].certificate = t.nurse.certificate;
    t.known.devices[t.nurse.device].signing = t.station.signing.public_part();
    CHECK(t.judged(next) == refusal::bad_signature);
    t.known.devices.erase(t.nurse.device);
    CHECK(t.judged(next) == refusal::needs);
  }
}

TEST_CASE("a registrar turns a party it covers, and its seed is foreign") {
  triage t;
  auto by = t.physician.maker(signer_role::registrar);
  auto next = t.link({t.station.as_member()}, link_reason::remove, by);
  CHECK(t.judged(next) == refusal::needs);
  t.known.registrars[t.physician.certificate] = {t.physician.device, t.physician.signing.public_part()};
  CHECK(t.judged(next) == refusal::none); // removes without anything pending
  CHECK(is_foreign_seed(next));
  CHECK_FALSE(is_foreign_seed(t.refresh()));
  t.known.registrars_act = refusal::registrar_out_of_scope;
  CHECK(t.judged(next) == refusal::registrar_out_of_scope);
  t.known.registrars[t.physician.certificate].device = t.nurse.device;
  CHECK(t.judged(next) == refusal::registrar_key_mismatch);
}

TEST_CASE("65: a reset is for the one device that is left, under its conditions") {
  triage t;
  auto by = t.physician.maker(signer_role::reset);
  auto next = t.link({t.physician.as_member()}, link_reason::reset, by);
  CHECK(t.judged(next) == refusal::reset_not_allowed);
  t.known.reset_open = true;
  CHECK(t.judged(next) == refusal::none);
  CHECK(t.judged(t.link({t.physician.as_member(), t.nurse.as_member()}, link_reason::reset, by)) ==
        refusal::reset_not_allowed);
  CHECK(t.judged(t.link({t.nurse.as_member()}, link_reason::reset, by)) == refusal::reset_not_allowed);
  t.known.devices[t.physician.device].barred = true;
  CHECK(t.judged(next) == refusal::signer_not_member);
  t.known.devices[t.physician.device].barred = false;
  t.chain.epochs.clear();
  t.chain.members.clear();
  CHECK(t.judged(t.link({t.physician.as_member()}, link_reason::reset, by)) == refusal::reset_not_allowed);
}

TEST_CASE("members who may not be there are refused") {
  triage t;
  auto next = t.link({t.station.as_member(), t.nurse.as_member(), t.physician.as_member()}, link_reason::add,
                     t.station.maker());
  CHECK(t.judged(next) == refusal::none);
  auto& facts = t.known.devices[t.physician.device];
  SECTION("56: without a grant") {
    t.known.grants.erase(t.physician.device);
    CHECK(t.judged(next) == refusal::member_not_entitled);
  }
  SECTION("by another grant than it names") {
    t.known.grants[t.physician.device] = sha256(view("grant"));
    CHECK(t.judged(next) == refusal::member_not_entitled);
  }
  SECTION("57: a patient's device in a role") {
    facts.of_class = device_class::personal_patient;
    CHECK(t.judged(next) == refusal::class_not_for_party);
  }
  SECTION("58: a revoked device") {
    facts.barred = true;
    CHECK(t.judged(next) == refusal::link_keeps_revoked_device);
  }
  SECTION("an old certificate") {
    facts.certificate = sha256(view("renewed"));
    CHECK(t.judged(next) == refusal::stale_certificate);
  }
  SECTION("nobody knows it") {
    t.known.devices.erase(t.physician.device);
    CHECK(t.judged(next) == refusal::needs);
  }
}

TEST_CASE("59: a member removes only who is to go, and its own user's devices") {
  triage t;
  auto next = t.link({t.station.as_member()}, link_reason::remove, t.station.maker());
  auto at_daemon = [&] { return check_link(t.chain, next, t.known, viewpoint::daemon); };
  CHECK(at_daemon() == refusal::removal_not_authorised);
  CHECK(check_link(t.chain, next, t.known, viewpoint::client) == refusal::none);
  t.known.leaving.insert(t.nurse.device);
  CHECK(at_daemon() == refusal::none);
  t.known.leaving.clear();
  t.known.devices[t.nurse.device].user = t.known.devices[t.station.device].user;
  CHECK(at_daemon() == refusal::none);
  // Two stations have no user, which is not the same user.
  t.known.devices[t.nurse.device].user = {};
  t.known.devices[t.station.device].user = {};
  CHECK(at_daemon() == refusal::removal_not_authorised);
  // A device takes itself out.
  auto leaves = t.link({t.station.as_member()}, link_reason::remove, t.nurse.maker());
  CHECK(check_link(t.chain, leaves, t.known, viewpoint::daemon) == refusal::none);
}

TEST_CASE("parts of a link that do not fit each other are refused") {
  triage t;
  auto good = t.turn({t.station.as_member(), t.nurse.as_member()}, link_reason::refresh, t.nurse.maker());
  auto core_with = [&](bytes_view members, bytes_view seals, std::uint16_t count,
                       party_kind kind = party_kind::role) {
    link_fields core = t.decoded(good).core;
    core.members_hash = members_hash(members);
    core.seals_hash = seals_hash(seals);
    core.count = count;
    core.party_is = kind;
    return sign_object(t.clinic, core, {{t.nurse.signing, labels::link}});
  };
  auto why = [&](bytes_view core, bytes_view members, bytes_view seals) {
    return roster_link::decode(core, members, seals, t.clinic).why();
  };
  std::vector<party_member> members = t.decoded(good).members;
  std::vector<seed_seal> seals = t.decoded(good).seals;
  CHECK(why(good.core, good.members, good.seals) == refusal::none);

  SECTION("156 and 157: changed under a valid core") {
    auto bent = good.members;
    bent.back() ^= 1;
    CHECK(why(good.core, bent, good.seals) == refusal::members_hash_mismatch);
    bent = good.seals;
    bent.back() ^= 1;
    CHECK(why(good.core, good.members, bent) == refusal::seals_hash_mismatch);
  }
  SECTION("55: a member twice, or out of order") {
    auto twice = members;
    twice[1].device = twice[0].device;
    auto raw = encode_members(twice);
    CHECK(why(core_with(raw, good.seals, 2), raw, good.seals) == refusal::not_sorted);
    std::swap(members[0], members[1]);
    raw = encode_members(members);
    CHECK(why(core_with(raw, good.seals, 2), raw, good.seals) == refusal::not_sorted);
  }
  SECTION("60: seals for one member short, and the reverse") {
    seals.pop_back();
    auto raw = encode_seals(seals);
    CHECK(why(core_with(good.members, raw, 2), good.members, raw) == refusal::count_mismatch);
    CHECK(why(core_with(good.members, raw, 1), good.members, raw) == refusal::count_mismatch);
    members.pop_back();
    auto fewer = encode_members(members);
    CHECK(why(core_with(fewer, good.seals, 2), fewer, good.seals) == refusal::count_mismatch);
  }
  SECTION("lists that end too early or too late") {
    bytes cut{good.members.begin(), good.members.end() - 1};
    CHECK(why(core_with(cut, good.seals, 2), cut, good.seals) == refusal::truncated);
    auto longer = good.seals;
    longer.push_back(0);
    CHECK(why(core_with(good.members, longer, 2), good.members, longer) == refusal::trailing_bytes);
    bytes huge(members_bytes_max + 1);
    CHECK(why(core_with(huge, good.seals, 2), huge, good.seals) == refusal::object_too_large);
    CHECK(why(core_with(good.members, huge, 2), good.members, huge) == refusal::object_too_large);
  }
  SECTION("counts: 1 to 32 for a person's party, 1 to 300 for others") {
    struct {
      party_kind kind;
      std::uint16_t count;
      refusal why;
    } cases[] = {{party_kind::role, 0, refusal::count_too_large},
                 {party_kind::role, 300, refusal::count_mismatch},
                 {party_kind::role, 301, refusal::count_too_large},
                 {party_kind::service, 300, refusal::count_mismatch},
                 {party_kind::user, 32, refusal::count_mismatch},
                 {party_kind::user, 33, refusal::count_too_large},
                 {party_kind::patient, 32, refusal::count_mismatch},
                 {party_kind::patient, 33, refusal::count_too_large}};
    for (const auto& c : cases) {
      INFO(static_cast<int>(c.kind) << " " << c.count);
      CHECK(why(core_with(good.members, good.seals, c.count, c.kind), good.members, good.seals) == c.why);
    }
    std::vector<party_member> many(301);
    for (std::size_t i = 0; i < many.size(); ++i)
      many[i].device.value = {1, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)};
    auto raw = encode_members(many);
    CHECK(raw.size() > members_bytes_max);
  }
  SECTION("an inbox that is no safe key") {
    link_fields core = t.decoded(good).core;
    core.inbox = {};
    CHECK(why(sign_object(t.clinic, core, {{t.nurse.signing, labels::link}}), good.members, good.seals) ==
          refusal::bad_public_key);
  }
}

TEST_CASE("5 and 16: no prefix of a core decodes, no flipped bit of it is accepted") {
  triage t;
  auto good = t.turn({t.station.as_member(), t.nurse.as_member()}, link_reason::refresh, t.nurse.maker());
  CHECK(good.core.size() == 292);
  CHECK(good.hash == t.decoded(good).core.hash());
  for (std::size_t n = 0; n < good.core.size(); ++n) {
    auto why = roster_link::decode(bytes_view{good.core}.first(n), good.members, good.seals, t.clinic).why();
    REQUIRE((why == refusal::truncated || why == refusal::length_beyond_end));
  }
  for (auto bit : every_bit_of(good.core)) {
    auto bent = roster_link::decode(with_bit_flipped(good.core, bit), good.members, good.seals, t.clinic);
    REQUIRE((!bent || check_link(t.chain, *bent, t.known, viewpoint::client) != refusal::none));
  }
}

TEST_CASE("a client that was away follows several cores to the newest link") {
  triage t;
  auto held = t.chain;
  auto third = t.refresh();
  t.adopt(third);
  auto fourth = t.refresh();
  t.adopt(fourth);
  auto fifth = t.refresh();

  auto reached = follow(held, {third.core, fourth.core}, fifth, t.known);
  REQUIRE(reached);
  CHECK(reached->head() == 5);
  CHECK(reached->epochs[2].hash == third.core.hash());
  CHECK(reached->members == fifth.members);
  CHECK(follow(held, {}, third, t.known)->head() == 3);

  CHECK(follow(held, {fourth.core}, fifth, t.known).why() == refusal::needs);
  CHECK(follow(held, {third.core}, fifth, t.known).why() == refusal::needs);
  CHECK(follow(held, {third.core, third.core}, fifth, t.known).why() == refusal::epoch_taken);
  auto forged = t.changed([&](link_fields& c) { // another third link
    c.n = 3;
    c.previous = held.epochs.back().hash;
  });
  CHECK(follow(held, {third.core, forged.core}, fifth, t.known).why() == refusal::roster_fork);
  CHECK(follow(held, {forged.core, fourth.core}, fifth, t.known).why() == refusal::chain_broken);
  auto reused = t.changed([&](link_fields& c) {
    c.n = 3;
    c.previous = held.epochs.back().hash;
    c.inbox = held.epochs[0].inbox;
  });
  CHECK(follow(held, {reused.core}, fifth, t.known).why() == refusal::inbox_reused);
  t.known.devices[t.nurse.device].signing = t.station.signing.public_part();
  CHECK(follow(held, {third.core, fourth.core}, fifth, t.known).why() == refusal::bad_signature);
  t.known.devices[t.nurse.device].signing = t.nurse.signing.public_part();
  t.known.grants.erase(t.station.device);
  CHECK(follow(held, {third.core, fourth.core}, fifth, t.known).why() == refusal::member_not_entitled);
}
