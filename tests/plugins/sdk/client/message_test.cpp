// Two people, one message nobody else can read: the whole way through the client, and where a daemon might
// lie.
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct two_people : little_clinic {
  two_people() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    REQUIRE(enrol("physician1", {"physicians"}).why() == refusal::none);
  }

  client::result<std::vector<client::opened_message>> open(const std::string& who,
                                                           const client::message_row& m) {
    return act<std::vector<client::opened_message>>(
        [&](client::done<std::vector<client::opened_message>> then) {
          (*this)[who].device->open(m.conversation, {m.seq}, d::purpose::treatment, std::move(then));
        });
  }
  client::result<client::acknowledged_message> acknowledge(const std::string& who, const message_id& m) {
    return act<client::acknowledged_message>([&](client::done<client::acknowledged_message> then) {
      (*this)[who].device->acknowledge(m, std::move(then));
    });
  }
  client::result<client::acknowledged_message> recall(const std::string& who, const message_id& m) {
    return act<client::acknowledged_message>([&](client::done<client::acknowledged_message> then) {
      (*this)[who].device->recall(m, std::move(then));
    });
  }
  std::vector<client::message_row> inbox(const std::string& who) {
    settle();
    return (*this)[who].device->inbox();
  }
  std::size_t accepted() {
    std::size_t n = 0;
    for (const auto& [id, c] : daemon.conversations)
      n += c.messages.size();
    return n;
  }
};

const std::string words = "Room 4: chest pain, please come";

} // namespace

TEST_CASE("a message is sent, arrives, is opened and acknowledged") {
  two_people clinic;
  auto sent = clinic.send("nurse1", "physician1", words, client::urgency::now);
  REQUIRE(sent.why() == refusal::none);
  CHECK(sent->seq == 1);
  auto inbox = clinic.inbox("physician1");
  REQUIRE(inbox.size() == 1);
  CHECK(inbox[0].author_name == "nurse1");
  CHECK(inbox[0].level == client::urgency::now);
  CHECK_FALSE(inbox[0].acknowledged_by);
  CHECK(clinic["physician1"].arrived.size() == 1);

  CHECK(clinic.daemon.releases == 0);
  auto opened = clinic.open("physician1", inbox[0]);
  REQUIRE(opened.why() == refusal::none);
  CHECK(opened->front().content.text == words);
  CHECK(clinic.daemon.releases == 1);
  CHECK(opened->front().leaf > sent->leaf);

  REQUIRE(clinic.acknowledge("physician1", inbox[0].message).why() == refusal::none);
  clinic.settle();
  auto seen = clinic["nurse1"].device->find(sent->message);
  REQUIRE(seen);
  CHECK(seen->acknowledged_by == clinic["physician1"].device->user());
  CHECK(clinic["nurse1"].device->name_of(seen->acknowledged_by) == "physician1");
  CHECK(clinic["nurse1"].device->inbox().empty());
}

TEST_CASE("a recalled message is shown as recalled, opens nowhere, and waits for nobody") {
  two_people clinic;
  auto sent = clinic.send("nurse1", "physician1", words);
  auto other = clinic.send("nurse1", "physician1", "and another");
  REQUIRE(other.why() == refusal::none);
  CHECK(clinic.recall("physician1", sent->message).why() == refusal::not_entitled_to_act); // not even asked
  auto own = clinic["nurse1"].device->sent();
  REQUIRE(own.size() == 2);
  CHECK(own[0].message == other->message); // the newest first
  auto done = clinic.recall("nurse1", sent->message);
  REQUIRE(done.why() == refusal::none);
  CHECK(done->leaf > other->leaf);
  auto inbox = clinic.inbox("physician1");
  REQUIRE(inbox.size() == 2);
  CHECK(inbox[0].message == other->message); // what waits stands first
  CHECK(inbox[1].recalled != 0);
  CHECK(inbox[0].recalled == 0);
  CHECK(clinic["nurse1"].device->sent()[1].recalled != 0);
  auto releases = clinic.daemon.releases;
  auto opened = clinic.open("physician1", inbox[1]);
  REQUIRE(opened.why() == refusal::none);
  CHECK(opened->front().why == refusal::message_destroyed);
  CHECK(opened->front().content.text.empty());
  CHECK(clinic.daemon.releases == releases);
  CHECK(clinic.open("physician1", inbox[0])->front().content.text == "and another");

  clinic.restart("physician1"); // it is on the disk
  clinic.settle();
  CHECK(clinic["physician1"].device->find(sent->message)->recalled != 0);
}

TEST_CASE("a recall that somebody else signed is not believed") {
  two_people clinic;
  auto sent = clinic.send("nurse1", "physician1", words);
  auto back = clinic.send("physician1", "nurse1", "seen");
  REQUIRE(back.why() == refusal::none);
  REQUIRE(clinic.recall("physician1", back->message).why() == refusal::none);
  clinic.settle();
  // The daemon shows the physician's recall of her own message under the nurse's.
  auto& messages = clinic.daemon.conversations.at(sent->conversation).messages;
  messages.at(0).recall = messages.at(1).recall;
  clinic.restart("nurse1"); // whoever was away is shown it with what waits
  clinic.restart("physician1");
  clinic.settle();
  CHECK(clinic["nurse1"].device->find(sent->message)->recalled == 0);
  CHECK(clinic["physician1"].device->find(sent->message)->recalled == 0);
}

TEST_CASE("neither the daemon nor a store holds the words in clear") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physician1", words).why() == refusal::none);
  REQUIRE(clinic.open("physician1", clinic.inbox("physician1").at(0)).why() == refusal::none);
  auto holds = [&](bytes_view raw) {
    return std::search(raw.begin(), raw.end(), words.begin(), words.end()) != raw.end();
  };
  for (const auto& [id, c] : clinic.daemon.conversations)
    for (const auto& m : c.messages)
      CHECK_FALSE((holds(m.slip) || holds(m.body)));
  for (const auto* who : {"nurse1", "physician1"})
    clinic[who].store.for_each_value([&](client::table, bytes_view raw) { CHECK_FALSE(holds(raw)); });
}

TEST_CASE("a message to a role reaches its member") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physicians", words).why() == refusal::none);
  auto inbox = clinic.inbox("physician1");
  REQUIRE(inbox.size() == 1);
  CHECK(clinic.open("physician1", inbox[0])->front().content.text == words);
}

TEST_CASE("the second message goes into the same conversation") {
  two_people clinic;
  auto first = clinic.send("nurse1", "physician1", "one");
  auto second = clinic.send("nurse1", "physician1", "two");
  auto back = clinic.send("physician1", "nurse1", "three");
  REQUIRE(back.why() == refusal::none);
  CHECK(first->conversation == second->conversation);
  CHECK(first->conversation == back->conversation);
  CHECK(back->seq == 3);
}

TEST_CASE("a recipient whom the daemon swapped gets nothing") {
  two_people clinic;
  auto other = clinic["admin"].device->user();
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    if (auto* person = std::get_if<d::person>(&a))
      *person = {other, clinic.daemon.people.at(other).party};
  };
  auto sent = clinic.send("nurse1", "physician1", words);
  CHECK(sent.why() == refusal::name_mismatch);
  CHECK(clinic["nurse1"].device->outbox().empty());
  CHECK(clinic.accepted() == 0);
}

TEST_CASE("a recipient who is not set up yet is refused, and a stranger not found") {
  two_people clinic;
  CHECK(clinic.send("nurse1", "nobody", words).why() == refusal::not_found);
  CHECK(clinic.send("nurse1", "tri\nage", words).why() == refusal::bad_text);
  clinic.daemon.parties.at(clinic.daemon.people.at(clinic["physician1"].device->user()).party) = {
      1, "x", {}, {}, {}};
  CHECK(clinic.send("nurse1", "physician1", words).why() == refusal::recipient_not_ready);
}

TEST_CASE("a changed body is not shown") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physician1", words).why() == refusal::none);
  auto m = clinic.inbox("physician1").at(0);
  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* opened = std::get_if<d::opened>(&a))
      opened->bodies.at(0).sealed.at(7) ^= 1;
  };
  auto opened = clinic.open("physician1", m);
  REQUIRE(opened.why() == refusal::none);
  CHECK(opened->front().why == refusal::body_mismatch);
  CHECK(opened->front().content.text.empty());
  CHECK(opened->front().row.opened == opened->front().leaf); // the release is a fact all the same

  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* answer = std::get_if<d::opened>(&a))
      answer->bodies.clear();
  };
  CHECK(clinic.open("physician1", m)->front().why == refusal::value_not_openable);
}

TEST_CASE("a slip pushed twice arrives once") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physician1", "one").why() == refusal::none);
  clinic.settle();
  auto& c = clinic.daemon.conversations.begin()->second;
  auto again = c.messages.at(0);
  CHECK(clinic["physician1"].arrived.size() == 1);
  clinic.restart("physician1");
  clinic.settle();
  CHECK(clinic["physician1"].arrived.size() == 1);
  c.messages.push_back(again); // the same message under another number
  REQUIRE(clinic.send("nurse1", "physician1", "two").why() == refusal::none);
  auto inbox = clinic.inbox("physician1");
  CHECK(inbox.size() == 3);
  CHECK(clinic["physician1"].device->find(inbox[0].message));
}

TEST_CASE("a slip that was changed or made for others is kept as unreadable") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physician1", "one").why() == refusal::none);
  clinic.settle();
  auto& c = clinic.daemon.conversations.begin()->second;
  auto forged = c.messages.at(0);
  forged.slip.back() ^= 1; // the signature
  c.messages.push_back(forged);
  clinic.restart("physician1");
  clinic.settle();
  auto rows = clinic["physician1"].device->messages(clinic.daemon.conversations.begin()->first);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].unreadable == refusal::bad_signature);
  CHECK(rows[1].author_name.empty());
  auto& said = clinic["physician1"].said;
  CHECK(std::any_of(said.begin(), said.end(), [](const client::notice& n) {
    return n.what == client::notice::about::unreadable && n.why == refusal::bad_signature;
  }));
  CHECK(clinic["physician1"].device->find(rows[1].message)->seq == 1); // the true one is still the one
}

TEST_CASE("an acknowledgement that nobody entitled signed changes nothing") {
  two_people clinic;
  auto sent = clinic.send("nurse1", "physician1", words);
  auto inbox = clinic.inbox("physician1");
  REQUIRE(clinic.acknowledge("physician1", inbox.at(0).message).why() == refusal::none);
  clinic.settle();
  auto& m = clinic.daemon.conversations.begin()->second.messages.at(0);
  auto& nurse = clinic["nurse1"];
  auto before = nurse.device->find(sent->message)->acknowledged;
  m.acknowledgement.at(m.acknowledgement.size() - 70) ^= 1;
  REQUIRE(clinic.send("nurse1", "physician1", "two").why() == refusal::none);
  CHECK(nurse.device->find(sent->message)->acknowledged == before);
}

TEST_CASE("the second to acknowledge learns who was first") {
  two_people clinic;
  REQUIRE(clinic.enrol("physician2", {}).why() == refusal::none);
  REQUIRE(clinic.send("nurse1", "physician1", words).why() == refusal::none);
  auto m = clinic.inbox("physician1").at(0);
  REQUIRE(clinic.acknowledge("physician1", m.message).why() == refusal::none);
  clinic.daemon.conversations.begin()->second.messages.at(0).acknowledgement.clear();
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (std::get_if<d::act>(&r.what) != nullptr) {
      d::refused no;
      no.why = refusal::already_acknowledged;
      no.user = clinic["admin"].device->user();
      no.time = 5;
      a = no;
    }
  };
  auto late = clinic.acknowledge("physician1", m.message);
  CHECK(late.why() == refusal::already_acknowledged);
  CHECK(late.no.user == clinic["admin"].device->user());
  CHECK(clinic["physician1"].device->find(m.message)->acknowledged_by == clinic["admin"].device->user());
}

TEST_CASE("numbers of a listing stay what was shown") {
  two_people clinic;
  REQUIRE(clinic.send("nurse1", "physician1", "routine", client::urgency::routine).why() == refusal::none);
  auto shown = clinic.inbox("physician1");
  auto& physician = *clinic["physician1"].device;
  REQUIRE(physician.remember_listing(shown));
  REQUIRE(clinic.send("nurse1", "physician1", "now", client::urgency::now).why() == refusal::none);
  auto after = clinic.inbox("physician1");
  CHECK(after[0].level == client::urgency::now);
  CHECK(physician.listed(1)->message == shown[0].message);
  CHECK_FALSE(physician.listed(2));
  CHECK_FALSE(physician.listed(0));
  clinic.restart("physician1");
  clinic.settle();
  CHECK(clinic["physician1"].device->listed(1)->message == shown[0].message);
}
