// What devices are told without asking: turns that wait for them, packs, new heads; and to whom slips go no
// more (e2ee 6.4, 6.7, 6.8).
#include "fake_session.hpp"
#include "invited_devices.hpp"
#include "role_links.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

using e2ee::link_reason;

struct told_house : people_fixture {
  party_id role = c.party("triage");
  role_links triage{*this, role, e2ee::party_kind::role};
  std::vector<build::enrolled*> nurses; ///< members, ascending by device
  build::enrolled* joiner = nullptr;    ///< belongs to the role and is not in yet
  std::map<device_id, fake_session> channels;

  told_house() {
    open();
    for (const auto* who : {"nurse1", "nurse2", "nurse3"})
      nurses.push_back(&nurse(who, {"triage"}));
    std::sort(nurses.begin(), nurses.end(), [](auto* a, auto* b) { return a->device < b->device; });
    triage.accepted(*nurses[0], {nurses[0], nurses[1], nurses[2]}, link_reason::genesis);
  }
  ~told_house() {
    for (auto& [d, channel] : channels)
      stop(channel.actor);
  }
  fake_session& online(const build::enrolled& e) {
    auto& channel = channels[e.device];
    channel.spawn(w.sys);
    caf::anon_send(house, session_online{caller_now(e), channel.actor});
    w.run();
    return channel;
  }
  void all_online() {
    for (const auto* n : nurses)
      online(*n);
  }
  void joins() { joiner = &nurse("joiner", {"triage"}); }
  std::size_t told(const build::enrolled& e) { return channels.at(e.device).take<ask::pending>().size(); }
  /// How many of the nurses were told since the last question, in their order.
  std::vector<std::size_t> told() { return {told(*nurses[0]), told(*nurses[1]), told(*nurses[2])}; }
  ask::pending list(const build::enrolled& e) { return as<ask::pending>(says(e, ask::list_pending{})); }
  void withdraws(const build::enrolled& from) {
    as<ask::submitted>(says(c.admin(), ask::submit{c.withdraw(from.user, role).raw(), {}, {}}));
  }
};

using counts = std::vector<std::size_t>;

} // namespace

TEST_CASE("who belongs and is not in: the member with the lowest device is told at once, the others later") {
  told_house f;
  f.all_online();
  f.ticks(1'000);
  CHECK(f.told() == counts{0, 0, 0});
  f.joins();
  auto news = f.channels.at(f.nurses[0]->device).take<ask::pending>();
  REQUIRE(news.size() == 1);
  REQUIRE(news.front().turns.size() == 1);
  CHECK(news.front().turns.front().party == f.role);
  CHECK(news.front().turns.front().add == std::vector{f.joiner->device});
  CHECK(news.front().turns.front().remove.empty());
  CHECK(news.front().turns.front().since == f.now);
  CHECK(f.told() == counts{0, 0, 0});
  f.ticks(tell_others_ms - 1);
  CHECK(f.told() == counts{0, 0, 0});
  f.ticks(1);
  CHECK(f.told() == counts{0, 1, 1});
  f.ticks(tell_again_ms - 1);
  CHECK(f.told() == counts{0, 0, 0});
  f.ticks(1);
  CHECK(f.told() == counts{1, 1, 1});
  f.triage.accepted(*f.nurses[1], {f.nurses[0], f.nurses[1], f.nurses[2], f.joiner}, link_reason::add);
  f.ticks(tell_again_ms);
  CHECK(f.told() == counts{0, 0, 0});
}

TEST_CASE("who is not online at first is told as long as it waits") {
  told_house f;
  f.joins();
  f.ticks(1'000);
  auto& late = f.online(*f.nurses[2]);
  CHECK(late.got.empty());
  f.ticks(1'000);
  CHECK(f.told(*f.nurses[2]) == 1);
  f.ticks(tell_again_ms);
  CHECK(f.told(*f.nurses[2]) == 1);
}

TEST_CASE("only what is new is told at once") {
  told_house f;
  f.all_online();
  f.joins();
  CHECK(f.told() == counts{1, 0, 0});
  auto& other = f.nurse("other", {"surgery"}); // something else changes
  CHECK(f.told() == counts{0, 0, 0});
  role_links surgery{f, f.c.party("surgery"), e2ee::party_kind::role};
  surgery.accepted(other, {&other}, link_reason::genesis);
  CHECK(f.told() == counts{0, 0, 0});
  auto& more = f.nurse("more", {"triage"});
  auto news = f.channels.at(f.nurses[0]->device).take<ask::pending>();
  REQUIRE(news.size() == 1);
  CHECK(news.front().turns.front().add.size() == 2); // the whole turn
  (void)more;
}

TEST_CASE("who was turned out or withdrawn is to go, and is not asked to do it") {
  told_house f;
  f.all_online();
  bool revoked = GENERATE(true, false);
  if (revoked)
    turn_out(f, *f.nurses[0]);
  else
    f.withdraws(*f.nurses[0]);
  auto news = f.channels.at(f.nurses[1]->device).take<ask::pending>();
  REQUIRE(news.size() == 1);
  CHECK(news.front().turns.front().remove == std::vector{f.nurses[0]->device});
  f.ticks(tell_others_ms);
  CHECK(f.told() == counts{0, 0, 1});
  CHECK(f.list(*f.nurses[1]).turns.size() == 1);
  CHECK(f.list(*f.nurses[0]).turns.empty());
}

TEST_CASE("what waits is listed for members alone, and since when") {
  told_house f;
  auto first = f.now;
  f.joins();
  f.ticks(5'000);
  f.nurse("later", {"triage"});
  auto turns = f.list(*f.nurses[2]).turns;
  REQUIRE(turns.size() == 1);
  CHECK(turns.front().since == first); // the oldest of those who wait
  CHECK(turns.front().add.size() == 2);
  CHECK(f.list(*f.joiner).turns.empty());
  CHECK(f.list(f.c.admin()).turns.empty());
  f.restart(); // memory of this daemon's life
  CHECK(f.list(*f.nurses[2]).turns.front().since == f.now);
}

TEST_CASE("who may let a device in gets its certificate with the party, and nobody else") {
  told_house f;
  f.joins();
  auto shows_joiner = [&](const build::enrolled& asker) {
    auto party = as<ask::party>(f.says(asker, ask::get_party{f.role, 1}));
    return std::any_of(party.certificates.begin(), party.certificates.end(),
                       [&](const auto& l) { return l.object == f.joiner->certificate.raw(); });
  };
  CHECK(shows_joiner(*f.nurses[0]));
  CHECK(shows_joiner(*f.joiner));
  CHECK_FALSE(shows_joiner(f.nurse("stranger", {"others"})));
}

TEST_CASE("a pack that is wanted is told like a turn, but not to its receiver") {
  told_house f;
  f.all_online();
  auto& late =
      f.bring_in(device_with_history(f.c, "late", {f.c.party("late"), f.role}, 5), {f.name_of("late", 1)});
  f.online(late);
  (void)f.told();
  f.triage.accepted(*f.nurses[0], {f.nurses[0], f.nurses[1], f.nurses[2], &late}, link_reason::add);
  std::size_t packs = 0;
  auto count = [&](const build::enrolled& e) {
    for (const auto& p : f.channels.at(e.device).take<ask::pending>())
      packs += p.packs.size();
    return std::exchange(packs, 0);
  };
  CHECK(count(*f.nurses[0]) + count(*f.nurses[1]) == 1); // the lowest device but late's
  f.ticks(tell_others_ms);
  f.ticks(tell_again_ms);
  CHECK(count(*f.nurses[2]) >= 1);
  CHECK(count(late) == 0);
}

TEST_CASE("a new head is told to who was, is, or is to be in, and to nobody else") {
  told_house f;
  f.all_online();
  f.joins();
  f.online(*f.joiner);
  auto& stranger = f.online(f.nurse("stranger"));
  f.withdraws(*f.nurses[2]);
  for (auto& [d, channel] : f.channels)
    channel.got.clear();
  f.triage.accepted(*f.nurses[0], {f.nurses[0], f.nurses[1]}, link_reason::remove);
  for (const auto* e : {f.nurses[0], f.nurses[1], f.nurses[2], f.joiner}) {
    auto news = f.channels.at(e->device).take<ask::party_changed>();
    REQUIRE(news.size() == 1);
    CHECK(news.front().party == f.role);
    CHECK(news.front().n == 2);
  }
  CHECK(stranger.got.empty());
}

TEST_CASE("slips go to members who still belong there") {
  told_house f;
  f.all_online();
  f.withdraws(*f.nurses[1]);
  turn_out(f, *f.nurses[2]);
  for (auto& [d, channel] : f.channels)
    channel.got.clear();
  auto message = std::make_shared<const bytes>(bytes{1, 2, 3});
  caf::anon_send(f.house, fan_out{{f.role}, message});
  f.w.run();
  auto got = [&](std::size_t i) {
    const auto& all = f.channels.at(f.nurses[i]->device).got;
    return std::count(all.begin(), all.end(), message);
  };
  CHECK(got(0) == 1);
  CHECK(got(1) == 0);
  CHECK(got(2) == 0);
}

TEST_CASE("a list of what waits ends where the wire's limit is") {
  told_house f;
  // One nurse began more roles than a list has rows, and another one belongs to all of them. An invitation
  // names at most 64 parties, so that both belong by grants.
  auto& busy = f.nurse("busy");
  auto& waits = f.nurse("waits");
  const std::size_t roles_of_one = 60;
  for (std::size_t first = 0; first <= wire::pending_rows_max; first += roles_of_one) {
    std::vector<std::string> names;
    for (std::size_t i = first; i < first + roles_of_one; ++i)
      names.push_back("role " + std::to_string(i));
    f.nurse("owner " + std::to_string(first), {names.begin(), names.end()});
    for (const auto& name : names) {
      role_links links{f, f.c.party(name), e2ee::party_kind::role};
      for (const auto* e : {&busy, &waits}) {
        auto grant = f.c.grant(e->user, f.c.party(name));
        as<ask::submitted>(f.says(f.c.admin(), ask::submit{grant.raw(), {}, {}}));
        links.grants[e->device] = grant.hash();
      }
      links.accepted(busy, {&busy}, link_reason::genesis);
    }
  }
  CHECK(f.list(busy).turns.size() == wire::pending_rows_max);
}
