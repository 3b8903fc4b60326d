// A device's next certificate: from 30 days ahead, by a registrar and the device, and through every crash in
// between.
#include "e2ee/chains.hpp"
#include "e2ee/signing.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

constexpr time_ms day = 86'400'000;

struct year_old_clinic : little_clinic {
  year_old_clinic() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    REQUIRE(enrol("physician1", {}).why() == refusal::none);
    REQUIRE(send("physician1", "nurse1", "a year ago").why() == refusal::none);
    settle();
    first = at("nurse1").certificate();
  }
  client::device& at(const std::string& name) { return *(*this)[name].device; }
  void pass(time_ms ms) {
    now += ms;
    settle();
  }
  void start_again(const std::string& name) {
    restart(name);
    REQUIRE(run([&] { return at(name).settled(); }));
    settle();
  }
  client::result<client::handed_over> renew(const std::string& whose, const std::string& by = "admin") {
    auto which = at(whose).id();
    return act<client::handed_over>(
        [&](client::done<client::handed_over> then) { at(by).renew(which, std::move(then)); });
  }
  std::size_t said(const std::string& name, refusal why) {
    const auto& all = (*this)[name].said;
    return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [&](const client::notice& n) {
      return n.what == client::notice::about::certificate && n.why == why;
    }));
  }
  /// The daemon, the device and whoever reads agree on the renewed one, and it works.
  void check_renewed() {
    CHECK(at("nurse1").certificate() != first);
    CHECK(at("nurse1").certificate() == daemon.objects.at(daemon.devices.at(at("nurse1").id())).raw);
    CHECK(at("nurse1").certificate_until() > now + 364 * day);
    start_again("nurse1"); // from its own disk
    CHECK(send("nurse1", "physician1", "under the new one").why() == refusal::none);
    settle();
    CHECK((*this)["physician1"].arrived.back().unreadable == refusal::none);
    CHECK(send("physician1", "nurse1", "and back").why() == refusal::none);
    CHECK(send("physician1", "nurses", "to her role").why() == refusal::none);
    settle();
    CHECK((*this)["nurse1"].arrived.back().unreadable == refusal::none);
  }
  bytes first;
};

} // namespace

TEST_CASE("the person hears of the end 30 days ahead and after it, and everything goes on") {
  year_old_clinic clinic;
  clinic.pass(334 * day);
  clinic.start_again("nurse1");
  CHECK(clinic.said("nurse1", refusal::none) == 0);
  clinic.pass(2 * day);
  clinic.start_again("nurse1");
  auto soon = clinic.said("nurse1", refusal::none);
  CHECK(soon > 0);
  clinic.pass(60 * day); // expired
  clinic.start_again("nurse1");
  CHECK(clinic.said("nurse1", refusal::none) > soon);
  CHECK(clinic.send("nurse1", "physician1", "still here").why() == refusal::none);
}

TEST_CASE("a registrar renews, the device signs at once or at its next start, and nobody stumbles over it") {
  year_old_clinic clinic;
  clinic.pass(GENERATE(340, 500) * day);
  bool away = GENERATE(true, false);
  clinic["nurse1"].wire.dead = away;
  auto done = clinic.renew("nurse1");
  REQUIRE(done.why() == refusal::none);
  CHECK_FALSE(done->has_value()); // admin needs nobody else
  clinic.settle();
  CHECK((clinic.at("nurse1").certificate() == clinic.first) == away);
  clinic["nurse1"].wire.dead = false;
  clinic.start_again("nurse1");
  clinic.check_renewed();
}

TEST_CASE("a renewal survives a crash at every step") {
  year_old_clinic clinic;
  clinic.pass(340 * day);
  bool accepted = GENERATE(true, false); // did the daemon take it before the crash?
  auto is_renewal = [](const d::request& r) {
    const auto* m = std::get_if<d::submit>(&r.what);
    auto k = m == nullptr ? expected<e2ee::kind>{refusal::truncated} : e2ee::peek_kind(m->object);
    return k && *k == e2ee::kind::device && m->object[m->object.size() - 2 * 64 - 1] == 2;
  };
  (accepted ? clinic.daemon.silent : clinic.daemon.swallow) = is_renewal;
  REQUIRE(clinic.renew("nurse1").why() == refusal::none);
  clinic.settle();
  CHECK(clinic.at("nurse1").certificate() == clinic.first);
  clinic.daemon.silent = nullptr;
  clinic.daemon.swallow = nullptr;
  clinic.start_again("nurse1");
  clinic.check_renewed();
}

TEST_CASE("a locked device whose renewal was taken before the crash logs in and goes on") {
  year_old_clinic clinic;
  clinic.pass(340 * day);
  clinic.daemon.silent = [](const d::request& r) {
    const auto* m = std::get_if<d::submit>(&r.what);
    auto k = m == nullptr ? expected<e2ee::kind>{refusal::truncated} : e2ee::peek_kind(m->object);
    return k && *k == e2ee::kind::device;
  };
  auto renewing = clinic.renew("nurse1"); // its own answer is kept back as well
  clinic.settle();
  clinic.daemon.silent = nullptr;
  clinic.daemon.sessions.erase(clinic.at("nurse1").id());
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.at("nurse1").needs_log_in(); }));
  auto in = clinic.act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
    clinic.at("nurse1").log_in("nurse1's password", scripted_daemon::six_digits, std::move(then));
  });
  REQUIRE(in.why() == refusal::none);
  clinic.settle();
  clinic.check_renewed();
}

TEST_CASE("155: what was written under the old certificate is addressed anew and goes out") {
  year_old_clinic clinic;
  clinic.pass(340 * day);
  auto where = clinic.at("nurse1").conversations().front().conversation;
  clinic["nurse1"].wire.dead = true;
  client::draft what;
  what.text = "written before";
  auto message = clinic.at("nurse1").stage_in(where, what);
  REQUIRE(message);
  REQUIRE(clinic.renew("nurse1").why() == refusal::none);
  clinic["nurse1"].wire.dead = false;
  clinic.start_again("nurse1");
  REQUIRE(
      clinic.run([&] { return clinic.at("nurse1").outbox().back().state == client::outbox_state::acked; }));
  CHECK(clinic.at("nurse1").outbox().back().message == *message);
  CHECK(clinic["physician1"].arrived.back().unreadable == refusal::none);
  clinic.check_renewed();
}

TEST_CASE("a device takes only its own certificate, a year longer, from a registrar") {
  year_old_clinic clinic;
  clinic.pass(340 * day);
  clinic.at("nurse1").stop(); // hears of nothing
  clinic.daemon.cut(clinic["nurse1"].wire);
  REQUIRE(clinic.renew("nurse1").why() == refusal::none);
  auto& offer = clinic.daemon.offers.at(clinic.at("nurse1").id()).first;
  auto honest = *e2ee::renewal_offer::decode(offer, clinic.daemon.clinic);
  auto expected = refusal::successor_mismatch;
  auto forged_by = e2ee::signing_key::random();
  e2ee::device_fields x = honest;
  SECTION("another's name") {
    x.display_name = "physician1";
  }
  SECTION("another sealing key") {
    x.sealing_key = e2ee::x25519_pair::random().public_part;
  }
  SECTION("a party more") {
    x.parties.push_back(clinic.role("triage"));
    std::sort(x.parties.begin(), x.parties.end());
  }
  SECTION("not behind its own") {
    x.previous[0] ^= 1;
  }
  SECTION("signed by no registrar") {
    expected = refusal::bad_signature;
  }
  offer = e2ee::sign_object(clinic.daemon.clinic, x, {{forged_by, e2ee::labels::device}});
  clinic.start_again("nurse1");
  CHECK(clinic.said("nurse1", expected) == 1);
  CHECK(clinic.at("nurse1").certificate() == clinic.first);
}

TEST_CASE("a renewal by two registrars, and one by a stranger") {
  year_old_clinic clinic;
  CHECK(clinic.renew("nurse1", "physician1").why() == refusal::not_registrar);
  for (const auto* name : {"clerk", "head"}) {
    REQUIRE(clinic.enrol(name, {}).why() == refusal::none);
    clinic.make_registrar(name, 0);
  }
  clinic.pass(340 * day);
  auto made = clinic.renew("nurse1", "clerk");
  REQUIRE(made.why() == refusal::none);
  REQUIRE(made->has_value());
  auto shown = clinic.act<client::act_shown>(
      [&](client::done<client::act_shown> then) { clinic.at("head").show_act(**made, std::move(then)); });
  REQUIRE(shown.why() == refusal::none);
  CHECK(shown->what == client::act_shown::kind::renewal);
  CHECK(shown->name == "nurse1");
  CHECK(shown->by == "clerk");
  REQUIRE(clinic
              .act<client::nothing>([&](client::done<client::nothing> then) {
                clinic.at("head").cosign(**made, std::move(then));
              })
              .why() == refusal::none);
  clinic.settle();
  clinic.check_renewed();
}
