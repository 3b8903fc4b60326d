// Members and seals of roster links (e2ee 5.6; e2ee 10: 55-60, 156, 157).
#include "triage_role.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

TEST_CASE("members who may not be there are refused") {
  triage t;
  auto next = t.link({t.station.as_member(), t.nurse.as_member(), t.physician.as_member()}, link_reason::add,
                     t.station.maker());
  CHECK(t.judged(next) == refusal::none);
  auto& facts = t.known.devices[t.physician.device];
  SECTION("negative 56: without a grant") {
    t.known.grants.erase(t.physician.device);
    CHECK(t.judged(next) == refusal::member_not_entitled);
  }
  SECTION("by another grant than it names") {
    t.known.grants[t.physician.device] = sha256(view("grant"));
    CHECK(t.judged(next) == refusal::member_not_entitled);
  }
  SECTION("negative 57: a patient's device in a role") {
    facts.of_class = device_class::personal_patient;
    CHECK(t.judged(next) == refusal::class_not_for_party);
  }
  SECTION("negative 58: a revoked device") {
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

TEST_CASE("negative 59: a member removes only who is to go, and its own user's devices") {
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

  SECTION("negatives 156 and 157: changed under a valid core") {
    auto bent = good.members;
    bent.back() ^= 1;
    CHECK(why(good.core, bent, good.seals) == refusal::members_hash_mismatch);
    bent = good.seals;
    bent.back() ^= 1;
    CHECK(why(good.core, good.members, bent) == refusal::seals_hash_mismatch);
  }
  SECTION("negative 55: a member twice, or out of order") {
    auto twice = members;
    twice[1].device = twice[0].device;
    auto raw = encode_members(twice);
    CHECK(why(core_with(raw, good.seals, 2), raw, good.seals) == refusal::not_sorted);
    std::swap(members[0], members[1]);
    raw = encode_members(members);
    CHECK(why(core_with(raw, good.seals, 2), raw, good.seals) == refusal::not_sorted);
  }
  SECTION("negative 60: seals for one member short, and the reverse") {
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
