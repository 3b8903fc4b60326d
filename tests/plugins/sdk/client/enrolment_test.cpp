// Coming in: what an invitation hangs on, answers that get lost, stores that fail at every step.
#include "e2ee/certificates.hpp"
#include "scripted_daemon.hpp"
#include <algorithm>
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

using log_in_result = client::result<client::logged_in_as>;

log_in_result enrol_with(little_clinic& clinic, const std::string& name, const client::invitation_file& file,
                         const std::string& code, std::uint64_t within = 60'000) {
  return clinic.act<client::logged_in_as>(
      [&](client::done<client::logged_in_as> then) {
        clinic[name].device->enrol(file, code, scripted_daemon::first_log_in(name), std::move(then));
      },
      within);
}

log_in_result log_in(little_clinic& clinic, const std::string& name, const std::string& password) {
  return clinic.act<client::logged_in_as>([&](client::done<client::logged_in_as> then) {
    clinic[name].device->log_in(password, scripted_daemon::six_digits, std::move(then));
  });
}

/// Runs `name` until it is logged in: by the session that is alive, by enrolling again, or by its password.
bool bring_in(little_clinic& clinic, const std::string& name, const client::invitation_file& file) {
  auto& device = *clinic[name].device;
  if (device.stage() == client::device_stage::empty || device.stage() == client::device_stage::enrolling)
    return static_cast<bool>(enrol_with(clinic, name, file, scripted_daemon::first_code));
  clinic.run([&] { return device.settled() || device.needs_log_in(); });
  return device.settled() || static_cast<bool>(log_in(clinic, name, name + "'s password"));
}

} // namespace

TEST_CASE("an enrolled device knows who it is and founds its parties") {
  little_clinic clinic;
  auto done = clinic.found();
  REQUIRE(done.why() == refusal::none);
  CHECK(done->display_name == "admin");
  auto& admin = *clinic["admin"].device;
  CHECK(admin.stage() == client::device_stage::open);
  CHECK(admin.settled());
  CHECK(admin.display_name() == "admin");
  CHECK(clinic.daemon.parties.size() == 2);
  for (const auto& [id, p] : clinic.daemon.parties)
    CHECK(p.cores.size() == 1);
  CHECK(admin.pinned_size() > 0);
}

TEST_CASE("a role that has a head already is left alone and said") {
  little_clinic clinic;
  clinic.daemon.quiet_about_turns = true; // no member is asked to let it in
  REQUIRE(clinic.found().why() == refusal::none);
  REQUIRE(clinic.enrol("nurse1", {"triage"}).why() == refusal::none);
  auto& said = clinic["nurse1"].said;
  CHECK(std::count_if(said.begin(), said.end(), [](const client::notice& n) {
          return n.what == client::notice::about::role_without_me;
        }) == 1);
  for (const auto& [id, p] : clinic.daemon.parties)
    CHECK(p.cores.size() == 1);
}

TEST_CASE("a wrong second code is told, and the right one goes on") {
  little_clinic clinic;
  auto file = clinic.daemon.first_invitation("admin", {});
  clinic.add("admin");
  CHECK(enrol_with(clinic, "admin", file, "87654321").why() == refusal::wrong_code);
  CHECK(clinic["admin"].device->stage() == client::device_stage::enrolling);
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::none);
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::already_exists);
}

TEST_CASE("a server with another key gets no word") {
  little_clinic clinic;
  auto file = clinic.daemon.first_invitation("admin", {});
  file.server_noise_key = wire::noise_key_pair::random().pub;
  clinic.add("admin");
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::timed_out);
  auto loss = clinic["admin"].device->last_loss();
  CHECK((loss == refusal::wrong_server_key || loss == refusal::link_down));
  CHECK(clinic.daemon.devices.empty());
}

TEST_CASE("an invitation under another identity key is refused") {
  little_clinic clinic;
  auto file = clinic.daemon.first_invitation("admin", {});
  file.identity_key = e2ee::signing_key::random().public_part();
  clinic.add("admin");
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::wrong_identity_key);
  CHECK(clinic.daemon.devices.empty());
}

TEST_CASE("an invitation that the daemon changed or swapped is refused") {
  little_clinic clinic;
  auto file = clinic.daemon.first_invitation("admin", {});
  auto other = clinic.daemon.first_invitation("somebody else", {});
  clinic.add("admin");
  clinic.daemon.tamper = [](const d::request&, d::answer_body& a) {
    if (auto* shown = std::get_if<d::invitation>(&a))
      shown->invitation_object.at(60) ^= 1;
  };
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() != refusal::none);
  clinic.daemon.tamper = [&](const d::request&, d::answer_body& a) {
    if (auto* shown = std::get_if<d::invitation>(&a)) {
      for (const auto& [hash, o] : clinic.daemon.objects)
        if (auto x = e2ee::signed_invitation::decode(o.raw, clinic.daemon.clinic);
            x && x->invitation == other.invitation)
          shown->invitation_object = o.raw;
    }
  };
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::not_for_me);
  CHECK(clinic.daemon.devices.empty());
}

TEST_CASE("a lost answer to Enrol is asked for again with the same certificate") {
  little_clinic clinic;
  auto file = clinic.daemon.first_invitation("admin", {"triage"});
  clinic.add("admin");
  clinic.daemon.silent = [](const d::request& r) { return std::get_if<d::enrol>(&r.what) != nullptr; };
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code, 5'000).why() == refusal::timed_out);
  REQUIRE(clinic.daemon.devices.size() == 1);
  clinic.daemon.silent = nullptr;
  clinic.restart("admin");
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::none);
  CHECK(clinic.daemon.devices.size() == 1);
}

TEST_CASE("a wrong password is told; a session outlives the device object") {
  little_clinic clinic;
  REQUIRE(clinic.found().why() == refusal::none);
  clinic.restart("admin");
  auto& again = *clinic["admin"].device;
  CHECK(again.stage() == client::device_stage::locked);
  REQUIRE(clinic.run([&] { return again.settled(); }));
  CHECK(again.stage() == client::device_stage::open);
  auto off = clinic.act<client::nothing>(
      [&](client::done<client::nothing> then) { again.log_off(std::move(then)); });
  REQUIRE(off.why() == refusal::none);
  CHECK(again.stage() == client::device_stage::locked);
  CHECK(again.inbox().empty());
  CHECK(log_in(clinic, "admin", "wrong").why() == refusal::wrong_password);
  CHECK(log_in(clinic, "admin", "admin's password").why() == refusal::none);
}

TEST_CASE("a store that stops at any commit goes on from what is on disk") {
  // The daemon outlives the crash, the device does not; whether the commit happened is tried both ways.
  for (bool kept : {false, true}) {
    std::uint64_t crash_at = 0;
    for (bool crashed = true; crashed; ++crash_at) {
      REQUIRE(crash_at < 200);
      little_clinic clinic;
      auto file = clinic.daemon.first_invitation("admin", {"triage"});
      auto& admin = clinic.add("admin");
      crashed = false;
      admin.store.keep_when_unknown = kept;
      admin.store.outcome_of = [&](std::uint64_t n) {
        if (n != crash_at)
          return client::store_result::committed;
        crashed = true;
        return client::store_result::unknown;
      };
      (void)enrol_with(clinic, "admin", file, scripted_daemon::first_code, 20'000);
      admin.store.outcome_of = nullptr;
      INFO("crash at commit " << crash_at << (kept ? ", kept" : ", lost"));
      clinic.restart("admin");
      REQUIRE(bring_in(clinic, "admin", file));
      CHECK(clinic["admin"].device->settled());
      CHECK(clinic.daemon.devices.size() == 1);
      for (const auto& [id, p] : clinic.daemon.parties)
        CHECK(p.cores.size() == 1);
      CHECK_FALSE(admin.store.read_cell(client::secret_cell::enrolment));
    }
    CHECK(crash_at > 8); // otherwise nothing was tried
  }
}

TEST_CASE("a full disk refuses and the same command works later") {
  little_clinic clinic;
  auto file = clinic.daemon.first_invitation("admin", {});
  auto& admin = clinic.add("admin");
  admin.store.outcome_of = [](std::uint64_t) { return client::store_result::refused; };
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::storage_refused);
  CHECK(admin.device->stage() == client::device_stage::empty);
  admin.store.outcome_of = nullptr;
  CHECK(enrol_with(clinic, "admin", file, scripted_daemon::first_code).why() == refusal::none);
}

TEST_CASE("pins that were changed while the store was locked are noticed") {
  little_clinic clinic;
  REQUIRE(clinic.found().why() == refusal::none);
  auto& admin = clinic["admin"];
  auto swap = [&](client::table where, const std::string& key) {
    auto raw = admin.store.get(where, view(key));
    REQUIRE(raw);
    raw->at(raw->size() - 2) ^= 1;
    std::vector<client::store_change> change{{where, to_bytes(view(key)), *raw}};
    REQUIRE(admin.store.commit(change) == client::store_result::committed);
  };
  SECTION("checkpoint") {
    swap(client::table::pin, "pin");
  }
  SECTION("device") {
    swap(client::table::device, "device");
  }
  clinic.restart("admin");
  CHECK_FALSE(clinic.run([&] { return admin.device->settled(); }, 10'000));
  CHECK(admin.device->stage() == client::device_stage::locked);
}

TEST_CASE("a share of the wrong number or content does not open the store") {
  little_clinic clinic;
  REQUIRE(clinic.found().why() == refusal::none);
  // A number that is ahead of the store's is what a store that was put back from a copy sees.
  auto [number_off, content_off, named] = GENERATE(table<std::uint32_t, std::uint8_t, refusal>(
      {{8, 0, refusal::store_rolled_back}, {0, 1, refusal::store_not_openable}}));
  clinic.daemon.tamper = [number_off = number_off, content_off = content_off](const d::request&,
                                                                              d::answer_body& a) {
    if (auto* welcome = std::get_if<d::welcome>(&a))
      welcome->share.value.at(3) ^= 1;
    if (auto* in = std::get_if<d::logged_in>(&a)) {
      in->share.number += number_off;
      in->share.next_number += number_off;
      in->share.value.at(3) ^= content_off;
    }
  };
  clinic.restart("admin");
  auto& admin = *clinic["admin"].device;
  CHECK_FALSE(clinic.run([&] { return admin.settled(); }, 10'000));
  CHECK(log_in(clinic, "admin", "admin's password").why() == named);
  clinic.daemon.tamper = nullptr;
  CHECK(log_in(clinic, "admin", "admin's password").why() == refusal::none);
}

TEST_CASE("a registrar's certificate for another device is refused, and who is none invites nobody") {
  little_clinic clinic;
  REQUIRE(clinic.found().why() == refusal::none);
  REQUIRE(clinic.enrol("nurse1", {}).why() == refusal::none);
  auto certificate = clinic.daemon.certify_registrar(clinic["admin"].device->certificate());
  auto installed = clinic.act<client::nothing>([&](client::done<client::nothing> then) {
    clinic["nurse1"].device->install_registrar(certificate, std::move(then));
  });
  CHECK(installed.why() == refusal::registrar_key_mismatch);
  auto invited = [&](const std::string& who, client::invite_order order) {
    return clinic
        .act<client::invitation_made>([&](client::done<client::invitation_made> then) {
          clinic[who].device->invite(std::move(order), std::move(then));
        })
        .why();
  };
  CHECK(invited("nurse1", {"x", {}}) == refusal::not_registrar);
  CHECK(invited("admin", {"x\x1b[2J", {}}) == refusal::bad_text);
  CHECK(invited("admin", {"x", {}, 73ULL * 3'600'000}) == refusal::invitation_too_long);
  CHECK(invited("admin", {"x", std::vector<std::string>(64, "role")}) == refusal::count_too_large);
}
