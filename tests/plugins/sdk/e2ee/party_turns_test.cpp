// Turns that race for one head (e2ee 6.4).
#include "role_members.hpp"
#include <random>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

/// The daemon's compare-and-set: the first turn on the head wins, the loser gets `epoch_taken`.
struct daemon_side {
  party_chain chain;
  std::vector<roster_link> links;

  refusal post(const staged_turn& t, const standing& known) {
    auto link = decoded(t);
    if (auto why = check_link(chain, link, known, viewpoint::daemon); why != refusal::none)
      return why;
    chain = extended(chain, link);
    links.push_back(link);
    return refusal::none;
  }
  void catch_up(member& m, const standing& known) const {
    auto from = m.keys.chain(role) == nullptr ? 0 : m.keys.chain(role)->head();
    for (auto i = from; i < links.size(); ++i)
      m.take(links[i], known);
  }
};

/// Two members stage at once on the same head; the loser adopts, looks at its intent again and rebuilds it.
void race(std::uint32_t seed) {
  std::mt19937 dice{seed};
  role_party p;
  daemon_side daemon;
  REQUIRE(daemon.post(*p.station.stage(add({p.station.own.device}, link_reason::genesis), p.known),
                      p.known) == refusal::none);
  for (auto* m : p.all())
    daemon.catch_up(*m, p.known);
  member clerk{4};
  p.known.add(clerk.own);
  p.known.grants[clerk.own.device] = {};
  bool clerk_leaves = dice() % 3 == 0;
  auto second = add({p.nurse.own.device});
  if (clerk_leaves)
    second.add.push_back(clerk.own.device);
  REQUIRE(daemon.post(*p.station.stage(second, p.known), p.known) == refusal::none);
  for (auto* m : p.all())
    daemon.catch_up(*m, p.known);
  if (clerk_leaves)
    p.known.leaving.insert(clerk.own.device);

  std::array<member*, 2> racers{&p.station, &p.nurse};
  std::array<turn_intent, 2> intents{add({p.physician.own.device}),
                                     clerk_leaves ? remove({clerk.own.device}) : add({clerk.own.device})};
  bool same = dice() % 4 == 0;
  if (same) // both take the same joiner
    intents[1] = intents[0];
  std::array<std::optional<staged_turn>, 2> staged;
  for (int step = 0; step < 64; ++step) {
    auto i = dice() % 2;
    if (holds(*racers[i]->keys.chain(role), intents[i]))
      continue;
    if (!staged[i]) {
      auto t = racers[i]->stage(intents[i], p.known);
      REQUIRE(t);
      staged[i] = std::move(*t);
      continue;
    }
    auto why = daemon.post(*staged[i], p.known);
    REQUIRE((why == refusal::none || why == refusal::epoch_taken));
    staged[i].reset();
    daemon.catch_up(*racers[i], p.known);
  }
  for (auto* m : racers) {
    daemon.catch_up(*m, p.known);
    CHECK(m->keys.chain(role)->epochs.back().hash == daemon.chain.epochs.back().hash);
    CHECK(m->keys.seed(role, daemon.chain.head()) != nullptr);
  }
  for (const auto& intent : intents)
    CHECK(holds(daemon.chain, intent));
  CHECK(daemon.links.size() == (same ? 3u : 4u));
}

} // namespace

TEST_CASE("negative 72: two members turn at once: one head, both intents done") {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    INFO("seed " << seed);
    race(seed);
  }
}

TEST_CASE("negative 72, all seeds", "[.long]") {
  for (std::uint32_t seed = 0; seed < 10'000; ++seed) {
    INFO("seed " << seed);
    race(seed);
  }
}
