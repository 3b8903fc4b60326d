// Devices that are not one staff member's: stations, patients, and who may stand in for a patient.
#include "client/turns.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct mixed_clinic : little_clinic {
  mixed_clinic() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {}).why() == refusal::none);
    REQUIRE(enrol("physician1", {"physicians"}).why() == refusal::none);
  }
  client::device& device(const std::string& name) { return *(*this)[name].device; }
  void add_station(const std::string& name, const std::vector<std::string>& roles) {
    daemon.at_station = device("nurse1").user();
    client::invite_order order;
    order.display_name = name;
    order.roles = roles;
    order.of_class = e2ee::device_class::station;
    REQUIRE(enrol_as(name, order).why() == refusal::none);
    settle();
  }
  void add_patient(const std::string& name) {
    client::invite_order order;
    order.display_name = name;
    order.of_class = e2ee::device_class::personal_patient;
    REQUIRE(enrol_as(name, order).why() == refusal::none);
    settle();
  }
  e2ee::conversation_link link_of(const conversation_id& where) {
    return *e2ee::conversation_link::decode(daemon.conversations.at(where).link, daemon.clinic);
  }
  party_id own_party(const std::string& name) { return daemon.people.at(device(name).user()).party; }
};

} // namespace

TEST_CASE("a station has no party of its own: it writes as its role, under the name of who is logged in") {
  mixed_clinic clinic;
  clinic.add_station("desk", {"front desk"});
  CHECK(clinic.device("desk").who()->user == clinic.device("nurse1").user());
  CHECK_FALSE(clinic.device("desk").user());
  auto sent = clinic.send("desk", "physician1", "from the desk");
  REQUIRE(sent.why() == refusal::none);
  auto link = clinic.link_of(sent->conversation);
  CHECK(link.has(clinic.role("front desk")));
  CHECK(link.has(clinic.own_party("physician1")));
  CHECK(link.parties.size() == 2);
  clinic.settle();
  auto inbox = clinic.device("physician1").inbox();
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].unreadable == refusal::none);
  CHECK(inbox[0].author == clinic.device("nurse1").user());
  REQUIRE(clinic.send("physician1", "front desk", "back").why() == refusal::none);
  clinic.settle();
  CHECK(clinic.device("desk").inbox().size() == 1);
  CHECK(clinic.device("desk").inbox()[0].unreadable == refusal::none);
}

TEST_CASE("a station refreshes its roles after a week") {
  mixed_clinic clinic;
  clinic.add_station("desk", {"front desk"});
  auto links = [&] { return clinic.daemon.parties.at(clinic.role("front desk")).cores.size(); };
  CHECK(links() == 1);
  clinic.now += e2ee::refresh_after_ms - 3'600'000;
  clinic.settle();
  CHECK(links() == 1);
  clinic.now += 2 * 3'600'000;
  REQUIRE(clinic.run([&] { return links() == 2; }));
  auto core = e2ee::link_core::decode(
      clinic.daemon.objects.at(clinic.daemon.parties.at(clinic.role("front desk")).cores.back()).raw,
      clinic.daemon.clinic);
  CHECK(core->reason == e2ee::link_reason::refresh);
  clinic.settle();
  CHECK(links() == 2);
}

TEST_CASE("a name that is a station's is no party to write to") {
  mixed_clinic clinic;
  clinic.add_station("desk", {"front desk"});
  CHECK(clinic.send("physician1", "desk", "x").why() == refusal::class_not_for_party);
}

TEST_CASE("what a patient writes is about the patient, and the emergency role is in it") {
  mixed_clinic clinic;
  clinic.add_patient("patient1");
  CHECK(clinic.daemon.parties.at(clinic.own_party("patient1")).cores.size() == 1);
  CHECK(clinic.send("patient1", "triage", "x").why() == refusal::no_emergency_role);

  REQUIRE(clinic.enrol("er1", {"emergency"}).why() == refusal::none);
  clinic.daemon.emergency = clinic.role("emergency");
  auto sent = clinic.send("patient1", "triage", "it hurts");
  REQUIRE(sent.why() == refusal::none);
  auto link = clinic.link_of(sent->conversation);
  CHECK(link.subject == clinic.own_party("patient1"));
  CHECK(link.has(clinic.role("emergency")));
  CHECK(link.has(clinic.role("triage")));
  CHECK(link.has(clinic.own_party("patient1")));
  CHECK(clinic.send("patient1", "triage", "again")->conversation == sent->conversation);
  clinic.settle();
  for (const auto* who : {"admin", "er1"}) {
    REQUIRE(clinic.device(who).inbox().size() == 2);
    CHECK(clinic.device(who).inbox()[0].unreadable == refusal::none);
    CHECK(clinic.device(who).inbox()[0].author_name == "patient1");
  }
}

TEST_CASE("who stands in for a patient comes in by a grant that ends") {
  mixed_clinic clinic;
  REQUIRE(clinic.enrol("er1", {"emergency"}).why() == refusal::none);
  clinic.daemon.emergency = clinic.role("emergency");
  clinic.add_patient("patient1");
  clinic.add_patient("daughter1");
  auto party = clinic.own_party("patient1");
  auto granted = clinic.act<client::nothing>([&](client::done<client::nothing> then) {
    clinic.device("admin").grant("daughter1", hex(party.view()), clinic.now + 86'400'000, std::move(then));
  });
  REQUIRE(granted.why() == refusal::none);
  REQUIRE(clinic.run([&] { return clinic.members(party).size() == 2; }));
  auto sent = clinic.send("patient1", "triage", "we come together");
  REQUIRE(sent.why() == refusal::none);
  clinic.settle();
  auto inbox = clinic.device("daughter1").inbox();
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].unreadable == refusal::none);
}

TEST_CASE("a person and a role are added to a conversation, and read from then on") {
  mixed_clinic clinic;
  auto sent = clinic.send("nurse1", "physician1", "one");
  REQUIRE(sent.why() == refusal::none);
  auto add = [&](const std::string& name) {
    return clinic
        .act<conversation_id>([&](client::done<conversation_id> then) {
          clinic.device("nurse1").add_to(sent->conversation, name, std::move(then));
        })
        .why();
  };
  CHECK(add("triage") == refusal::none);
  CHECK(add("triage") == refusal::already_exists);
  CHECK(add("nobody") == refusal::not_found);
  CHECK(clinic.link_of(sent->conversation).n == 2);
  REQUIRE(clinic
              .act<client::sent_message>([&](client::done<client::sent_message> then) {
                client::draft what;
                what.text = "two";
                clinic.device("nurse1").send_in(sent->conversation, what, nullptr, std::move(then));
              })
              .why() == refusal::none);
  clinic.settle();
  clinic.restart("admin");
  REQUIRE(clinic.run([&] { return clinic.device("admin").settled(); }));
  auto rows = clinic.device("admin").messages(sent->conversation);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].unreadable == refusal::not_for_me);
  CHECK(rows[1].unreadable == refusal::none);
}

TEST_CASE("devices of a person are listed, and orders that cannot be are refused") {
  mixed_clinic clinic;
  auto devices = [&](const std::string& who, const std::string& name) {
    return clinic.act<std::vector<client::member_row>>(
        [&](client::done<std::vector<client::member_row>> then) {
          clinic.device(who).devices_of(name, std::move(then));
        });
  };
  auto found = devices("admin", "physician1");
  REQUIRE(found.why() == refusal::none);
  REQUIRE(found->size() == 1);
  CHECK(found->front().device == clinic.device("physician1").id());
  CHECK_FALSE(found->front().revoked);
  CHECK(devices("nurse1", "physician1").why() == refusal::not_found); // nobody's business but a registrar's
  CHECK(devices("admin", "nobody").why() == refusal::not_found);
  auto grant = [&](const std::string& who, const std::string& role) {
    return clinic
        .act<client::nothing>([&](client::done<client::nothing> then) {
          clinic.device(who).grant("physician1", role, 0, std::move(then));
        })
        .why();
  };
  CHECK(grant("nurse1", "triage") == refusal::not_registrar);
  CHECK(grant("admin", "no such role") == refusal::not_found);
  client::invite_order order;
  order.display_name = "physician1";
  order.purpose = e2ee::invitation_purpose::replacement; // without a date
  CHECK(clinic.enrol_as("x", order).why() == refusal::reset_not_allowed);
  order.display_name = "nobody";
  order.purpose = e2ee::invitation_purpose::further;
  CHECK(clinic.enrol_as("x", order).why() == refusal::not_found);
}
