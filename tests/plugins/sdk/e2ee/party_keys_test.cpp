#include "e2ee/hpke.hpp"
#include "e2ee/party_keys.hpp"
#include "role_members.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

TEST_CASE("a staged turn changes nothing until it is adopted") {
  role_party p;
  auto staged = p.station.stage(add({p.station.own.device}, link_reason::genesis), p.known);
  REQUIRE(staged);
  CHECK_FALSE(p.station.keys.current(role));
  CHECK(p.station.keys.seed(role, 1) == nullptr);
  CHECK(staged->n == 1);
  REQUIRE(staged->seed);
  auto link = decoded(*staged);
  CHECK(link.core.hash() == staged->hash);
  CHECK(inbox_of(clinic, role, 1, *staged->seed).public_part == link.core.inbox);

  auto judged = p.station.keys.judge({}, link, p.known);
  REQUIRE(judged);
  CHECK_FALSE(p.station.keys.current(role));
  p.station.keys.adopt(std::move(*judged));
  auto epoch = p.station.keys.current(role);
  REQUIRE(epoch);
  CHECK(epoch->n == 1);
  CHECK(epoch->inbox == link.core.inbox);
  REQUIRE(p.station.keys.inbox(role, 1));
  CHECK(p.station.keys.inbox(role, 1)->public_part == link.core.inbox);
  CHECK_FALSE(p.station.keys.inbox(role, 2));
}

TEST_CASE("who joins gets the epoch's seed and no earlier one, who leaves gets no later one") {
  role_party p;
  p.found();
  p.turned(*p.station.stage(add({p.nurse.own.device, p.physician.own.device}), p.known));
  CHECK(p.nurse.keys.seed(role, 1) == nullptr);
  CHECK(p.nurse.keys.seed(role, 2) != nullptr);
  p.turned(*p.physician.stage(remove({p.nurse.own.device}), p.known));
  CHECK(p.nurse.keys.seed(role, 3) == nullptr);
  CHECK(p.nurse.keys.current(role)->n == 3); // it can still write to the role
  CHECK(p.station.keys.seed(role, 3) != nullptr);
  for (std::uint32_t n = 1; n <= 3; ++n)
    CHECK(p.station.keys.inbox(role, n)->public_part == p.station.keys.chain(role)->at(n)->inbox);

  SECTION("what was stored is restored") {
    std::map<std::uint32_t, secret32> seeds;
    seeds.emplace(3, p.station.keys.seed(role, 3)->copy());
    roster_keys again{clinic, p.station.own.device, p.station.own.sealing};
    again.restore(*p.station.keys.chain(role), std::move(seeds));
    CHECK(again.current(role)->n == 3);
    CHECK(again.inbox(role, 3)->public_part == again.current(role)->inbox);
    CHECK(again.seed(role, 2) == nullptr);
  }
}

TEST_CASE("a turn leaves out who may no longer be in, and refuses to add who may not") {
  role_party p;
  p.found();
  p.turned(*p.station.stage(add({p.nurse.own.device, p.physician.own.device}), p.known));
  p.known.devices[p.nurse.own.device].barred = true;
  p.known.grants.erase(p.physician.own.device);
  auto turned = p.station.stage({role, party_kind::role, {}, {}, link_reason::refresh}, p.known);
  REQUIRE(turned);
  CHECK(decoded(*turned).members.size() == 1);

  member stranger{9};
  CHECK(p.station.stage(add({stranger.own.device}), p.known).why() == refusal::needs);
  p.known.add(stranger.own);
  CHECK(p.station.stage(add({stranger.own.device}), p.known).why() == refusal::member_not_entitled);
  p.known.grants[stranger.own.device] = sha256(view("grant"));
  auto added = p.station.stage(add({stranger.own.device}), p.known);
  REQUIRE(added);
  CHECK(decoded(*added).member(stranger.own.device)->grant == sha256(view("grant")));
  CHECK(p.station.stage(remove({p.station.own.device}), p.known).why() == refusal::count_too_large);
}

TEST_CASE("make_link refuses lists that no link can carry") {
  test_device d{1};
  party_chain chain;
  chain.kind = party_kind::user;
  std::vector<sealed_member> many;
  for (std::uint8_t i = 1; i <= person_party_members_max; ++i)
    many.push_back({{some_id<device_id>(i), {}, {}}, d.sealing.public_part});
  auto made = [&](std::vector<sealed_member> members) {
    return make_link(clinic, chain, std::move(members), link_reason::genesis, d.maker(), now).why();
  };
  CHECK(made(many) == refusal::none);
  auto twice = many;
  twice[3] = twice[4];
  CHECK(made(twice) == refusal::not_sorted);
  auto weak = many;
  weak[5].sealing = {};
  CHECK(made(weak) == refusal::bad_public_key);
  many.push_back({{some_id<device_id>(99), {}, {}}, d.sealing.public_part});
  CHECK(made(many) == refusal::count_too_large);
  chain.kind = party_kind::patient;
  CHECK(made(many) == refusal::count_too_large);
  chain.kind = party_kind::role;
  CHECK(made(many) == refusal::none);
  CHECK(made({}) == refusal::count_too_large);
}

TEST_CASE("the maker of an epoch it is not a member of keeps no seed") {
  role_party p;
  p.found();
  p.turned(*p.station.stage(add({p.nurse.own.device}), p.known));
  p.known.registrars[p.physician.own.certificate] = {p.physician.own.device,
                                                     p.physician.own.signing.public_part()};
  auto foreign = p.physician.keys.stage_turn(remove({p.nurse.own.device}), p.known,
                                             p.physician.own.maker(signer_role::registrar), now);
  REQUIRE(foreign);
  CHECK_FALSE(foreign->seed);
  // negative 64: accepted, and the first member that sees it turns it again
  auto judged = p.station.keys.judge({}, decoded(*foreign), p.known);
  REQUIRE(judged);
  CHECK(judged->foreign_seed);
  CHECK(judged->seed);
  p.station.keys.adopt(std::move(*judged));
  auto own = p.station.stage({role, party_kind::role, {}, {}, link_reason::foreign_seed}, p.known);
  REQUIRE(own);
  CHECK(decoded(*own).core.reason == link_reason::foreign_seed);
  CHECK_FALSE(is_foreign_seed(decoded(*own)));
}

TEST_CASE("negatives 61 and 62: a seed that does not open, or is not the inbox's, is adopted with trouble") {
  role_party p;
  p.found();
  auto staged = p.station.stage(add({p.nurse.own.device}), p.known);
  REQUIRE(staged);
  auto good = decoded(*staged);
  auto with_seals = [&](std::vector<seed_seal> seals) {
    link_fields core = good.core;
    auto raw = encode_seals(seals);
    core.seals_hash = seals_hash(raw);
    auto signed_core = sign_object(clinic, core, {{p.station.own.signing, labels::link}});
    return *roster_link::decode(signed_core, good.members_raw, raw, clinic);
  };
  auto nurse_at = static_cast<std::size_t>(good.member(p.nurse.own.device) - good.members.data());
  auto trouble = [&](const roster_link& link) {
    auto judged = p.nurse.keys.judge({}, link, p.known);
    REQUIRE(judged);
    CHECK_FALSE(judged->seed);
    return judged->trouble;
  };
  auto swapped = good.seals;
  std::swap(swapped[0], swapped[1]);
  CHECK(trouble(with_seals(swapped)) == refusal::seed_not_openable);

  auto other = good.seals;
  auto sealed = *hpke_seal(p.nurse.own.sealing.public_part, seed_info(clinic, good.core, p.nurse.own.device),
                           some_secret(0x55).view());
  std::copy_n(sealed.begin(), 32, other[nurse_at].enc.begin());
  std::copy_n(sealed.begin() + 32, 48, other[nurse_at].ct.begin());
  CHECK(trouble(with_seals(other)) == refusal::seed_mismatch);

  // Right seal, and it is bound to this device and this member list.
  CHECK(open_own_seed(clinic, good, p.nurse.own.device, p.nurse.own.sealing));
  CHECK(open_own_seed(clinic, good, p.nurse.own.device, p.physician.own.sealing).why() ==
        refusal::seed_not_openable);
  CHECK(open_own_seed(clinic, good, p.physician.own.device, p.physician.own.sealing).why() ==
        refusal::not_for_me);
  auto judged = p.physician.keys.judge({}, good, p.known);
  REQUIRE(judged);
  CHECK(judged->trouble == refusal::none);
  CHECK_FALSE(judged->seed);
}

TEST_CASE("an intent holds when everybody is in or out already") {
  role_party p;
  auto in = add({p.nurse.own.device});
  CHECK_FALSE(holds(party_chain{}, remove({p.nurse.own.device})));
  p.found();
  const auto& chain = *p.station.keys.chain(role);
  CHECK_FALSE(holds(chain, in));
  CHECK(holds(chain, remove({p.nurse.own.device})));
  CHECK(holds(chain, add({p.station.own.device})));
  CHECK_FALSE(holds(chain, remove({p.station.own.device})));
  CHECK_FALSE(holds(chain, {role, party_kind::role, {}, {}, link_reason::refresh}));
}
