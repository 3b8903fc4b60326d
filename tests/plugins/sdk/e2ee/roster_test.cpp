// Place, signer and bytes of roster links (e2ee 5.6; e2ee 10: 49-54, 63-65).
#include "triage_role.hpp"

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

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
  SECTION("negative 49: n = head, other content") {
    auto taken = t.refresh();
    chain = extended(chain, next);
    CHECK(check_link(chain, taken, t.known, viewpoint::client) == refusal::roster_fork);
    CHECK(check_link(chain, taken, t.known, viewpoint::daemon) == refusal::epoch_taken);
    CHECK(t.judged(next) == refusal::epoch_taken); // the very link that is held
  }
  SECTION("negative 50: a gap") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.n = 4; })) == refusal::needs);
  }
  SECTION("negative 51: previous of another party") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.previous = sha256(view("x")); })) ==
          refusal::chain_broken);
  }
  SECTION("another party, or another kind, on the same chain") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.party = some_id<party_id>(9); })) ==
          refusal::chain_broken);
    CHECK(t.judged(t.changed([](link_fields& c) { c.party_is = party_kind::service; })) ==
          refusal::chain_broken);
  }
  SECTION("negative 73: a second genesis") {
    auto again = t.changed([](link_fields& c) {
      c.n = 1;
      c.previous = {};
    });
    CHECK(check_link(chain, again, t.known, viewpoint::client) == refusal::roster_fork);
    CHECK(check_link(chain, again, t.known, viewpoint::daemon) == refusal::epoch_taken);
  }
  SECTION("number 0") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.n = 0; })) == refusal::chain_broken);
  }
  SECTION("genesis with a previous hash") {
    auto first = t.changed([](link_fields& c) { c.n = 1; });
    chain = party_chain{};
    CHECK(t.judged(first) == refusal::chain_broken);
  }
  SECTION("negative 63: an inbox again") {
    CHECK(t.judged(t.changed([&](link_fields& c) { c.inbox = chain.epochs[0].inbox; })) ==
          refusal::inbox_reused);
  }
}

TEST_CASE("links by whom may not make them are refused") {
  triage t;
  auto both = [&] { return std::vector{t.station.as_member(), t.nurse.as_member()}; };
  SECTION("negative 53: not a member of n - 1, though of its own") {
    auto members = both();
    members.push_back(t.physician.as_member());
    CHECK(t.judged(t.link(members, link_reason::add, t.physician.maker())) == refusal::signer_not_member);
  }
  SECTION("negative 54: gated") {
    t.known.devices[t.nurse.device].barred = true;
    CHECK(t.judged(t.refresh()) == refusal::signer_not_member);
  }
  SECTION("genesis by nobody in it") {
    t.chain.epochs.clear();
    t.chain.members.clear();
    CHECK(t.judged(t.link({t.station.as_member()}, link_reason::genesis, t.nurse.maker())) ==
          refusal::signer_not_member);
  }
  SECTION("a certificate it never had, on a list that is right") {
    CHECK(t.judged(t.changed([](link_fields& c) { c.signer_certificate = sha256(view("x")); })) ==
          refusal::stale_certificate);
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

TEST_CASE("negative 65: a reset is for the one device that is left, under its conditions") {
  triage t{party_kind::user};
  auto by = t.physician.maker(signer_role::reset);
  auto next = t.link({t.physician.as_member()}, link_reason::reset, by);
  auto bar_both = [&](bool barred) {
    t.known.devices[t.nurse.device].barred = barred;
    t.known.devices[t.station.device].barred = barred;
  };
  t.known.reset_open = true;
  CHECK(t.judged(next) == refusal::reset_not_allowed); // nobody of the party is lost
  t.known.devices[t.nurse.device].barred = true;
  CHECK(t.judged(next) == refusal::reset_not_allowed); // the station is left
  bar_both(true);
  CHECK(t.judged(next) == refusal::none);
  SECTION("only with an invitation for a replacement") {
    t.known.reset_open = false;
    CHECK(t.judged(next) == refusal::reset_not_allowed);
  }
  SECTION("only for itself, alone") {
    bar_both(false);
    auto two = t.link({t.physician.as_member(), t.nurse.as_member()}, link_reason::reset, by);
    auto other = t.link({t.nurse.as_member()}, link_reason::reset, by);
    bar_both(true);
    CHECK(t.judged(two) == refusal::reset_not_allowed);
    CHECK(t.judged(other) == refusal::reset_not_allowed);
  }
  SECTION("not by a revoked device") {
    t.known.devices[t.physician.device].barred = true;
    CHECK(t.judged(next) == refusal::signer_not_member);
  }
  SECTION("not by a grant: a proxy is not the patient") {
    t.known.grants[t.physician.device] = sha256(view("grant"));
    auto by_grant = t.link({t.physician.as_member(sha256(view("grant")))}, link_reason::reset, by);
    CHECK(t.judged(by_grant) == refusal::reset_not_allowed);
  }
  SECTION("not of a party that has no link") {
    t.chain.epochs.clear();
    t.chain.members.clear();
    CHECK(t.judged(t.link({t.physician.as_member()}, link_reason::reset, by)) == refusal::reset_not_allowed);
  }
}

TEST_CASE("negative 65: nobody empties a role by a reset") {
  triage t;
  t.known.reset_open = true;
  t.known.devices[t.nurse.device].barred = true;
  t.known.devices[t.station.device].barred = true;
  auto next = t.link({t.physician.as_member()}, link_reason::reset, t.physician.maker(signer_role::reset));
  CHECK(t.judged(next) == refusal::reset_not_allowed);
}

TEST_CASE("a member whose right was withdrawn makes no link any more") {
  triage t;
  auto next = t.link({t.station.as_member()}, link_reason::remove, t.nurse.maker());
  CHECK(t.judged(next) == refusal::none); // it goes by itself
  t.known.grants.erase(t.nurse.device);
  CHECK(t.judged(next) == refusal::signer_not_member);
}

TEST_CASE("negatives 5 and 16: no prefix of a core decodes, no flipped bit of it is accepted") {
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
