// Whom the directory hands requests on to, and who is connected.
#include "fake_session.hpp"
#include "message_rows.hpp"
#include "role_links.hpp"

using namespace wardline;
namespace ask = wire::device;

namespace {

/// Conversations that answer with their number in a leaf, and die when told.
struct counted_conversations {
  std::vector<conversation_id> spawned;
  std::vector<conversation_actor> alive;
  std::vector<conversation_id> changed;

  make_conversation factory(caf::actor_system& sys) {
    return [this, &sys](const conversation_id& id, directory_actor) {
      spawned.push_back(id);
      auto number = spawned.size();
      auto answer = [number](const auto&) { return outcome{ask::done{number}}; };
      alive.push_back(sys.spawn([=, this](conversation_actor::pointer) -> conversation_actor::behavior_type {
        return {[=](const post_slip& m) { return answer(m); },
                [=](const open_bodies& m) { return answer(m); },
                [=](const read_slips& m) { return answer(m); },
                [=](const apply_act& m) { return answer(m); },
                [=](const open_chunk& m) { return answer(m); },
                [this](const conversation_changed& m) { changed.push_back(m.conversation); }};
      }));
      return alive.back();
    };
  }
};

struct parent_house : people_fixture {
  counted_conversations talks;
  build::enrolled* nurse1 = nullptr;
  conversation_links talk{*this, "talk"};
  fake_session first, second;

  parent_house() {
    make_conversation_actor = talks.factory(w.sys);
    open();
    nurse1 = &nurse("nurse1", {"triage"});
    talk.accepted(*nurse1, {{c.party("nurse1"), e2ee::party_kind::user}});
    first.spawn(w.sys);
    second.spawn(w.sys);
  }
  ~parent_house() {
    for (auto& a : talks.alive)
      stop(a);
    stop(first.actor);
    stop(second.actor);
  }

  /// The number of the conversation actor that answered.
  std::uint64_t asks_talk() { return as<ask::done>(answer_to(reads(talk.head.conversation))).leaf; }
  read_slips reads(const conversation_id& id) const { return {caller_of(*nurse1), {id, {}, 0, 1}}; }
  template <class Message>
  void tell(Message m) {
    caf::anon_send(house, std::move(m));
    w.run();
  }
  std::shared_ptr<const bytes> news(std::vector<party_id> parties) {
    auto message = std::make_shared<const bytes>(bytes{1, 2, 3});
    tell(fan_out{std::move(parties), message});
    return message;
  }
  outcome signs_in(const build::enrolled& e, const user_id& as_user, const std::string& word = password) {
    return answer_to(signing_in(e, as_user, word));
  }
};

} // namespace

TEST_CASE("a conversation is spawned by its first request, kept, and spawned again when it died") {
  parent_house f;
  CHECK(f.talks.spawned.empty());
  CHECK(f.asks_talk() == 1);
  CHECK(f.asks_talk() == 1);
  CHECK(
      as<ask::done>(f.answer_to(open_bodies{f.caller_of(*f.nurse1), {f.talk.head.conversation, {1}}, f.now}))
          .leaf == 1);
  post_slip post;
  post.who = f.caller_of(*f.nurse1);
  post.conversation = f.talk.head.conversation;
  CHECK(as<ask::done>(f.answer_to(post)).leaf == 1);
  f.stop(f.talks.alive.front());
  CHECK(f.asks_talk() == 2);
  CHECK(f.talks.spawned == std::vector{f.talk.head.conversation, f.talk.head.conversation});
}

TEST_CASE("a number that somebody made up spawns nothing") {
  parent_house f;
  auto made_up = build::named<conversation_id>("made up");
  CHECK(why(f.answer_to(f.reads(made_up))) == refusal::not_found);
  // Nor does a party's row in the same table.
  CHECK(why(f.answer_to(f.reads({f.c.party("nurse1").value}))) == refusal::not_found);
  apply_act act;
  act.who = f.caller_of(*f.nurse1);
  act.message = build::named<message_id>("no message");
  CHECK(why(f.answer_to(act)) == refusal::not_found);
  CHECK(f.talks.spawned.empty());
}

TEST_CASE("an act finds its conversation by its message") {
  parent_house f;
  auto message = build::named<message_id>("message");
  bytes row(stamp_bytes);
  auto value = rows::encode(rows::accepted{{}, f.talk.head.conversation, 1});
  row.insert(row.end(), value.begin(), value.end());
  f.s.disk.rows[static_cast<std::size_t>(ports::table::idempotency)][to_bytes(message.view())] = row;
  apply_act act;
  act.who = f.caller_of(*f.nurse1);
  act.message = message;
  CHECK(as<ask::done>(f.answer_to(act)).leaf == 1);
}

TEST_CASE("idle children are let go, busy ones are not, and the next request spawns again") {
  parent_house f;
  f.tell(tick{f.now, 1});
  CHECK(f.asks_talk() == 1);
  f.tell(tick{f.now, 1 + idle_children_ms_max});
  CHECK(f.asks_talk() == 1); // used a moment ago
  f.tell(tick{f.now, 1 + 2 * idle_children_ms_max});
  CHECK(f.asks_talk() == 1);
  // The request comes before the idle one has gone: it is not handed to who is about to go.
  caf::anon_send(f.house, tick{f.now, 3 + 3 * idle_children_ms_max});
  auto meanwhile = f.ask(f.reads(f.talk.head.conversation));
  f.w.run();
  CHECK(as<ask::done>(*meanwhile->answer).leaf == 2);
  CHECK(f.asks_talk() == 2); // the first one's end takes nobody else along
}

TEST_CASE("an open conversation learns of its new link, after the commit") {
  parent_house f;
  f.asks_talk();
  f.s.disk.faults.push_back(storage_fault::fail_and_not_persist);
  auto m = f.talk.link(*f.nurse1, {{f.c.party("triage"), e2ee::party_kind::role}});
  CHECK(why(f.says(*f.nurse1, m)) == refusal::storage_refused);
  CHECK(f.talks.changed.empty());
  f.talk.accepted(*f.nurse1, {{f.c.party("triage"), e2ee::party_kind::role}});
  CHECK(f.talks.changed == std::vector{f.talk.head.conversation});
}

TEST_CASE("more open conversations than there may be are refused until idle ones have gone") {
  parent_house f;
  conversation_links other{f, "other"};
  other.accepted(*f.nurse1, {{f.c.party("nurse1"), e2ee::party_kind::user}});
  f.stop_house();
  f.conversations_open = 1;
  f.start();
  f.tell(tick{f.now, 1});
  CHECK(f.asks_talk() == 1);
  CHECK(why(f.answer_to(f.reads(other.head.conversation))) == refusal::not_found);
  f.tell(tick{f.now, 2 + idle_children_ms_max});
  CHECK(as<ask::done>(f.answer_to(f.reads(other.head.conversation))).leaf == 2);
}

TEST_CASE("the newer session of a device replaces the older") {
  parent_house f;
  auto who = f.caller_of(*f.nurse1);
  f.tell(session_online{who, f.first.actor});
  f.tell(session_online{who, f.first.actor});
  CHECK(f.first.cut.empty());
  f.tell(session_online{who, f.second.actor});
  CHECK(f.first.cut == std::vector{refusal::replaced});
  CHECK(f.second.cut.empty());
  // The old one's good-bye, and its end, do not take the new one off line.
  f.tell(session_offline{f.nurse1->device, f.first.actor});
  f.stop(f.first.actor);
  role_links own{f, f.c.party("nurse1"), e2ee::party_kind::user};
  own.accepted(*f.nurse1, {f.nurse1}, e2ee::link_reason::genesis);
  f.second.got.clear(); // it was told of the new head
  f.news({f.c.party("nurse1")});
  CHECK(f.second.got.size() == 1);
  f.tell(session_offline{f.nurse1->device, f.second.actor});
  f.news({f.c.party("nurse1")});
  CHECK(f.second.got.size() == 1);
}

TEST_CASE("news reach connected members, each once, and nobody else") {
  parent_house f;
  auto& nurse2 = f.nurse("nurse2", {"triage"});
  auto triage = f.c.party("triage");
  role_links role{f, triage, e2ee::party_kind::role};
  role.accepted(*f.nurse1, {f.nurse1}, e2ee::link_reason::genesis);
  role_links own{f, f.c.party("nurse1"), e2ee::party_kind::user};
  own.accepted(*f.nurse1, {f.nurse1}, e2ee::link_reason::genesis);
  f.tell(session_online{f.caller_of(*f.nurse1), f.first.actor});
  f.tell(session_online{f.caller_of(nurse2), f.second.actor});
  auto message = f.news({f.c.party("nurse1"), triage, f.c.party("nowhere")});
  REQUIRE(f.first.got.size() == 1);
  CHECK(f.first.got.front() == message); // encoded once
  CHECK(f.second.got.empty());           // entitled, but no member yet
  role.accepted(*f.nurse1, {f.nurse1, &nurse2}, e2ee::link_reason::add);
  f.first.got.clear(); // both were told of the new head
  f.second.got.clear();
  f.stop(f.first.actor);
  f.news({triage});
  CHECK(f.first.got.empty());
  CHECK(f.second.got.size() == 1);
}

TEST_CASE("a log-in goes to the device's person, on a station to whom she names") {
  parent_house f;
  CHECK(as<ask::logged_in>(f.signs_in(*f.nurse1, f.nurse1->user)).user == f.nurse1->user);
  f.now += 30'000; // each code is good once
  // Whatever the message says: a personal device has one person.
  CHECK(as<ask::logged_in>(f.signs_in(*f.nurse1, f.c.admin().user)).user == f.nurse1->user);
  auto w = as<ask::welcome>(f.answer_to(resume{f.caller_of(*f.nurse1), f.now}));
  CHECK(w.user == f.nurse1->user);
  as<ask::done>(f.answer_to(sign_off{f.caller_of(*f.nurse1), f.now}));
  CHECK_FALSE(as<ask::welcome>(f.answer_to(resume{f.caller_of(*f.nurse1), f.now})).user);

  auto& desk = f.bring_in(f.c.station("front desk", {f.c.party("triage")}), {});
  CHECK(as<ask::logged_in>(f.signs_in(desk, f.nurse1->user)).user == f.nurse1->user);
  CHECK(why(f.signs_in(desk, f.nurse1->user, "wrong horse")) == refusal::wrong_password);
  CHECK(why(f.answer_to(sign_off{f.caller_of(desk), f.now})) == refusal::not_logged_in);
}

TEST_CASE("an unknown name costs the same work and gets the same answer, and so does an unknown device") {
  parent_house f;
  auto& desk = f.bring_in(f.c.station("front desk", {f.c.party("triage")}), {});
  auto verified = f.passwords.verified;
  auto leaves = f.leaves();
  CHECK(why(f.signs_in(desk, f.c.user("nobody"))) == refusal::wrong_password);
  CHECK(f.passwords.verified == verified + 1);
  CHECK(f.leaves() == leaves + 1);
  CHECK(f.last_entry().kind == rules::audit_kind::log_in_refused);
  for (std::uint32_t i = 1; i < rules::free_tries_max; ++i)
    f.signs_in(desk, f.c.user("nobody " + std::to_string(i)));
  CHECK(why(f.signs_in(desk, f.c.user("nobody"))) == refusal::too_many_tries);
  as<ask::logged_in>(f.signs_in(desk, f.nurse1->user));
  auto& stranger = f.c.person("stranger", {f.c.party("stranger")});
  CHECK(why(f.signs_in(stranger, f.nurse1->user)) == refusal::device_revoked);
}

TEST_CASE("a user's actor that died is spawned again") {
  parent_house f;
  std::vector<user_actor> users;
  f.stop_house();
  f.make_user_actor = [&](const user_id& id) {
    users.push_back(f.w.sys.spawn(user, id, f.parts_of_user()));
    return users.back();
  };
  f.start();
  as<ask::logged_in>(f.signs_in(*f.nurse1, {}));
  as<ask::logged_in>(f.signs_in(*f.nurse1, {}));
  REQUIRE(users.size() == 1);
  f.stop(users.front());
  as<ask::logged_in>(f.signs_in(*f.nurse1, {}));
  CHECK(users.size() == 2);
  f.stop(users.back());
}
