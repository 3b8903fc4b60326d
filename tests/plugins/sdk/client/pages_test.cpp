// Answers that never end, and lists that are longer than may be: each limit is reached.
#include "client/changes.hpp"
#include "client/conversations.hpp"
#include "client/invitations.hpp"
#include "client/parties.hpp"
#include "client/registry_acts.hpp"
#include "handmade_device.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::test;

namespace {

struct one_nurse : little_clinic {
  one_nurse() {
    REQUIRE(found().why() == refusal::none);
    REQUIRE(enrol("nurse1", {"nurses"}).why() == refusal::none);
    settle();
  }
  client::device& nurse() { return *(*this)["nurse1"].device; }
};

template <class Id>
Id numbered(std::size_t n) {
  Id out;
  out.value[0] = 0xee;
  out.value[14] = static_cast<std::uint8_t>(n >> 8);
  out.value[15] = static_cast<std::uint8_t>(n);
  return out;
}

} // namespace

TEST_CASE("links in more pages than may come are not followed") {
  one_nurse clinic;
  handmade_device other{clinic, "consultant"};
  for (unsigned i = 0; i < client::party_pages_max + 1; ++i)
    other.turn(clinic, e2ee::link_reason::refresh);
  clinic.daemon.party_page_max = 1;
  CHECK(clinic.send("nurse1", "consultant", "x").why() == refusal::malformed_request);
  clinic.daemon.party_page_max = 2;
  CHECK(clinic.send("nurse1", "consultant", "x").why() == refusal::none);
}

TEST_CASE("conversations and roles in more pages than may come are not listed") {
  one_nurse clinic;
  REQUIRE(clinic.send("nurse1", "triage", "x").why() == refusal::none);
  auto link = clinic.daemon.conversations.begin()->second.link;
  auto all_in = [&](std::size_t page) {
    clinic.daemon.list_page_max = page;
    return clinic
        .act<client::nothing>(
            [&](client::done<client::nothing> then) { clinic.nurse().catch_up(std::move(then)); })
        .why();
  };
  for (std::size_t n = 0; n < client::conversation_pages_max; ++n)
    clinic.daemon.conversations[numbered<conversation_id>(n)].link = link;
  CHECK(all_in(1) == refusal::malformed_request);
  CHECK(all_in(2) == refusal::none);
  auto roles_in = [&](std::size_t page) {
    clinic.daemon.list_page_max = page;
    return clinic.act<std::vector<client::role_name>>(
        [&](client::done<std::vector<client::role_name>> then) { clinic.nurse().roles(std::move(then)); });
  };
  for (std::size_t n = 0; n < client::role_pages_max; ++n)
    clinic.daemon.parties[numbered<party_id>(n)] = {2, "role " + std::to_string(n), {}, {}, {}};
  CHECK(roles_in(1).why() == refusal::malformed_request);
  auto roles = roles_in(2);
  REQUIRE(roles.why() == refusal::none);
  CHECK(roles->size() == client::role_pages_max + 2); // and triage, and nurses
}

TEST_CASE("changes are followed page by page, so many at a time, and further ones the next time") {
  one_nurse clinic;
  clinic.daemon.change_page_max = 1;
  for (std::size_t n = 0; n < client::change_pages_max + 1; ++n) {
    e2ee::revocation_fields gone;
    gone.subject = numbered<device_id>(n);
    (void)clinic.daemon.on(d::submit{
        e2ee::sign_object(clinic.daemon.clinic, gone, {{clinic.daemon.identity, e2ee::labels::revocation}}),
        {},
        {}});
  }
  std::uint64_t last = 0;
  unsigned asked = 0;
  clinic.daemon.swallow = [&](const d::request& r) {
    if (const auto* m = std::get_if<d::get_changes>(&r.what)) {
      last = m->after_leaf;
      ++asked;
    }
    return false;
  };
  clinic.restart("nurse1");
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  CHECK(asked == client::change_pages_max + 1);
  auto before = last;
  clinic.restart("nurse1"); // goes on from where it got to
  REQUIRE(clinic.run([&] { return clinic.nurse().settled(); }));
  CHECK(last > before);
}

TEST_CASE("revocations that wait for a second factor are kept, so many") {
  one_nurse clinic;
  clinic.daemon.factor_too_old = true;
  auto revoke = [&](std::size_t n) {
    return clinic
        .act<client::nothing>([&](client::done<client::nothing> then) {
          clinic["admin"].device->revoke(numbered<device_id>(n), e2ee::revocation_reason::lost,
                                         std::move(then));
        })
        .why();
  };
  for (std::size_t n = 0; n < client::revocations_staged_max; ++n)
    REQUIRE(revoke(n) == refusal::second_factor_too_old);
  CHECK(revoke(client::revocations_staged_max) == refusal::overloaded);
  clinic.daemon.factor_too_old = false;
  CHECK(revoke(0) == refusal::none); // and its place is free again
  clinic.daemon.factor_too_old = true;
  CHECK(revoke(client::revocations_staged_max) == refusal::second_factor_too_old);
}
