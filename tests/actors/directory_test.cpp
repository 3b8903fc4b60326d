// Changes of identity: one at a time, in order, known after the commit and never before.
#include "role_links.hpp"
#include "timeouts.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

struct open_house : people_fixture {
  open_house() { open(); }

  /// Invited, asked for at once: run() decides.
  std::shared_ptr<asked<outcome>> invites(std::string_view who) {
    auto& e = c.person(who, {c.party(who)});
    return asks(invite(e, {name_of(who, 1)}));
  }
  std::shared_ptr<asked<outcome>> asks(ask::request_body what) {
    return ask(ask_directory{caller_of(c.admin()), {}, std::move(what), now});
  }
};

} // namespace

TEST_CASE("changes are committed one at a time and in order, each decided on the ones before") {
  open_house f;
  auto commits = f.s.disk.commits;
  auto leaves = f.leaves();
  std::vector<std::shared_ptr<asked<outcome>>> answers;
  for (int i = 0; i < 5; ++i)
    answers.push_back(f.invites("person " + std::to_string(i)));
  auto twice = f.asks(f.invite(f.c["person 4"], {f.name_of("person 4", 1)}));
  auto question = f.asks(ask::list_parties{});
  f.w.run();
  CHECK(f.s.disk.commits == commits + 5);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    REQUIRE(answers[i]->answer);
    CHECK(as<ask::submitted>(*answers[i]->answer).leaf == leaves + i);
  }
  CHECK(as<ask::submitted>(*twice->answer).leaf == leaves + 4);
  as<ask::parties>(*question->answer);
}

TEST_CASE("two enrolments by one invitation at once: one wins") {
  open_house f;
  auto& e = f.c.person("visitor", {f.c.party("visitor")});
  f.says(f.c.admin(), f.invite(e, {f.name_of("visitor", 1)}));
  auto other = f.enrol(e);
  e2ee::device_fields x = e.certificate;
  x.device = build::named<device_id>("photographer");
  other.certificate = e2ee::sign_object(
      f.c.id, x, {{e.invitation_key, e2ee::labels::device}, {e.signing, e2ee::labels::device_possession}});
  auto first = f.ask(ask_directory{nullptr, e.noise.public_part, f.enrol(e), f.now});
  auto second = f.ask(ask_directory{nullptr, e.noise.public_part, other, f.now});
  f.w.run();
  as<ask::enrolled>(*first->answer);
  CHECK(why(*second->answer) == refusal::invitation_used_twice);
}

TEST_CASE("a store that refuses: nothing is known that is not stored, and the next change works") {
  open_house f;
  auto before = said(*f.board->now());
  auto rows = f.s.disk.rows;
  auto allowed = f.link.allowed.size();
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  auto& e = f.c.person("visitor", {f.c.party("visitor")});
  auto m = f.invite(e, {f.name_of("visitor", 1)});
  m.link_key = build::drawn("visitor's link");
  auto first = f.asks(m);
  auto next = f.invites("another");
  f.w.run();
  CHECK(why(*first->answer) == refusal::storage_refused);
  as<ask::submitted>(*next->answer);
  CHECK(f.link.allowed.size() == allowed);
  CHECK(f.board->now()->party(f.c.party("visitor")) == nullptr);
  CHECK(why(f.knocks({}, ask::show_invitation{e.invited.invitation, code})) == refusal::not_found);
  as<ask::submitted>(f.says(f.c.admin(), m)); // the retry is a first time

  before = said(*f.board->now());
  rows = f.s.disk.rows;
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(f.enrols(e)) == refusal::storage_refused);
  CHECK(said(*f.board->now()) == before);
  CHECK(f.s.disk.rows == rows);
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(f.knocks({}, ask::show_invitation{e.invited.invitation, "00000000"})) ==
        refusal::storage_refused); // not one free guess
  as<ask::enrolled>(f.enrols(e));
}

TEST_CASE("a store that refuses a link leaves the chain where it was") {
  open_house f;
  auto& e = f.nurse("nurse1", {"triage"});
  role_links triage{f, f.c.party("triage"), e2ee::party_kind::role};
  auto m = triage.link(e, {&e}, e2ee::link_reason::genesis);
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  CHECK(why(f.says(e, m)) == refusal::storage_refused);
  CHECK(f.board->now()->party(f.c.party("triage"))->n == 0);
  triage.accepted(e, {&e}, e2ee::link_reason::genesis); // another one: the first never was
  CHECK(f.board->now()->party(f.c.party("triage"))->n == 1);
}

TEST_CASE("a commit of unknown outcome ends the directory: nobody decides on what may be old") {
  open_house f;
  auto silent = f.w.sys.spawn([](store_actor::pointer self) -> store_actor::behavior_type {
    return {
        [self](const wardline::write&) -> caf::result<committed> {
          return self->make_response_promise<committed>();
        },
        [](const flush&) {},
        [](const sign_checkpoint&) {},
        [](const get_checkpoint&) -> caf::result<checkpoint_note> { return refusal::not_found; },
        [](const probe&) { return probed{}; },
        [](const begin_turn&) -> caf::result<turn_state> { return refusal::unknown_request; },
        [](const step_turn&) -> caf::result<turn_state> { return refusal::unknown_request; },
    };
  });
  f.stop(f.house);
  f.stop(f.store_in_house);
  f.store_in_house = silent;
  auto known = registry::load(f.s.disk);
  f.house = f.w.sys.spawn(directory, f.surroundings(std::nullopt), std::move(*known));
  auto lost = f.invites("visitor");
  auto behind = f.invites("another");
  f.w.run();
  f.w.advance(store_timeout + std::chrono::seconds{1});
  CHECK_FALSE(lost->answer);
  CHECK_FALSE(behind->answer);
  CHECK(f.s.journal.count("change_unknown") == 1);
  auto later = f.asks(ask::list_parties{});
  f.w.run();
  CHECK(later->why);
}

TEST_CASE("a crash between commit and answer: the next process gives the same answer") {
  open_house f;
  auto& e = f.c.person("visitor", {f.c.party("visitor")});
  f.says(f.c.admin(), f.invite(e, {f.name_of("visitor", 1)}));
  bool persisted = GENERATE(false, true);
  f.s.disk.faults.push_back(persisted ? storage_fault::fail_but_persist
                                      : storage_fault::unknown_and_not_persist);
  auto lost = f.ask(ask_directory{nullptr, e.noise.public_part, f.enrol(e), f.now});
  f.w.run();
  CHECK_FALSE(lost->answer);
  CHECK(f.s.deaths.size() == 1);
  f.restart();
  auto leaves = f.leaves();
  as<ask::enrolled>(f.enrols(e));
  CHECK(f.leaves() == leaves + (persisted ? 0 : 1));
  CHECK(f.board->now()->device(e.device) != nullptr);
}

TEST_CASE("more changes than may wait are refused, and those that wait are answered") {
  open_house f;
  f.stop(f.worker); // never answers
  auto keeper = f.w.sys.spawn([](password_actor::pointer self) -> password_actor::behavior_type {
    return {[](const check_password&) { return password_checked{}; },
            [self](const make_password_hash&) -> caf::result<password_hash> {
              return self->make_response_promise<password_hash>();
            }};
  });
  f.worker = keeper;
  f.stop(f.house);
  auto known = registry::load(f.s.disk);
  f.house = f.w.sys.spawn(directory, f.surroundings(std::nullopt), std::move(*known));
  auto& e = f.c.person("visitor", {f.c.party("visitor")});
  f.says(f.c.admin(), f.invite(e, {f.name_of("visitor", 1)}));
  auto stuck = f.ask(ask_directory{nullptr, e.noise.public_part, f.enrol(e), f.now});
  f.w.run();
  auto object = f.invite(e, {f.name_of("visitor", 1)});
  std::vector<std::shared_ptr<asked<outcome>>> waiting;
  for (std::size_t i = 1; i < changes_waiting_max; ++i)
    waiting.push_back(f.asks(object));
  f.w.run();
  auto over = f.asks(object);
  auto question = f.asks(ask::list_parties{}); // looks at what is known wait for nobody
  f.w.run();
  CHECK(why(*over->answer) == refusal::overloaded);
  as<ask::parties>(*question->answer);
  CHECK_FALSE(waiting.front()->answer);
  f.w.advance(password_timeout + std::chrono::seconds{1});
  CHECK(why(*stuck->answer) == refusal::overloaded); // a timeout is no answer about the enrolment
  for (const auto& a : waiting)
    as<ask::submitted>(*a->answer);
}
