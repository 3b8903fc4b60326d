#pragma once
// A role and the devices that keep its keys: what the tests of turns start from.
#include "known_devices.hpp"
#include <catch2/catch.hpp>

namespace wardline::test {

using namespace e2ee;

inline constexpr time_ms now = 1'764'000'000'000;
inline const auto clinic = some_id<clinic_id>(0xc1);
inline const auto role = some_id<party_id>(0x77);

inline roster_link decoded(const staged_turn& t) {
  auto link = roster_link::decode(t.core, t.members, t.seals, clinic);
  REQUIRE(link);
  return *link;
}

inline turn_intent add(std::vector<device_id> who, link_reason reason = link_reason::add) {
  return {role, party_kind::role, std::move(who), {}, reason};
}
inline turn_intent remove(std::vector<device_id> who) {
  return {role, party_kind::role, {}, std::move(who), link_reason::remove};
}

struct member {
  test_device own;
  roster_keys keys;
  explicit member(std::uint8_t number) : own{number}, keys{clinic, own.device, own.sealing} {}

  [[nodiscard]] expected<staged_turn> stage(const turn_intent& intent, const standing& known) const {
    return keys.stage_turn(intent, known, own.maker(), now);
  }
  void take(const roster_link& link, const standing& known) {
    auto judged = keys.judge({}, link, known);
    REQUIRE(judged);
    keys.adopt(std::move(*judged));
  }
};

struct role_party {
  known_devices known;
  member station{1};
  member nurse{2};
  member physician{3};

  role_party() {
    for (const auto* m : all()) {
      known.add(m->own);
      known.grants[m->own.device] = {};
    }
  }
  std::vector<member*> all() { return {&station, &nurse, &physician}; }
  /// The daemon takes the turn, everybody adopts it.
  void turned(const staged_turn& t) {
    for (auto* m : all())
      m->take(decoded(t), known);
  }
  void found() { turned(*station.stage(add({station.own.device}, link_reason::genesis), known)); }
};

} // namespace wardline::test
