#pragma once
// A role, its devices and a daemon, for tests of every order of deliveries and crashes (e2ee 6.4, 11 rule 1).
//
// The library's functions are pure, so each question is asked once: a link is staged, judged and checked by
// the real code the first time some schedule comes to it, and its answer is kept. That is what makes ten
// thousand schedules take seconds. Orders, crashes, stores and chains are each schedule's own.
#include "known_devices.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

namespace wardline::test {

using namespace e2ee;

inline constexpr time_ms world_time = 1'764'000'000'000;
inline const auto world_clinic = some_id<clinic_id>(0xc1);
inline const auto world_role = some_id<party_id>(0x77);

/// What happens to the third member.
enum class fate : std::uint8_t { stays, leaves, revoked };
struct scenario {
  fate third = fate::stays;
  auto operator<=>(const scenario&) const = default;

  /// The first two links stand in the log before anything happened to anybody.
  [[nodiscard]] scenario before_link(std::uint32_t n) const { return n <= 2 ? scenario{} : *this; }
};

/// Three members from the beginning, two that may join, a registrar that is none of them.
struct cast {
  test_device devices[6]{test_device{1}, test_device{2}, test_device{3},
                         test_device{4}, test_device{5}, test_device{6}};
  std::map<scenario, known_devices> standings;

  cast() {
    for (auto third : {fate::stays, fate::leaves, fate::revoked}) {
      auto& known = standings[{third}];
      for (const auto& d : devices) {
        known.add(d, some_id<user_id>(d.device.value[0]));
        known.grants[d.device] = {};
      }
      known.registrars[registrar().certificate] = {registrar().device, registrar().signing.public_part()};
      known.grants.erase(registrar().device);
      if (third == fate::leaves) {
        known.grants.erase(devices[2].device);
        known.leaving.insert(devices[2].device);
      } else if (third == fate::revoked) {
        known.devices[devices[2].device].barred = true;
        known.leaving.insert(devices[2].device);
      }
    }
  }
  [[nodiscard]] const test_device& registrar() const { return devices[5]; }
  [[nodiscard]] const known_devices& everybody_in() const { return standings.at({fate::stays}); }
};

inline const cast& the_cast() {
  static const cast all;
  return all;
}

/// A link and what a device stores of it before it is sent.
struct made_link {
  refusal why = refusal::none; ///< why it could not be staged
  roster_link link;
};

/// An adoption that can be copied.
struct kept_adoption {
  refusal why = refusal::none;
  party_chain chain;
  bytes seed;
  bool foreign_seed = false;
};

/// The library, each question asked once.
class asked_once {
public:
  const made_link& staged(const roster_keys& keys, const turn_intent& intent, const scenario& s,
                          const test_device& by, signer_role role) {
    auto question = key_of(*keys.chain(world_role), s, by);
    question.push_back(static_cast<std::uint8_t>(intent.reason));
    for (const auto* list : {&intent.add, &intent.remove})
      for (const auto& d : *list)
        question.push_back(d.value[0]);
    auto found = links_.find(question);
    if (found == links_.end()) {
      made_link out;
      auto turn = keys.stage_turn(intent, the_cast().standings.at(s), by.maker(role), world_time);
      out.why = turn.why();
      if (turn)
        out.link = *roster_link::decode(turn->core, turn->members, turn->seals, world_clinic);
      found = links_.emplace(question, std::move(out)).first;
    }
    return found->second;
  }
  refusal checked(const party_chain& chain, const roster_link& link, const scenario& s) {
    auto question = key_of(chain, s, the_cast().devices[0]);
    append(question, link.core.hash());
    auto found = checks_.find(question);
    if (found == checks_.end())
      found =
          checks_.emplace(question, check_link(chain, link, the_cast().standings.at(s), viewpoint::daemon))
              .first;
    return found->second;
  }
  const kept_adoption& judged(const roster_keys& keys, const older_links& older, const roster_link& newest,
                              const scenario& s, const test_device& by) {
    const auto* held = keys.chain(world_role);
    auto question = key_of(held == nullptr ? party_chain{} : *held, s, by);
    question.push_back(static_cast<std::uint8_t>(older.all.size()));
    append(question, newest.core.hash());
    auto found = adoptions_.find(question);
    if (found == adoptions_.end()) {
      kept_adoption out;
      auto judged = keys.judge(older, newest, the_cast().standings.at(s));
      out.why = judged.why();
      if (judged) {
        REQUIRE(judged->trouble == refusal::none);
        out.chain = judged->chain;
        out.foreign_seed = judged->foreign_seed;
        if (judged->seed)
          out.seed = to_bytes(judged->seed->view());
      }
      found = adoptions_.emplace(question, std::move(out)).first;
    }
    return found->second;
  }
  [[nodiscard]] std::size_t questions() const { return links_.size() + checks_.size() + adoptions_.size(); }

private:
  static void append(bytes& to, bytes_view what) { to.insert(to.end(), what.begin(), what.end()); }
  static bytes key_of(const party_chain& chain, const scenario& s, const test_device& by) {
    bytes out{static_cast<std::uint8_t>(s.third), by.device.value[0]};
    if (chain.head() != 0)
      append(out, chain.epochs.back().hash);
    return out;
  }
  std::map<bytes, made_link> links_;
  std::map<bytes, refusal> checks_;
  std::map<bytes, kept_adoption> adoptions_;
};

inline asked_once& the_library() {
  static asked_once all;
  return all;
}

/// The daemon's compare-and-set: the first link on the head wins.
struct world_daemon {
  scenario how;
  party_chain chain;
  std::vector<roster_link> links; ///< number n at n - 1

  refusal post(const roster_link& link) {
    auto why = the_library().checked(chain, link, how);
    if (why == refusal::none) {
      chain = extended(chain, link);
      links.push_back(link);
    }
    return why;
  }
};

} // namespace wardline::test
