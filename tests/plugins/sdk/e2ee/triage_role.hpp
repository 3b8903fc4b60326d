#pragma once
// A role with links, and every way to make its next one: what the tests of roster links start from.
#include "known_devices.hpp"
#include <catch2/catch.hpp>

namespace wardline::test {

using namespace e2ee;

/// A role, or a party of another kind, with two members, nurse and station, at n = 2.
struct triage {
  clinic_id clinic = some_id<clinic_id>(0xc1);
  test_device station{1};
  test_device nurse{2};
  test_device physician{3};
  known_devices known;
  party_chain chain;

  explicit triage(party_kind kind = party_kind::role) {
    for (const auto* d : {&station, &nurse, &physician}) {
      known.add(*d, some_id<user_id>(d->device.value[0]));
      known.grants[d->device] = {};
    }
    chain.party = some_id<party_id>(0x77);
    chain.kind = kind;
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
  /// The refresh with changed fields, signed by the nurse.
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

} // namespace wardline::test
