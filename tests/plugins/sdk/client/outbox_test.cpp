// Messages on their way: cuts, lost answers, parties that turn, stores that fail.
#include "client/outbox.hpp"
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
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
    where = send("nurse1", "physician1", "first")->conversation;
  }
  client::device& nurse() { return *(*this)["nurse1"].device; }
  std::size_t accepted() { return daemon.conversations.at(where).messages.size(); }
  std::size_t unsent() {
    auto rows = nurse().outbox();
    return static_cast<std::size_t>(std::count_if(rows.begin(), rows.end(), [](const client::outbox_row& r) {
      return r.state != client::outbox_state::acked;
    }));
  }
  conversation_id where;
};

client::draft said(const std::string& text) {
  client::draft out;
  out.text = text;
  return out;
}

bool is_post(const d::request& r) {
  return std::get_if<d::post>(&r.what) != nullptr;
}

} // namespace

TEST_CASE("a post whose answer is lost is asked again by the same number and stands once") {
  two_people clinic;
  std::vector<request_id> asked;
  clinic.daemon.silent = [&](const d::request& r) {
    if (!is_post(r))
      return false;
    asked.push_back(r.id);
    return asked.size() == 1;
  };
  auto sent = clinic.send("nurse1", "physician1", "second"); // the channel is given up after the silence
  REQUIRE(sent.why() == refusal::none);
  REQUIRE(asked.size() == 2);
  CHECK(asked[0] == asked[1]);
  CHECK(clinic.accepted() == 2);
  CHECK(sent->seq == 2);
}

TEST_CASE("what was not acked is sent by the next device object on the store, with the same bytes") {
  two_people clinic;
  std::vector<bytes> slips;
  bool away = true;
  clinic.daemon.swallow = [&](const d::request& r) {
    if (!is_post(r))
      return false;
    slips.push_back(std::get<d::post>(r.what).slip);
    return away;
  };
  message_id kept;
  clinic.nurse().send(
      "physician1", said("second"), [&](message_id id) { kept = id; },
      [](const client::result<client::sent_message>&) {});
  clinic.run([&] { return !slips.empty(); });
  REQUIRE(kept);
  CHECK(clinic.unsent() == 1);
  away = false;
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.nurse().settled() && clinic.unsent() == 0; }));
  REQUIRE(slips.size() == 2);
  CHECK(slips[0] == slips[1]);
  CHECK(clinic.accepted() == 2);
}

TEST_CASE("a store that stops at any commit of a send loses nothing and doubles nothing") {
  for (bool kept : {false, true}) {
    for (std::uint64_t step = 0; step < 4; ++step) {
      two_people clinic;
      auto& store = clinic["nurse1"].store;
      auto crash_at = store.commits() + step;
      store.keep_when_unknown = kept;
      store.outcome_of = [&](std::uint64_t n) {
        return n == crash_at ? client::store_result::unknown : client::store_result::committed;
      };
      message_id staged;
      bool acked = false;
      client::draft what;
      what.text = "second";
      clinic.nurse().send_in(
          clinic.where, what, [&](message_id id) { staged = id; },
          [&](const client::result<client::sent_message>& r) { acked = static_cast<bool>(r); });
      clinic.settle();
      store.outcome_of = nullptr;
      clinic.restart("nurse1");
      REQUIRE(clinic.run([&] { return clinic.nurse().settled() && clinic.unsent() == 0; }));
      INFO("step " << step << (kept ? ", kept" : ", lost"));
      CHECK(clinic.accepted() <= 2);
      if (staged || acked)
        CHECK(clinic.accepted() == 2);
    }
  }
}

TEST_CASE("after five seals made anew in a row a message is shown as not sent") {
  two_people clinic;
  auto party = clinic.daemon.people.at(clinic["physician1"].device->user()).party;
  unsigned posts = 0;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (!is_post(r))
      return;
    ++posts;
    d::refused no;
    no.why = refusal::stale_party;
    no.party = party;
    no.epoch = 1;
    const auto& head = clinic.daemon.parties.at(party).cores.back();
    no.inbox = e2ee::link_core::decode(clinic.daemon.objects.at(head).raw, clinic.daemon.clinic)->inbox;
    a = no;
  };
  auto sent = clinic.send("nurse1", "physician1", "second");
  CHECK(sent.why() == refusal::stale_party);
  CHECK(posts == client::reseals_max + 1U);
  auto rows = clinic.nurse().outbox();
  CHECK(rows.back().state == client::outbox_state::stopped);
  CHECK(rows.back().why == refusal::stale_party);
}

TEST_CASE("a changed conversation waits for the person, who confirms") {
  two_people clinic;
  bool changed = true;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (!is_post(r) || !changed)
      return;
    d::refused no;
    no.why = refusal::stale_conversation;
    a = no;
    clinic.daemon.conversations.at(clinic.where).messages.pop_back();
  };
  auto sent = clinic.send("nurse1", "physician1", "second");
  CHECK(sent.why() == refusal::stale_conversation);
  auto stopped = clinic.nurse().outbox().back();
  CHECK(stopped.why == refusal::stale_conversation);
  changed = false;
  auto confirmed = clinic.act<client::sent_message>([&](client::done<client::sent_message> then) {
    clinic.nurse().confirm(stopped.message, std::move(then));
  });
  REQUIRE(confirmed.why() == refusal::none);
  CHECK(confirmed->message == stopped.message);
}

TEST_CASE("a refusal that passes keeps the message, and it goes out later") {
  two_people clinic;
  bool full = true;
  clinic.daemon.swallow = nullptr;
  clinic.daemon.tamper = [&](const d::request& r, d::answer_body& a) {
    if (!is_post(r) || !full)
      return;
    d::refused no;
    no.why = refusal::storage_refused;
    a = no;
    clinic.daemon.conversations.at(clinic.where).messages.pop_back();
  };
  auto sent = clinic.send("nurse1", "physician1", "second");
  CHECK(sent.why() == refusal::storage_refused);
  CHECK(clinic.unsent() == 1);
  full = false;
  REQUIRE(clinic.run([&] { return clinic.unsent() == 0; }));
  CHECK(clinic.accepted() == 2);
}

TEST_CASE("messages written ahead go out in their order, more than fit one window") {
  two_people clinic;
  constexpr std::size_t many = 70; // above the 64 unanswered ones of a device
  std::vector<message_id> written;
  for (std::size_t i = 0; i < many; ++i) {
    client::draft what;
    what.text = std::to_string(i);
    auto staged = clinic.nurse().stage_in(clinic.where, what);
    REQUIRE(staged);
    written.push_back(*staged);
  }
  std::size_t acked = 0;
  clinic.nurse().outbox_moved = [&](const client::outbox_row&) { ++acked; };
  clinic.nurse().send_staged();
  REQUIRE(clinic.run([&] { return acked == many; }));
  auto rows = clinic.nurse().messages(clinic.where);
  REQUIRE(rows.size() == many + 1);
  for (std::size_t i = 0; i < many; ++i)
    CHECK(rows[i + 1].message == written[i]);
}

TEST_CASE("the daemon away: nothing is lost, and all goes on when it is back") {
  two_people clinic;
  clinic["nurse1"].wire.dead = true;
  client::draft what;
  what.text = "second";
  std::optional<client::result<client::sent_message>> ended;
  clinic.nurse().send_in(clinic.where, what, nullptr,
                         [&](client::result<client::sent_message> r) { ended.emplace(std::move(r)); });
  CHECK_FALSE(clinic.run([&] { return ended.has_value(); }, 10'000));
  CHECK(clinic.unsent() == 1);
  clinic.daemon.cut(clinic["nurse1"].wire);
  clinic.nurse().on_channel_closed(refusal::link_down, clinic.now);
  clinic["nurse1"].wire.dead = false;
  REQUIRE(clinic.run([&] { return ended.has_value(); }));
  CHECK(ended->why() == refusal::none);
}

TEST_CASE("a staged acknowledgement is sent by the next device object") {
  two_people clinic;
  auto m = clinic["physician1"].device->inbox().at(0);
  bool away = true;
  clinic.daemon.swallow = [&](const d::request& r) {
    return away && std::get_if<d::act>(&r.what) != nullptr;
  };
  clinic["physician1"].device->acknowledge(m.message,
                                           [](const client::result<client::acknowledged_message>&) {});
  clinic.settle();
  away = false;
  clinic.restart("physician1");
  REQUIRE(clinic.run([&] {
    auto row = clinic["physician1"].device->find(m.message);
    return row && row->acknowledged_by;
  }));
  CHECK_FALSE(clinic.daemon.conversations.at(clinic.where).messages.at(0).acknowledgement.empty());
}
