#include "e2ee/conversation.hpp"
#include "known_devices.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

const auto patient = some_id<party_id>(1);
const auto triage = some_id<party_id>(2);
const auto physician = some_id<party_id>(3);

struct thread {
  clinic_id clinic = some_id<clinic_id>(0xc1);
  test_device station{1};
  known_devices known;
  conversation_head head;

  thread() {
    known.add(station);
    known.grants[station.device] = {};
    auto first = made(fields(1, {{patient, party_kind::patient}, {triage, party_kind::role}}));
    REQUIRE(judged(first) == refusal::none);
    head = head_of(first);
  }
  [[nodiscard]] conversation_fields fields(std::uint32_t n, std::vector<conversation_party> parties) const {
    conversation_fields f;
    f.conversation = some_id<conversation_id>(0xa1);
    f.n = n;
    f.previous = head.hash;
    f.subject = patient;
    f.parties = std::move(parties);
    f.signer_device = station.device;
    f.signer_certificate = station.certificate;
    f.time = 1'764'000'000'000;
    return f;
  }
  [[nodiscard]] conversation_fields next() const {
    return fields(
        2, {{patient, party_kind::patient}, {triage, party_kind::role}, {physician, party_kind::user}});
  }
  [[nodiscard]] bytes raw(const conversation_fields& f) const {
    return sign_object(clinic, f, {{station.signing, labels::conversation}});
  }
  [[nodiscard]] conversation_link made(const conversation_fields& f) const {
    auto link = conversation_link::decode(raw(f), clinic);
    REQUIRE(link);
    return *link;
  }
  [[nodiscard]] refusal judged(const conversation_link& link) const {
    return check_conversation_link(head, link, known);
  }
};

} // namespace

TEST_CASE("a conversation gains a party by one link") {
  thread t;
  auto link = t.made(t.next());
  CHECK(t.judged(link) == refusal::none);
  auto head = head_of(link);
  CHECK(head.n == 2);
  CHECK(head.hash == link.hash());
  CHECK(link.party_ids() == std::vector{patient, triage, physician});
  CHECK(link.has(physician));
  CHECK_FALSE(t.made(t.fields(2, {{triage, party_kind::role}})).has(physician));
}

TEST_CASE("a conversation about no patient needs no role") {
  thread t;
  t.head = {};
  auto first = t.fields(1, {{physician, party_kind::user}});
  first.subject = {};
  CHECK(t.judged(t.made(first)) == refusal::none);
}

TEST_CASE("negatives 71, 158 and 159: conversation links that do not follow are refused") {
  thread t;
  auto why = [&](auto change) {
    auto f = t.next();
    change(f);
    return t.judged(t.made(f));
  };
  CHECK(why([](auto& f) { f.n = 1; }) == refusal::conversation_taken); // negative 158
  CHECK(why([](auto& f) { f.n = 0; }) == refusal::conversation_taken);
  CHECK(why([](auto& f) { f.n = 3; }) == refusal::needs);
  CHECK(why([](auto& f) { f.previous = sha256(view("x")); }) == refusal::chain_broken);
  CHECK(why([](auto& f) { f.conversation = some_id<conversation_id>(9); }) == refusal::chain_broken);
  CHECK(why([](auto& f) { f.subject = physician; }) == refusal::subject_changed); // negative 159
  CHECK(why([](auto& f) { f.subject = {}; }) == refusal::subject_changed);
  CHECK(why([](auto& f) { f.parties.erase(f.parties.begin() + 1); }) ==
        refusal::no_role_party); // negative 71
  CHECK(why([](auto& f) { f.parties.erase(f.parties.begin()); }) == refusal::no_role_party);
  t.known.kinds[triage] = party_kind::user; // called a role, and is none
  CHECK(why([](auto&) {}) == refusal::no_role_party);
  t.known.kinds[triage] = party_kind::role;
  CHECK(why([](auto&) {}) == refusal::none);
  auto first = t.next();
  first.n = 1;
  t.head = {};
  CHECK(t.judged(t.made(first)) == refusal::chain_broken); // genesis with a previous hash
}

TEST_CASE("conversation links by whom may not make them are refused") {
  thread t;
  auto link = t.made(t.next());
  auto& facts = t.known.devices[t.station.device];
  SECTION("in no party of the conversation") {
    t.known.grants.clear();
    CHECK(t.judged(link) == refusal::signer_not_member);
  }
  SECTION("gated or revoked") {
    facts.barred = true;
    CHECK(t.judged(link) == refusal::signer_not_member);
  }
  SECTION("a service may follow, not begin") {
    facts.of_class = device_class::service;
    CHECK(t.judged(link) == refusal::none);
    t.head = {};
    auto first = t.next();
    first.n = 1;
    first.previous = {};
    CHECK(t.judged(t.made(first)) == refusal::signer_not_member);
    facts.of_class = device_class::personal_patient;
    CHECK(t.judged(t.made(first)) == refusal::none);
  }
  SECTION("unknown, old certificate, other key") {
    facts.certificate = sha256(view("renewed"));
    CHECK(t.judged(link) == refusal::stale_certificate);
    facts.certificate = t.station.certificate;
    facts.signing = some_signing_key(9).public_part();
    CHECK(t.judged(link) == refusal::bad_signature);
    t.known.devices.clear();
    CHECK(t.judged(link) == refusal::needs);
  }
}

TEST_CASE("malformed conversation links are refused") {
  thread t;
  auto why = [&](auto change) {
    auto f = t.next();
    change(f);
    return conversation_link::decode(t.raw(f), t.clinic).why();
  };
  CHECK(why([](auto& f) { f.parties.clear(); }) == refusal::count_too_large);
  CHECK(why([](auto& f) {
          f.parties.clear();
          for (std::uint8_t i = 1; i <= 33; ++i)
            f.parties.push_back({some_id<party_id>(i), party_kind::role});
        }) == refusal::count_too_large);
  CHECK(why([](auto& f) { std::swap(f.parties[0], f.parties[1]); }) == refusal::not_sorted);
  CHECK(why([](auto& f) { f.parties[1] = {patient, party_kind::role}; }) == refusal::not_sorted);
  CHECK(why([](auto& f) { f.parties[1].kind = static_cast<party_kind>(5); }) == refusal::unknown_value);
  CHECK(why([](auto& f) {
          f.parties.clear();
          for (std::uint8_t i = 1; i <= 32; ++i)
            f.parties.push_back({some_id<party_id>(i), party_kind::role});
        }) == refusal::none);
}

TEST_CASE("negatives 5 and 16: no prefix of a conversation link decodes, no flipped bit of it is accepted") {
  thread t;
  auto good = t.raw(t.next());
  for (std::size_t n = 0; n < good.size(); ++n) {
    auto why = conversation_link::decode(bytes_view{good}.first(n), t.clinic).why();
    REQUIRE((why == refusal::truncated || why == refusal::length_beyond_end));
  }
  for (auto bit : every_bit_of(good)) {
    auto bent = conversation_link::decode(with_bit_flipped(good, bit), t.clinic);
    REQUIRE((!bent || t.judged(*bent) != refusal::none));
  }
}
