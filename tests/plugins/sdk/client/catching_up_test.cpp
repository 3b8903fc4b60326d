// What a device fetches when it was away, and what must not be lost on the way.
#include "client/conversations.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct two_people : little_clinic {
  two_people() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {}).why() == refusal::none);
    REQUIRE(enrol("physician1", {"physicians"}).why() == refusal::none);
    where = send("nurse1", "physician1", "first")->conversation;
    settle();
  }
  client::device& device(const std::string& name) { return *(*this)[name].device; }
  /// A further device of nurse1 writes while the physician is away: an author that is unknown there.
  void unknown_author_writes() {
    client::invite_order order;
    order.display_name = "nurse1";
    order.purpose = e2ee::invitation_purpose::further;
    order.history_from = 1;
    REQUIRE(enrol_as("nurse1b", order).why() == refusal::none);
    settle();
    daemon.cut((*this)["physician1"].wire); // nothing is pushed to who is away
    REQUIRE(send("nurse1b", "physician1", "urgent").why() == refusal::none);
  }
  conversation_id where;
};

bool said_about(const ward_user& who, client::notice::about what, refusal why) {
  return std::any_of(who.said.begin(), who.said.end(),
                     [&](const client::notice& n) { return n.what == what && n.why == why; });
}

} // namespace

TEST_CASE("an author who cannot be asked for now hides no message") {
  two_people clinic;
  clinic.unknown_author_writes();
  auto broken = GENERATE(refusal::storage_refused, refusal::not_in_log);
  bool away = true;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    bool looks =
        std::get_if<d::get_party>(&r.what) != nullptr || std::get_if<d::get_objects>(&r.what) != nullptr;
    if (!away || !looks)
      return;
    d::refused no;
    no.why = broken;
    a = no;
  };
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic.device("physician1").settled(); }, 120'000));
  CHECK(clinic.device("physician1").messages(clinic.where).size() == 1); // not kept as unreadable
  away = false;
  REQUIRE(clinic.run([&] { return clinic.device("physician1").messages(clinic.where).size() == 2; }));
  auto rows = clinic.device("physician1").messages(clinic.where);
  CHECK(rows[1].unreadable == refusal::none);
  CHECK(rows[1].author_name == "nurse1");
}

TEST_CASE("a slip without its author's certificate is judged again at the next start") {
  two_people clinic;
  clinic.unknown_author_writes();
  auto author = clinic.daemon.certificate_of(clinic.device("nurse1b").id()).hash();
  bool hidden = true;
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    if (auto* found = std::get_if<d::objects>(&a); hidden && found != nullptr)
      std::erase_if(found->found, [&](const d::logged& x) {
        auto c = e2ee::device_certificate::decode(x.object, clinic.daemon.clinic);
        return c && c->hash() == author;
      });
    if (auto* party = std::get_if<d::party>(&a); hidden && party != nullptr)
      std::erase_if(party->certificates, [&](const d::logged& x) {
        auto c = e2ee::device_certificate::decode(x.object, clinic.daemon.clinic);
        return c && c->hash() == author;
      });
  };
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic.device("physician1").settled(); }, 120'000));
  auto rows = clinic.device("physician1").messages(clinic.where);
  if (rows.size() == 2) { // the daemon does not have it: kept, without a name
    CHECK(rows[1].unreadable == refusal::needs);
    CHECK(rows[1].author_name.empty());
  }
  hidden = false;
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] {
    auto now = clinic.device("physician1").messages(clinic.where);
    return now.size() == 2 && now[1].unreadable == refusal::none;
  }));
  CHECK(clinic.device("physician1").messages(clinic.where)[1].author_name == "nurse1");
}

TEST_CASE("a conversation that this person has left keeps nothing from being fetched") {
  two_people clinic;
  auto left = clinic.send("nurse1", "physicians", "to all")->conversation;
  REQUIRE(clinic.run([&] { return clinic.device("physician1").messages(left).size() == 1; }));
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    const auto* slips = std::get_if<d::get_slips>(&r.what);
    if (slips != nullptr && slips->conversation == left)
      a = no(refusal::not_found);
    if (auto* listed = std::get_if<d::conversations>(&a))
      std::erase_if(listed->all, [&](const auto& c) { return c.id == left; });
  };
  auto caught_up = clinic.act<client::nothing>(
      [&](client::done<client::nothing> then) { clinic.device("physician1").catch_up(std::move(then)); });
  CHECK(caught_up.why() == refusal::none);
  CHECK(clinic.device("physician1").messages(left).size() == 1);
}

TEST_CASE("who comes later follows a conversation that somebody began who is turned out since") {
  two_people clinic;
  client::invite_order order;
  order.display_name = "nurse1";
  order.purpose = e2ee::invitation_purpose::further;
  order.history_from = 1;
  REQUIRE(clinic.enrol_as("nurse1b", order).why() == refusal::none);
  auto begun = clinic.send("nurse1b", "physicians", "from the lost one")->conversation;
  auto lost = clinic.device("nurse1b").id();
  auto revoked = clinic.act<client::nothing>([&](client::done<client::nothing> then) {
    clinic.device("admin").revoke(lost, e2ee::revocation_reason::lost, std::move(then));
  });
  REQUIRE(revoked.why() == refusal::none);
  clinic.settle();
  REQUIRE(clinic.enrol_as("nurse1c", order).why() == refusal::none);
  CHECK(clinic.run([&] {
    auto all = clinic.device("nurse1c").messages(begun);
    return all.size() == 1 && all[0].unreadable == refusal::none;
  }));
}

TEST_CASE("lists that come in pages are read to their end") {
  two_people clinic;
  REQUIRE(clinic.enrol("physician2", {"surgeons"}).why() == refusal::none);
  REQUIRE(clinic.send("nurse1", "physician2", "one").why() == refusal::none);
  REQUIRE(clinic.send("nurse1", "physicians", "two").why() == refusal::none);
  REQUIRE(clinic.send("nurse1", "surgeons", "three").why() == refusal::none);
  clinic.daemon.list_page_max = 1;
  client::invite_order order;
  order.display_name = "nurse1";
  order.purpose = e2ee::invitation_purpose::further;
  order.history_from = 1;
  REQUIRE(clinic.enrol_as("nurse1b", order).why() == refusal::none);
  clinic.settle();
  clinic.restart("nurse1b");
  REQUIRE(clinic.run([&] { return clinic.device("nurse1b").settled(); }));
  CHECK(clinic.device("nurse1b").conversations().size() == 4);
  auto roles =
      clinic.act<std::vector<client::role_name>>([&](client::done<std::vector<client::role_name>> then) {
        clinic.device("nurse1").roles(std::move(then));
      });
  REQUIRE(roles.why() == refusal::none);
  CHECK(roles->size() == 3); // triage, physicians, surgeons
}

TEST_CASE("a list that promises more and does not move on is refused") {
  two_people clinic;
  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* all = std::get_if<d::conversations>(&a))
      all->more = true;
    if (auto* all = std::get_if<d::parties>(&a))
      all->more = true;
  };
  auto caught_up = clinic.act<client::nothing>(
      [&](client::done<client::nothing> then) { clinic.device("nurse1").catch_up(std::move(then)); });
  CHECK(caught_up.why() == refusal::malformed_request);
  auto roles =
      clinic.act<std::vector<client::role_name>>([&](client::done<std::vector<client::role_name>> then) {
        clinic.device("nurse1").roles(std::move(then));
      });
  CHECK(roles.why() == refusal::malformed_request);
}

TEST_CASE("a page of slips that is empty and promises more is said") {
  two_people clinic;
  clinic.daemon.cut(clinic["physician1"].wire);
  REQUIRE(clinic.send("nurse1", "physician1", "second").why() == refusal::none);
  bool empty = true;
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    if (auto* page = std::get_if<d::slips>(&a); page != nullptr && empty) {
      page->rows.clear();
      page->more = true;
    }
  };
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic.device("physician1").settled(); }));
  CHECK(said_about(clinic["physician1"], client::notice::about::unreadable, refusal::malformed_request));
  CHECK(clinic.device("physician1").messages(clinic.where).size() == 1);
  empty = false;
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic.device("physician1").messages(clinic.where).size() == 2; }));
}

TEST_CASE("an author is named only under a signature that was checked") {
  two_people clinic;
  auto elsewhere = clinic.send("nurse1", "physicians", "other thread")->conversation;
  clinic.settle();
  auto forged = clinic.daemon.conversations.at(elsewhere).messages.at(0);
  forged.slip.back() ^= 1; // refused for its thread before anybody looks at the signature
  clinic.daemon.conversations.at(clinic.where).messages.push_back(forged);
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] { return clinic.device("physician1").settled(); }));
  auto rows = clinic.device("physician1").messages(clinic.where);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].unreadable == refusal::recipients_mismatch);
  CHECK(rows[1].author_name.empty());
  CHECK_FALSE(rows[1].author);
}

TEST_CASE("an acknowledgement that was answered and what it changed are one commit") {
  two_people clinic;
  auto m = clinic.device("physician1").inbox().at(0).message;
  auto& store = clinic["physician1"].store;
  auto first = store.commits(); // the act is staged in this one; the next are the push's and the answer's
  store.outcome_of = [&](std::uint64_t n) {
    return n == first + 1 || n == first + 2 ? client::store_result::refused : client::store_result::committed;
  };
  auto done = clinic.act<client::acknowledged_message>([&](client::done<client::acknowledged_message> then) {
    clinic.device("physician1").acknowledge(m, std::move(then));
  });
  CHECK(done.why() == refusal::storage_refused);
  clinic.restart("physician1"); // still staged: asked again, the same act, the same answer
  REQUIRE(clinic.run([&] {
    auto row = clinic.device("physician1").find(m);
    return clinic.device("physician1").settled() && row && row->acknowledged_by;
  }));
}

TEST_CASE("a party that changes while a device settles is looked at again") {
  two_people clinic;
  auto physicians = clinic.role("physicians");
  auto held_up = [](const d::request& r) { return std::get_if<d::list_conversations>(&r.what) != nullptr; };
  bool reached = false;
  clinic.restart("physician1");
  clinic.daemon.swallow = [&](const d::request& r) {
    reached = reached || held_up(r);
    return held_up(r);
  };
  REQUIRE(clinic.run([&] { return reached; })); // its own parties were looked at before
  REQUIRE_FALSE(clinic.device("physician1").settled());
  auto turned = clinic.act<client::nothing>([&](client::done<client::nothing> then) {
    clinic.device("admin").turn("physicians", std::move(then));
  });
  REQUIRE(turned.why() == refusal::none);
  CHECK(clinic.device("physician1").head_of(physicians).n == 1);
  clinic.daemon.swallow = nullptr;
  REQUIRE(clinic.run([&] { return clinic.device("physician1").settled(); }, 120'000));
  CHECK(
      clinic.run([&] { return clinic.device("physician1").head_of(physicians).n == 3; })); // and turned again
}
