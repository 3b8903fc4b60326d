// Who is woken: connected devices of a step's targets, as duty is then; and what people are told about duty.
#include "fake_session.hpp"
#include "people_fixture.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct woken_house : people_fixture {
  party_id role = c.party("triage");
  std::map<device_id, fake_session> channels;
  build::enrolled *ann = nullptr, *bea = nullptr, *cid = nullptr;

  woken_house() {
    open();
    ann = &nurse("ann", {"triage"});
    bea = &nurse("bea", {"triage"});
    cid = &nurse("cid");
  }
  ~woken_house() {
    for (auto& [d, channel] : channels)
      stop(channel.actor);
  }
  void online(const build::enrolled& e) {
    auto& channel = channels[e.device];
    channel.spawn(w.sys);
    caf::anon_send(house, session_online{caller_now(e), channel.actor});
    w.run();
  }
  void on_duty(std::vector<user_id> people) {
    auto plan = std::make_shared<rules::duty_plan>();
    plan->rosters[role].rotation = {0, 24, std::move(people)};
    duty.swap(std::move(plan));
  }
  std::size_t wakes(rules::wake_target::kind who, const party_id& party, user_id author = {},
                    std::vector<rules::wake_target> before = {}) {
    wake_up m{
        build::named<message_id>("m"), rules::lane::urgent, author, {{who, party}}, std::move(before), now};
    auto a = w.ask<woken>(house, m);
    w.run();
    REQUIRE(a->answer);
    return a->answer->devices;
  }
  std::size_t rang(const build::enrolled& e) {
    auto found = channels.find(e.device);
    return found == channels.end() ? 0 : found->second.take<ask::wake>().size();
  }
};

using kind = rules::wake_target::kind;

} // namespace

TEST_CASE("connected devices of the target ring, and no others") {
  woken_house f;
  CHECK(f.wakes(kind::everyone, f.role) == 0);
  f.online(*f.ann);
  f.online(*f.cid);
  CHECK(f.wakes(kind::everyone, f.role) == 1);
  CHECK(f.rang(*f.ann) == 1);
  CHECK(f.rang(*f.cid) == 0);
  f.online(*f.bea);
  CHECK(f.wakes(kind::everyone, f.role) == 2);
  CHECK(f.wakes(kind::everyone, f.c.party("cid")) == 1);
  CHECK(f.wakes(kind::everyone, build::named<party_id>("nobody's")) == 0);
}

TEST_CASE("duty is looked up when the step is run") {
  woken_house f;
  for (const auto* e : {f.ann, f.bea})
    f.online(*e);
  CHECK(f.wakes(kind::on_duty, f.role) == 2); // no roster: everybody's
  f.on_duty({f.bea->user});
  f.rang(*f.ann);
  f.rang(*f.bea);
  CHECK(f.wakes(kind::on_duty, f.role) == 1);
  CHECK(f.rang(*f.ann) == 0);
  CHECK(f.rang(*f.bea) == 1);
  f.on_duty({f.cid->user}); // on the roster, and no member: reaches nobody
  f.online(*f.cid);
  CHECK(f.wakes(kind::on_duty, f.role) == 0);
  f.on_duty({});
  CHECK(f.wakes(kind::on_duty, f.role) == 0);
}

TEST_CASE("a step tells those before it once more, and counts its own") {
  woken_house f;
  for (const auto* e : {f.ann, f.bea, f.cid})
    f.online(*e);
  f.on_duty({f.ann->user});
  CHECK(f.wakes(kind::everyone, f.c.party("cid"), {}, {{kind::on_duty, f.role}}) == 1);
  CHECK(f.rang(*f.ann) == 1);
  CHECK(f.rang(*f.cid) == 1);
  CHECK(f.rang(*f.bea) == 0);
}

TEST_CASE("nobody is woken for her own message, and no removed device at all") {
  woken_house f;
  for (const auto* e : {f.ann, f.bea})
    f.online(*e);
  CHECK(f.wakes(kind::everyone, f.role, f.ann->user) == 1);
  CHECK(f.rang(*f.ann) == 0);
  as<ask::submitted>(f.says(f.c.admin(), ask::submit{f.c.withdraw(f.bea->user, f.role).raw(), {}, {}}));
  CHECK(f.wakes(kind::everyone, f.role) == 1);
  CHECK(f.rang(*f.bea) == 1); // from before
}

TEST_CASE("who is on duty, for how long, and whether it is oneself") {
  woken_house f;
  auto all = as<ask::duties>(f.says(*f.ann, ask::get_duty{})).all;
  REQUIRE(all.size() == 1);
  CHECK_FALSE(all[0].rostered);
  CHECK(all[0].mine);
  CHECK(all[0].until == 0);
  f.on_duty({f.ann->user, f.bea->user});
  auto row = as<ask::duties>(f.says(*f.ann, ask::get_duty{f.role, 0})).all.at(0);
  CHECK(row.rostered);
  REQUIRE(row.people.size() == 1);
  CHECK(row.mine == (row.people[0] == f.ann->user));
  CHECK(row.until == (f.now / build::day + 1) * build::day);
  auto next = as<ask::duties>(f.says(*f.bea, ask::get_duty{f.role, row.until})).all.at(0);
  CHECK(next.people != row.people);
  CHECK(as<ask::duties>(f.says(*f.cid, ask::get_duty{})).all.empty());
  CHECK_FALSE(as<ask::duties>(f.says(*f.cid, ask::get_duty{f.role, 0})).all.at(0).mine);
  CHECK(as<ask::refused>(f.says(*f.ann, ask::get_duty{f.c.party("ann"), 0})).why == refusal::not_found);
  CHECK(as<ask::refused>(f.says(*f.ann, ask::get_duty{f.role, f.now + 2 * rules::roster_horizon_ms})).why ==
        refusal::roster_beyond_horizon);
}
