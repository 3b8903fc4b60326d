// Links that a client did not see: cores between the held head and the newest link (e2ee 5.6, 6.4).
#include "triage_role.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

std::vector<link_core> cores(const std::vector<roster_link>& links) {
  std::vector<link_core> out;
  for (const auto& l : links)
    out.push_back(l.core);
  return out;
}

older_link at(std::uint64_t position, const roster_link& link) {
  return {link.core, log_place{position, 1'764'000'000'000}, std::nullopt};
}

/// What the log had said before a leaf.
known_devices& before(known_devices& known, std::uint64_t position) {
  auto& out = known.places[position];
  if (!out) {
    out = std::make_shared<known_devices>(known);
    out->places.clear();
  }
  return *out;
}

} // namespace

TEST_CASE("a client that was away follows several cores to the newest link") {
  triage t;
  auto held = t.chain;
  auto third = t.refresh();
  t.adopt(third);
  auto fourth = t.refresh();
  t.adopt(fourth);
  auto fifth = t.refresh();

  auto reached = follow(held, cores({third, fourth}), fifth, t.known);
  REQUIRE(reached);
  CHECK(reached->head() == 5);
  CHECK(reached->epochs[2].hash == third.core.hash());
  CHECK(reached->members == fifth.members);
  CHECK(follow(held, {}, third, t.known)->head() == 3);

  CHECK(follow(held, cores({fourth}), fifth, t.known).why() == refusal::needs);
  CHECK(follow(held, cores({third}), fifth, t.known).why() == refusal::needs);
  CHECK(follow(held, cores({third, third}), fifth, t.known).why() == refusal::epoch_taken);
  auto forged = t.changed([&](link_fields& c) { // another third link
    c.n = 3;
    c.previous = held.epochs.back().hash;
  });
  CHECK(follow(held, cores({third, forged}), fifth, t.known).why() == refusal::roster_fork);
  CHECK(follow(held, cores({forged, fourth}), fifth, t.known).why() == refusal::chain_broken);
  auto reused = t.changed([&](link_fields& c) {
    c.n = 3;
    c.previous = held.epochs.back().hash;
    c.inbox = held.epochs[0].inbox;
  });
  CHECK(follow(held, cores({reused}), fifth, t.known).why() == refusal::inbox_reused);
  t.known.devices[t.nurse.device].signing = t.station.signing.public_part();
  CHECK(follow(held, cores({third, fourth}), fifth, t.known).why() == refusal::bad_signature);
  t.known.devices[t.nurse.device].signing = t.nurse.signing.public_part();
  t.known.grants.erase(t.station.device);
  CHECK(follow(held, cores({third, fourth}), fifth, t.known).why() == refusal::member_not_entitled);
}

TEST_CASE("an older link is judged by what stood before it, the newest by what stands before that") {
  triage t;
  auto held = t.chain;
  auto third = t.refresh(); // by the nurse
  t.adopt(third);
  auto fourth = t.link({t.station.as_member()}, link_reason::revoke, t.station.maker());
  t.known.leaving.insert(t.nurse.device);
  t.adopt(fourth);
  auto fifth = t.link({t.station.as_member()}, link_reason::refresh, t.station.maker());
  before(t.known, 30);
  before(t.known, 40);
  auto bar_nurse = [&](known_devices& k) { k.devices[t.nurse.device].barred = true; };
  bar_nurse(t.known);
  auto followed = [&] {
    return follow(held, std::vector{at(30, third), at(40, fourth)}, fifth, t.known).why();
  };
  CHECK(followed() == refusal::none);
  SECTION("without its place the nurse's link is judged by today") {
    CHECK(follow(held, cores({third, fourth}), fifth, t.known).why() == refusal::signer_not_member);
  }
  SECTION("revoked before its own link") {
    bar_nurse(before(t.known, 30));
    CHECK(followed() == refusal::signer_not_member);
  }
  SECTION("under the certificate it had then") {
    t.known.devices[t.nurse.device].certificate = sha256(view("renewed"));
    CHECK(followed() == refusal::none);
    before(t.known, 30).devices[t.nurse.device].certificate = sha256(view("renewed"));
    CHECK(followed() == refusal::stale_certificate);
  }
}

TEST_CASE("no stranger's link stands behind a gap") {
  triage t;
  auto held = t.chain;
  test_device stranger{9};
  t.known.add(stranger);
  auto forged = [&](const party_chain& behind, const link_maker& maker) {
    auto made = make_link(t.clinic, behind, {t.station.as_member(), t.nurse.as_member()},
                          link_reason::refresh, maker, 1'764'000'000'000);
    return t.decoded(*made);
  };
  SECTION("neither the last one") {
    auto third = t.refresh();
    auto fourth = forged(extended(held, third), stranger.maker());
    CHECK(follow(held, cores({third}), fourth, t.known).why() == refusal::signer_not_member);
  }
  SECTION("nor one between, right behind the held head") {
    auto third = forged(held, stranger.maker());
    auto chain = extended(held, third);
    auto fourth = forged(chain, t.nurse.maker());
    CHECK(follow(held, cores({third}), fourth, t.known).why() == refusal::signer_not_member);
  }
  SECTION("a colleague of the party who was in no list, right behind the held head") {
    auto third = forged(held, t.physician.maker());
    auto fourth = forged(extended(held, third), t.nurse.maker());
    CHECK(follow(held, cores({third}), fourth, t.known).why() == refusal::signer_not_member);
  }
  SECTION("nor one that nobody signed") {
    link_fields core = t.refresh().core;
    auto raw = with_signatures(encode(t.clinic, core), {signature64{}});
    auto third = *link_core::decode(raw, t.clinic);
    party_chain chain = held;
    chain.epochs.push_back({third.hash(), third.inbox});
    auto fourth = forged(chain, t.nurse.maker());
    CHECK(follow(held, std::vector{third}, fourth, t.known).why() == refusal::bad_signature);
  }
  SECTION("nor a reset of a role, nor a registrar's outside of its scope") {
    t.known.reset_open = true;
    auto reset = t.link({t.physician.as_member()}, link_reason::reset, t.physician.maker(signer_role::reset));
    auto fourth = forged(extended(held, reset), t.nurse.maker());
    CHECK(follow(held, cores({reset}), fourth, t.known).why() == refusal::reset_not_allowed);
    t.known.registrars[t.physician.certificate] = {t.physician.device, t.physician.signing.public_part()};
    auto third = forged(held, t.physician.maker(signer_role::registrar));
    fourth = forged(extended(held, third), t.nurse.maker());
    CHECK(follow(held, cores({third}), fourth, t.known).why() == refusal::none);
    t.known.registrars_act = refusal::registrar_out_of_scope;
    CHECK(follow(held, cores({third}), fourth, t.known).why() == refusal::registrar_out_of_scope);
  }
}
