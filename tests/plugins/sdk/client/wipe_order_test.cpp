// A wipe order on the live channel: the store is destroyed, and its person hears what never left it.
#include "e2ee/signing.hpp"
#include "e2ee/wipe.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct lost_phone : little_clinic {
  lost_phone() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {}).why() == refusal::none);
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
    where = send("nurse1", "physician1", "first")->conversation;
  }
  client::device& nurse() { return *(*this)["nurse1"].device; }
  client::memory_device_store& store() { return (*this)["nurse1"].store; }

  e2ee::wipe_fields order() {
    e2ee::wipe_fields out;
    out.order.fill(1);
    out.device = nurse().id();
    out.incarnation = daemon.incarnation();
    out.time = now;
    return out;
  }
  void says(const e2ee::wipe_fields& f, const e2ee::signing_key& key) {
    daemon.news_for_all(d::wipe_order{e2ee::sign_object(daemon.clinic, f, {{key, e2ee::labels::wipe}})});
    settle();
  }
  std::size_t values() {
    std::size_t n = 0;
    store().for_each_value([&](client::table, bytes_view) { ++n; });
    return n;
  }
  std::size_t said(client::notice::about what, refusal why) {
    const auto& all = (*this)["nurse1"].said;
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [&](const auto& n) { return n.what == what && n.why == why; }));
  }
  conversation_id where;
};

using about = client::notice::about;

} // namespace

TEST_CASE("an order for this device destroys its store, and nothing opens it again") {
  lost_phone c;
  CHECK(c.values() > 0);
  c.says(c.order(), c.daemon.order_key);
  CHECK(c.values() == 0);
  CHECK_FALSE(c.store().read_cell(client::secret_cell::local_half));
  CHECK(c.nurse().turned_away() == refusal::device_wiped);
  CHECK(c.said(about::store, refusal::device_wiped) == 1);
  CHECK(c.nurse().stage() != client::device_stage::open);
  CHECK(c.nurse().inbox().empty());
  c.restart("nurse1");
  CHECK(c.nurse().stage() == client::device_stage::empty);
  // Nobody else loses anything: the order was for one device.
  CHECK(c["physician1"].device->stage() == client::device_stage::open);
  CHECK(c["physician1"].device->inbox().size() == 1);
}

TEST_CASE("what never left the device is said before it goes") {
  lost_phone c;
  c.daemon.swallow = [](const d::request& r) { return std::holds_alternative<d::post>(r.what); };
  client::draft urgent;
  urgent.text = "Room 9: bleeding";
  urgent.level = client::urgency::now;
  REQUIRE(c.nurse().stage_in(c.where, urgent));
  c.nurse().send_staged();
  c.says(c.order(), c.daemon.order_key);
  CHECK(c.said(about::not_sent, refusal::device_wiped) == 1);
  CHECK(c.values() == 0);
}

TEST_CASE("a forged order, another device's and one of an earlier life destroy nothing") {
  lost_phone c;
  auto stays = [&](const e2ee::wipe_fields& f, const e2ee::signing_key& key, refusal why) {
    auto before = c.said(about::store, why);
    c.says(f, key);
    CHECK(c.values() > 0);
    CHECK(c.nurse().stage() == client::device_stage::open);
    CHECK(c.said(about::store, why) == before + 1);
  };
  stays(c.order(), e2ee::signing_key::random(), refusal::bad_signature);
  stays(c.order(), c.daemon.identity, refusal::bad_signature);
  auto other = c.order();
  other.device = c["physician1"].device->id();
  // The physician's device obeys it; the nurse's says whose it is.
  stays(other, c.daemon.order_key, refusal::not_for_me);
  auto old = c.order();
  old.incarnation.value.fill(9);
  stays(old, c.daemon.order_key, refusal::other_incarnation);
  auto part = c.order();
  part.scope = e2ee::wipe_scope::one_party;
  part.party.value.fill(3);
  stays(part, c.daemon.order_key, refusal::unknown_value);
}

TEST_CASE("a disk that refuses leaves rows that nothing opens") {
  lost_phone c;
  bool burned = false;
  c.store().outcome_of = [&](std::uint64_t) {
    // The half goes first; then the disk is full.
    if (!c.store().read_cell(client::secret_cell::local_half))
      burned = true;
    return burned ? client::store_result::refused : client::store_result::committed;
  };
  c.says(c.order(), c.daemon.order_key);
  CHECK(burned);
  CHECK_FALSE(c.store().read_cell(client::secret_cell::local_half));
  CHECK(c.values() > 0);
  c.store().outcome_of = {};
  c.restart("nurse1");
  auto in = c.act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
    c.nurse().log_in("nurse1's password", scripted_daemon::six_digits, std::move(then));
  });
  CHECK(in.why() == refusal::store_not_openable);
}
