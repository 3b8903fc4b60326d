// Links that devices make: who comes in, who goes, who was faster, what a crash leaves behind.
#include "client/turns.hpp"
#include "handmade_device.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct ward_clinic : little_clinic {
  ward_clinic() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    settle();
  }
  client::device& device(const std::string& name) { return *(*this)[name].device; }
  party_id nurses() { return role("nurses"); }
  std::size_t links() { return daemon.parties.at(nurses()).cores.size(); }
  e2ee::link_core head() {
    return *e2ee::link_core::decode(daemon.objects.at(daemon.parties.at(nurses()).cores.back()).raw,
                                    daemon.clinic);
  }
  bool in(const std::string& name) {
    auto all = members(nurses());
    return std::find(all.begin(), all.end(), device(name).id()) != all.end();
  }
  client::result<client::nothing>
  admin_does(const std::function<void(client::device&, client::done<client::nothing>)>& what) {
    return act<client::nothing>(
        [&](client::done<client::nothing> then) { what(device("admin"), std::move(then)); });
  }
};

bool is_link(const d::request& r) {
  const auto* m = std::get_if<d::submit>(&r.what);
  auto k = m == nullptr ? expected<e2ee::kind>{refusal::needs} : e2ee::peek_kind(m->object);
  return m != nullptr && k && *k == e2ee::kind::link;
}

} // namespace

TEST_CASE("a member lets in who is entitled, and both read what comes") {
  ward_clinic clinic;
  REQUIRE(clinic.enrol("nurse2", {"nurses"}).why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.in("nurse2"); }));
  CHECK(clinic.head().reason == e2ee::link_reason::add);
  CHECK(clinic.head().signer_device == clinic.device("nurse1").id());
  CHECK(clinic.links() == 2);
  REQUIRE(clinic.send("admin", "nurses", "room 4").why() == refusal::none);
  clinic.settle();
  for (const auto* who : {"nurse1", "nurse2"}) {
    auto inbox = clinic.device(who).inbox();
    REQUIRE(inbox.size() == 1);
    CHECK(inbox[0].unreadable == refusal::none);
    CHECK(inbox[0].author_name == "admin");
  }
  auto head = clinic.device("nurse1").head_of(clinic.nurses());
  CHECK(head.n == 2);
  CHECK(head.hash == clinic.head().hash());
  CHECK(head.member);
  CHECK(clinic.device("nurse2").head_of(clinic.nurses()).hash == head.hash);
  CHECK_FALSE(clinic.device("admin").head_of(clinic.nurses()).member); // it writes to it
  CHECK(clinic.device("admin").head_of({}).n == 0);
}

TEST_CASE("a grant lets in by its hash, a withdrawal turns out") {
  ward_clinic clinic;
  REQUIRE(clinic.enrol("float1", {}).why() == refusal::none);
  auto granted = clinic.admin_does([](client::device& d, client::done<client::nothing> then) {
    d.grant("float1", "nurses", 0, std::move(then));
  });
  REQUIRE(granted.why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.in("float1"); }));
  REQUIRE(clinic.send("admin", "nurses", "one").why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.device("float1").inbox().size() == 1; }));
  CHECK(clinic.device("float1").inbox()[0].unreadable == refusal::none);

  auto withdrawn = clinic.admin_does([](client::device& d, client::done<client::nothing> then) {
    d.withdraw("float1", "nurses", std::move(then));
  });
  REQUIRE(withdrawn.why() == refusal::none);
  REQUIRE(clinic.run([&] { return !clinic.in("float1"); }));
  CHECK(clinic.head().reason == e2ee::link_reason::remove);
  CHECK(clinic.in("nurse1"));
}

TEST_CASE("a revoked device is turned out, once the second factor was given again") {
  ward_clinic clinic;
  REQUIRE(clinic.enrol("nurse2", {"nurses"}).why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.in("nurse2"); }));
  auto lost = clinic.device("nurse2").id();
  auto revoke = [&] {
    return clinic
        .admin_does([&](client::device& d, client::done<client::nothing> then) {
          d.revoke(lost, e2ee::revocation_reason::lost, std::move(then));
        })
        .why();
  };
  std::vector<bytes> asked;
  clinic.daemon.swallow = [&](const d::request& r) {
    const auto* m = std::get_if<d::submit>(&r.what);
    auto k = m == nullptr ? expected<e2ee::kind>{refusal::needs} : e2ee::peek_kind(m->object);
    if (k && *k == e2ee::kind::revocation)
      asked.push_back(m->object);
    return false;
  };
  clinic.daemon.factor_too_old = true;
  CHECK(revoke() == refusal::second_factor_too_old);
  CHECK(clinic.in("nurse2"));
  clinic.daemon.factor_too_old = false;
  CHECK(revoke() == refusal::none);
  REQUIRE(asked.size() == 2);
  CHECK(asked[0] == asked[1]); // the same revocation, not another one
  REQUIRE(clinic.run([&] { return !clinic.in("nurse2"); }));
  CHECK(clinic.head().reason == e2ee::link_reason::revoke);
  clinic.restart("nurse2");
  CHECK(clinic.run([&] { return clinic.device("nurse2").turned_away() == refusal::device_revoked; }));
}

TEST_CASE("the daemon's wish alone lets nobody in and turns nobody out") {
  ward_clinic clinic;
  REQUIRE(clinic.enrol("nurse2", {"nurses"}).why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.in("nurse2"); }));
  clinic.settle();
  auto before = clinic.links();
  auto stranger = clinic.device("admin").id();
  auto colleague = clinic.device("nurse2").id();
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    if (auto* wanted = std::get_if<d::pending>(&a))
      *wanted = {{{clinic.nurses(), {stranger}, {colleague}, 1}}, {}, {}};
  };
  unsigned tried = 0;
  clinic.daemon.swallow = [&](const d::request& r) {
    tried += is_link(r) ? 1 : 0;
    return false;
  };
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1").settled(); }));
  clinic.settle();
  CHECK(tried == 0);
  CHECK(clinic.links() == before);
  CHECK(clinic.in("nurse2"));
}

TEST_CASE("two members turn at once: one link, the other finds its intent done") {
  ward_clinic clinic;
  REQUIRE(clinic.enrol("nurse2", {"nurses"}).why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.in("nurse2"); }));
  clinic.settle();
  unsigned tries = 0;
  unsigned lost = 0;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    const auto* no = std::get_if<d::refused>(&a);
    tries += is_link(r) ? 1 : 0;
    lost += is_link(r) && no != nullptr && no->why == refusal::epoch_taken ? 1 : 0;
  };
  auto before = clinic.links();
  bool raced = false;
  clinic.daemon.before_link =
      [&](const party_id& party) { // while nurse1's link is on its way, nurse2 makes hers
        if (party == clinic.nurses() && !std::exchange(raced, true))
          clinic.pump("nurse2");
      };
  REQUIRE(clinic.enrol("nurse3", {"nurses"}).why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.in("nurse3"); }));
  clinic.settle();
  CHECK(lost == 1);
  CHECK(tries == 3); // both members' turn, and the newcomer's own party
  CHECK(clinic.links() == before + 1);
  REQUIRE(clinic.send("admin", "nurses", "to all three").why() == refusal::none);
  clinic.settle();
  for (const auto* who : {"nurse1", "nurse2", "nurse3"})
    CHECK(clinic.device(who).inbox().at(0).unreadable == refusal::none);
}

TEST_CASE("a turn that is always said to be taken ends after so many tries") {
  ward_clinic clinic;
  unsigned tries = 0;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (!is_link(r) || std::get<d::submit>(r.what).object.empty())
      return;
    auto core = e2ee::link_core::decode(std::get<d::submit>(r.what).object, clinic.daemon.clinic);
    if (core->party != clinic.nurses())
      return;
    ++tries;
    auto& p = clinic.daemon.parties.at(clinic.nurses());
    if (p.cores.size() > 1)
      p.cores.pop_back();
    d::refused no;
    no.why = refusal::epoch_taken;
    a = no;
  };
  clinic.daemon.quiet_about_turns = true;
  auto turned = clinic.act<client::nothing>(
      [&](client::done<client::nothing> then) { clinic.device("nurse1").turn("nurses", std::move(then)); });
  CHECK(turned.why() == refusal::epoch_taken);
  CHECK(tries == client::turn_tries_max);
}

TEST_CASE("a turn whose answer is lost is asked for again with the same bytes and stands once") {
  ward_clinic clinic;
  std::vector<bytes> links;
  bool processed = false;
  SECTION("it never arrived") {
    processed = false;
  }
  SECTION("it arrived, its answer did not") {
    processed = true;
  }
  bool away = true;
  auto lose = [&](const d::request& r) {
    if (!is_link(r))
      return false;
    auto core = e2ee::link_core::decode(std::get<d::submit>(r.what).object, clinic.daemon.clinic);
    if (core->party != clinic.nurses())
      return false;
    links.push_back(std::get<d::submit>(r.what).object);
    return away;
  };
  (processed ? clinic.daemon.silent : clinic.daemon.swallow) = lose;
  REQUIRE(clinic.enrol("nurse2", {"nurses"}).why() == refusal::none);
  REQUIRE(clinic.run([&] { return !links.empty(); }));
  away = false;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1").settled() && clinic.in("nurse2"); }));
  clinic.settle();
  CHECK(clinic.links() == 2);
  for (const auto& link : links)
    CHECK(link == links.front());
  REQUIRE(clinic.send("admin", "nurses", "after it").why() == refusal::none);
  clinic.settle();
  CHECK(clinic.device("nurse1").inbox().at(0).unreadable == refusal::none);
}

TEST_CASE("a store that stops at any commit of a turn ends in one head that both members hold") {
  for (bool kept : {false, true})
    for (std::uint64_t step = 0; step < 6; ++step) {
      INFO("step " << step << (kept ? ", kept" : ", lost"));
      ward_clinic clinic;
      auto& store = clinic["nurse1"].store;
      auto crash_at = store.commits() + step;
      store.keep_when_unknown = kept;
      store.outcome_of = [&](std::uint64_t n) {
        return n == crash_at ? client::store_result::unknown : client::store_result::committed;
      };
      REQUIRE(clinic.enrol("nurse2", {"nurses"}).why() == refusal::none);
      clinic.settle();
      store.outcome_of = nullptr;
      clinic.restart("nurse1");
      REQUIRE(clinic.run([&] { return clinic.device("nurse1").settled() && clinic.in("nurse2"); }));
      clinic.settle();
      CHECK(clinic.links() == 2);
      REQUIRE(clinic.send("admin", "nurses", "x").why() == refusal::none);
      clinic.settle();
      CHECK(clinic.device("nurse1").inbox().at(0).unreadable == refusal::none);
      CHECK(clinic.device("nurse2").inbox().at(0).unreadable == refusal::none);
    }
}

TEST_CASE("a registrar's link is used and turned again by the first member that sees it") {
  ward_clinic clinic;
  auto turned = clinic.admin_does(
      [](client::device& d, client::done<client::nothing> then) { d.turn("nurses", std::move(then)); });
  REQUIRE(turned.why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.head().reason == e2ee::link_reason::foreign_seed; }));
  CHECK(clinic.links() == 3);
  CHECK(clinic.head().signer_device == clinic.device("nurse1").id());
  clinic.settle();
  CHECK(clinic.links() == 3); // once, and no more
  auto by_nobody = clinic.act<client::nothing>([&](client::done<client::nothing> then) {
    clinic.device("nurse1").turn("triage", std::move(then)); // neither member nor registrar
  });
  CHECK(by_nobody.why() == refusal::not_registrar);
}

TEST_CASE("a person's device refreshes its own party after a week, and old heads are said to who sends") {
  ward_clinic clinic;
  auto own = clinic.daemon.people.at(clinic.device("nurse1").user()).party;
  CHECK(clinic.daemon.parties.at(own).cores.size() == 1);
  clinic.now += e2ee::refresh_after_ms + 1;
  REQUIRE(clinic.run([&] { return clinic.daemon.parties.at(own).cores.size() == 2; }));
  clinic.settle();
  CHECK(clinic.daemon.parties.at(own).cores.size() == 2);
  CHECK(clinic.links() == 1); // a role is a station's to refresh

  clinic.now += e2ee::old_head_after_ms;
  REQUIRE(clinic.run([&] { return clinic.device("admin").link() == client::session_state::ready; }));
  REQUIRE(clinic.send("admin", "nurses", "still goes").why() == refusal::none);
  auto& said = clinic["admin"].said;
  CHECK(std::any_of(said.begin(), said.end(), [&](const client::notice& n) {
    return n.what == client::notice::about::old_head && n.party == clinic.nurses();
  }));
}

TEST_CASE("links that come in pages are followed to the head") {
  ward_clinic clinic;
  handmade_device other{clinic, "consultant"};
  for (int i = 0; i < 6; ++i)
    other.turn(clinic, e2ee::link_reason::refresh);
  clinic.daemon.party_page_max = 3;
  unsigned pages = 0;
  clinic.daemon.swallow = [&](const d::request& r) {
    const auto* m = std::get_if<d::get_party>(&r.what);
    pages += m != nullptr && m->party == other.party ? 1 : 0;
    return false;
  };
  REQUIRE(clinic.send("nurse1", "consultant", "text").why() == refusal::none);
  CHECK(pages >= 3);
  auto s = e2ee::slip::decode(clinic.daemon.conversations.begin()->second.messages.back().slip,
                              clinic.daemon.clinic);
  CHECK(s->seals[*s->position(other.party)].epoch == 7);
}

TEST_CASE("a turn that waits stops no message") {
  ward_clinic clinic;
  clinic.daemon.cut(clinic["nurse1"].wire); // the only one who could let in is away
  clinic["nurse1"].wire.dead = true;
  REQUIRE(clinic.enrol("nurse2", {"nurses"}).why() == refusal::none);
  CHECK_FALSE(clinic.in("nurse2"));
  REQUIRE_FALSE(clinic.daemon.pending_for(clinic.device("nurse1").id()).turns.empty());
  CHECK(clinic.send("admin", "nurses", "now", client::urgency::now).why() == refusal::none);
  clinic["nurse1"].wire.dead = false;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.in("nurse2"); })); // first thing when she is back
  clinic.settle();
  CHECK(clinic.device("nurse1").inbox().at(0).unreadable == refusal::none);
}
