// What a device may read that came before it: packs for a second device and a new member, key lists for one
// that replaced all others.
#include "client/turns.hpp"
#include "handmade_device.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <ctime>
#include <iostream>

using namespace wardline;
using namespace wardline::test;

namespace {

constexpr std::size_t year_of_thread = 2'000;
/// Milliseconds of this program's work: ten times what a person waits for.
constexpr std::clock_t year_within_ms = 30'000;

struct thread_clinic : little_clinic {
  thread_clinic() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    REQUIRE(enrol("physician1", {"physicians"}).why() == refusal::none);
    where = send("physician1", "nurse1", "0")->conversation;
  }
  client::device& device(const std::string& name) { return *(*this)[name].device; }
  client::invite_order further(time_ms history_from) {
    client::invite_order order;
    order.display_name = "nurse1";
    order.purpose = e2ee::invitation_purpose::further;
    order.history_from = history_from;
    return order;
  }
  std::size_t readable(const std::string& name, const conversation_id& in) {
    auto rows = device(name).messages(in);
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const client::message_row& m) {
      return m.unreadable == refusal::none;
    }));
  }
  /// Own party of nurse1, turned so that history is more than one epoch.
  void turn_own() {
    auto party = daemon.people.at(device("nurse1").user()).party;
    REQUIRE(act<client::nothing>([&](client::done<client::nothing> then) {
              device("nurse1").turn(hex(party.view()), std::move(then));
            }).why() == refusal::none);
  }
  conversation_id where;
};

} // namespace

TEST_CASE("a second device reads what came before it, and every body still needs an open") {
  thread_clinic clinic;
  clinic.turn_own();
  REQUIRE(clinic.send("physician1", "nurse1", "1").why() == refusal::none);
  clinic.turn_own();
  REQUIRE(clinic.send("physician1", "nurse1", "2").why() == refusal::none);
  auto in_role = clinic.send("physician1", "nurses", "to all")->conversation;
  REQUIRE(clinic.enrol_as("nurse1b", clinic.further(1)).why() == refusal::none);
  REQUIRE(clinic.run([&] {
    return clinic.readable("nurse1b", clinic.where) == 3 && clinic.readable("nurse1b", in_role) == 1;
  }));
  CHECK(clinic.daemon.releases == 0);
  auto rows = clinic.device("nurse1b").messages(clinic.where);
  auto opened = clinic.act<std::vector<client::opened_message>>(
      [&](client::done<std::vector<client::opened_message>> then) {
        clinic.device("nurse1b").open(clinic.where, {1, 2, 3}, d::purpose::treatment, std::move(then));
      });
  REQUIRE(opened.why() == refusal::none);
  for (std::size_t i = 0; i < 3; ++i)
    CHECK(opened->at(i).content.text == std::to_string(i));
  CHECK(clinic.daemon.releases == 1);
}

TEST_CASE("without a date in its invitation a device reads from its own first link on") {
  thread_clinic clinic;
  clinic.turn_own();
  REQUIRE(clinic.enrol_as("nurse1b", clinic.further(0)).why() == refusal::none);
  REQUIRE(clinic.run([&] { return !clinic.device("nurse1b").messages(clinic.where).empty(); }));
  REQUIRE(clinic.send("physician1", "nurse1", "after it").why() == refusal::none);
  clinic.settle();
  auto rows = clinic.device("nurse1b").messages(clinic.where);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].unreadable == refusal::needs);
  CHECK(rows[1].unreadable == refusal::none);
}

TEST_CASE("a pack that did not travel with the link is given when it is missed") {
  thread_clinic clinic;
  bool strip = true;
  REQUIRE(clinic.enrol_as("nurse1b", clinic.further(0)).why() == refusal::none); // a member beside nurse1
  clinic.settle();
  auto party = clinic.daemon.people.at(clinic.device("nurse1").user()).party;
  // The link arrives without its packs, as if another client had made it.
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body&) {
    const auto* m = std::get_if<d::submit>(&r.what);
    if (!strip || m == nullptr || m->packs.empty())
      return;
    strip = false;
    for (auto at = clinic.daemon.packs.begin(); at != clinic.daemon.packs.end();) {
      clinic.daemon.packs_wanted.insert(at->first);
      at = clinic.daemon.packs.erase(at);
    }
  };
  REQUIRE(clinic.enrol_as("nurse1c", clinic.further(1)).why() == refusal::none);
  REQUIRE(clinic.run([&] { return !strip; }));
  clinic.daemon.tell_pending();
  REQUIRE(clinic.run([&] { return clinic.daemon.packs.contains({party, clinic.device("nurse1c").id()}); }));
  clinic.settle();
  clinic.restart("nurse1c");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1c").settled(); }));
  CHECK(clinic.readable("nurse1c", clinic.where) == 1);
}

TEST_CASE("a member that was away for two links reads what was sealed to the first one") {
  thread_clinic clinic;
  REQUIRE(clinic.enrol_as("nurse1b", clinic.further(0)).why() == refusal::none);
  clinic.settle();
  auto before = clinic.readable("nurse1b", clinic.where);
  clinic["nurse1b"].wire.dead = true;
  for (const char* text : {"to the first", "to the second"}) {
    clinic.turn_own();
    REQUIRE(clinic.send("physician1", "nurse1", text).why() == refusal::none);
  }
  clinic["nurse1b"].wire.dead = false;
  clinic.restart("nurse1b");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1b").settled(); }));
  CHECK(clinic.readable("nurse1b", clinic.where) == before + 2);
  clinic.restart("nurse1b"); // and again, out of its store
  REQUIRE(clinic.run([&] { return clinic.device("nurse1b").settled(); }));
  CHECK(clinic.readable("nurse1b", clinic.where) == before + 2);
}

TEST_CASE("what no kept seal and no pack brings is asked for, once at a head") {
  thread_clinic clinic;
  REQUIRE(clinic.enrol_as("nurse1b", clinic.further(1)).why() == refusal::none);
  clinic.settle();
  REQUIRE(clinic.readable("nurse1b", clinic.where) == 1);
  clinic["nurse1b"].wire.dead = true;
  clinic.daemon.keeps_seals = false;
  clinic.turn_own();
  REQUIRE(clinic.send("physician1", "nurse1", "to the first").why() == refusal::none);
  clinic.turn_own();
  bool gives = GENERATE(true, false);
  unsigned asked = 0;
  clinic.daemon.swallow = [&](const d::request& r) {
    asked += std::holds_alternative<d::want_pack>(r.what) ? 1 : 0;
    const auto* m = std::get_if<d::submit>(&r.what);
    auto kind = m == nullptr ? expected<e2ee::kind>{refusal::truncated} : e2ee::peek_kind(m->object);
    return !gives && kind && *kind == e2ee::kind::pack;
  };
  clinic["nurse1b"].wire.dead = false;
  clinic.restart("nurse1b");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1b").settled(); }));
  clinic.settle();
  CHECK(clinic.readable("nurse1b", clinic.where) == (gives ? 2 : 1));
  CHECK(asked == 1);
  clinic.restart("nurse1b");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1b").settled(); }));
  clinic.settle();
  CHECK(asked == (gives ? 1 : 2)); // after a log-in once more
}

TEST_CASE("a pack that is spoilt or another's gives nothing and is said") {
  thread_clinic clinic;
  clinic.turn_own();
  auto spoilt = GENERATE(true, false);
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    auto* found = std::get_if<d::packs>(&a);
    if (found == nullptr || found->objects.empty())
      return;
    for (auto& raw : found->objects)
      raw.at(raw.size() - 80) ^= 1; // in the sealed seeds
  };
  if (!spoilt) { // somebody else's pack
    REQUIRE(clinic.enrol_as("nurse1b", clinic.further(1)).why() == refusal::none);
    clinic.settle();
    auto first = clinic.daemon.packs;
    clinic.daemon.tamper = [first](const d::request&, d::answer_body& a) {
      if (auto* found = std::get_if<d::packs>(&a))
        found->objects = first.begin()->second;
    };
  }
  REQUIRE(clinic.enrol_as("nurse1c", clinic.further(1)).why() == refusal::none);
  REQUIRE(clinic.run([&] { return !clinic.device("nurse1c").messages(clinic.where).empty(); }));
  clinic.settle();
  CHECK(clinic.device("nurse1c").messages(clinic.where)[0].unreadable == refusal::needs);
  auto& said = clinic["nurse1c"].said;
  auto why = spoilt ? refusal::signer_not_member : refusal::not_for_me;
  CHECK(std::any_of(said.begin(), said.end(), [&](const client::notice& n) {
    return n.what == client::notice::about::party_changed && n.why == why;
  }));
}

TEST_CASE("a second device reads a year of thread within seconds") {
  thread_clinic clinic;
  clinic["nurse1"].wire.dead = true;
  client::draft what;
  for (std::size_t i = 1; i < year_of_thread; ++i) {
    what.text = std::to_string(i);
    REQUIRE(clinic.device("physician1").stage_in(clinic.where, what));
  }
  clinic.device("physician1").send_staged();
  REQUIRE(clinic.run(
      [&] { return clinic.daemon.conversations.at(clinic.where).messages.size() == year_of_thread; },
      600'000));
  clinic["nurse1"].wire.dead = false;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1").settled(); }, 600'000));
  clinic.turn_own();

  auto began = std::clock();
  REQUIRE(clinic.enrol_as("nurse1b", clinic.further(1)).why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.readable("nurse1b", clinic.where) == year_of_thread; }, 600'000));
  auto took_ms = (std::clock() - began) * 1'000 / CLOCKS_PER_SEC;
  auto rows = clinic.device("nurse1b").messages(clinic.where);
  for (std::size_t i = 0; i < rows.size(); ++i)
    REQUIRE(rows[i].seq == i + 1);
  CHECK(clinic.daemon.releases == 0);
  std::cout << "a second device read " << year_of_thread << " slips in " << took_ms
            << " ms of processor time, its enrolment and the scripted daemon's work included\n";
  CHECK(took_ms < year_within_ms);
}

TEST_CASE("a device that replaced all others founds its party anew, and gets keys from the thread by a "
          "person's hand") {
  thread_clinic clinic;
  REQUIRE(clinic.send("physician1", "nurse1", "1").why() == refusal::none);
  auto lost = clinic.device("nurse1").id();
  REQUIRE(clinic
              .act<client::nothing>([&](client::done<client::nothing> then) {
                clinic.device("admin").revoke(lost, e2ee::revocation_reason::stolen, std::move(then));
              })
              .why() == refusal::none);
  client::invite_order order = clinic.further(1);
  order.purpose = e2ee::invitation_purpose::replacement;
  REQUIRE(clinic.enrol_as("nurse1r", order).why() == refusal::none);
  auto party = clinic.daemon.people.at(clinic.device("nurse1r").user()).party;
  REQUIRE(clinic.run([&] { return clinic.members(party) == std::vector{clinic.device("nurse1r").id()}; }));
  auto head = e2ee::link_core::decode(
      clinic.daemon.objects.at(clinic.daemon.parties.at(party).cores.back()).raw, clinic.daemon.clinic);
  CHECK(head->reason == e2ee::link_reason::reset);
  REQUIRE(clinic.run([&] { return clinic.device("nurse1r").messages(clinic.where).size() == 2; }));
  CHECK(clinic.readable("nurse1r", clinic.where) == 0);
  CHECK(clinic.daemon.key_lists.empty()); // nothing is given by itself

  auto give = [&](const device_id& to) {
    return clinic.act<std::size_t>([&](client::done<std::size_t> then) {
      clinic.device("physician1").give_keys(clinic.where, to, std::move(then));
    });
  };
  CHECK(give(clinic.device("admin").id()).why() == refusal::key_list_not_allowed); // it replaced nobody
  REQUIRE(clinic.send("physician1", "nurse1", "2").why() == refusal::none); // its new party is known here now
  auto given = give(clinic.device("nurse1r").id());
  REQUIRE(given.why() == refusal::none);
  CHECK(*given == 3);
  clinic.restart("nurse1r");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1r").settled(); }));
  CHECK(clinic.readable("nurse1r", clinic.where) == 3);
}
