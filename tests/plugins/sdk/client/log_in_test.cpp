// Log-in with both factors, the second factor again, recovery codes, locking by itself, copied stores.
#include "scripted_daemon.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct open_clinic : little_clinic {
  open_clinic() { REQUIRE(found().why() == refusal::none); }
  client::device& device() { return *(*this)["admin"].device; }

  refusal log_in(const std::string& password, const std::string& factor) {
    return act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
             device().log_in(password, factor, std::move(then));
           })
        .why();
  }
  template <class T, class Start>
  client::result<T> does(Start start) {
    return act<T>([&](client::done<T> then) { start(device(), std::move(then)); });
  }
};

} // namespace

TEST_CASE("a first device is logged in by its enrolment and asks for no log-in") {
  open_clinic c;
  unsigned log_ins = 0;
  c.daemon.tamper = [&](const d::request& r, d::answer_body&) {
    log_ins += std::holds_alternative<d::log_in>(r.what) ? 1 : 0;
  };
  REQUIRE(c.enrol("nurse1", {}).why() == refusal::none);
  CHECK(log_ins == 0);
  CHECK(c["nurse1"].device->stage() == client::device_stage::open);
}

TEST_CASE("an enrolment without a right code enrols nobody, and goes on with the same secret") {
  little_clinic c;
  auto file = c.daemon.first_invitation("admin", {});
  auto& admin = c.add("admin");
  auto given = scripted_daemon::first_log_in("admin");
  auto enrol = [&](const std::string& code) {
    auto now = given;
    now.second_factor = code;
    return c
        .act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
          admin.device->enrol(file, scripted_daemon::first_code, now, std::move(then));
        })
        .why();
  };
  CHECK(admin.device->enrolling_secret().value.empty());
  CHECK(enrol("000000") == refusal::wrong_second_factor);
  CHECK(admin.device->enrolling_secret().value == given.totp_secret);
  c.restart("admin");
  CHECK(c["admin"].device->enrolling_secret().value == given.totp_secret);
  CHECK(c.daemon.devices.empty());
  CHECK(enrol("") == refusal::second_factor_needed);
  CHECK(enrol(scripted_daemon::six_digits) == refusal::none);
  CHECK(c["admin"].device->enrolling_secret().value.empty());
  CHECK_FALSE(admin.store.read_cell(client::secret_cell::enrolment));
}

TEST_CASE("both factors are needed, and a wrong one of either is the same refusal") {
  open_clinic c;
  REQUIRE(c.does<client::nothing>([](auto& x, auto then) { x.log_off(std::move(then)); }).why() ==
          refusal::none);
  CHECK(c.log_in("admin's password", "") == refusal::second_factor_needed);
  CHECK(c.log_in("wrong", scripted_daemon::six_digits) == refusal::wrong_password);
  CHECK(c.log_in("admin's password", "000000") == refusal::wrong_password);
  CHECK(c.log_in("admin's password", scripted_daemon::six_digits) == refusal::none);
}

TEST_CASE("the second factor again, recovery codes, another authenticator") {
  open_clinic c;
  auto prove = [&](const std::string& code) {
    return c.does<client::nothing>([&](auto& x, auto then) { x.prove(code, std::move(then)); }).why();
  };
  CHECK(prove("000000") == refusal::wrong_second_factor);
  CHECK(prove(scripted_daemon::six_digits) == refusal::none);
  auto codes =
      c.does<std::vector<std::string>>([](auto& x, auto then) { x.make_recovery_codes(std::move(then)); });
  REQUIRE(codes.why() == refusal::none);
  CHECK(codes->size() == wire::recovery_codes_made);
  auto set = [&](const std::string& code) {
    return c
        .does<client::nothing>(
            [&](auto& x, auto then) { x.set_second_factor(bytes(20, 9), code, std::move(then)); })
        .why();
  };
  CHECK(set("000000") == refusal::wrong_second_factor);
  CHECK(set(scripted_daemon::six_digits) == refusal::none);
  CHECK(c.daemon.people.begin()->second.totp_secret == bytes(20, 9));
  (void)c.does<client::nothing>([](auto& x, auto then) { x.log_off(std::move(then)); });
  CHECK(prove(scripted_daemon::six_digits) == refusal::not_logged_in);
}

TEST_CASE("a device locks itself when nobody does anything, and a clock that is set back adds no time") {
  open_clinic c;
  c.daemon.idle = 15 * 60'000;
  c.restart("admin");
  REQUIRE(c.run([&] { return c.device().settled(); }));
  auto minutes = [&](std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i) {
      c.now += 60'000;
      c.device().tick(c.now);
    }
  };
  minutes(14);
  CHECK(c.device().stage() == client::device_stage::open);
  (void)c.does<client::nothing>([](auto& x, auto then) { x.catch_up(std::move(then)); });
  minutes(14);
  CHECK(c.device().stage() == client::device_stage::open); // somebody was there
  c.now -= 3'600'000;
  c.device().tick(c.now);
  minutes(1);
  CHECK(c.device().stage() == client::device_stage::locked);
  CHECK_FALSE(c.device().who());
  c.settle();
  CHECK(c.daemon.sessions.empty()); // the daemon was told
}

TEST_CASE("a second store under one device gets no channel and says why") {
  open_clinic c;
  auto& thief = c.add("thief");
  // A store of its own, with the first one's rows.
  for (auto where : {client::table::device, client::table::pin, client::table::wrap, client::table::keys})
    for (const auto& row : c["admin"].store.scan(where, {}, {}, client::scan_rows_max))
      (void)thief.store.commit(std::vector<client::store_change>{{where, row.key, row.value}});
  c.restart("thief");
  REQUIRE(c.run([&] { return thief.device->turned_away() != refusal::none; }));
  CHECK(thief.device->turned_away() == refusal::store_copied);
  CHECK(thief.device->stage() == client::device_stage::locked);
}
