#include "e2ee/body_seal.hpp"
#include "messages.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

TEST_CASE("a message is sealed once and opened by each party") {
  messages m;
  auto sent = m.message();
  auto s = m.decoded(sent.slip);
  CHECK(sent.slip.size() == 334 + 100 * 2); // e2ee 5.9
  CHECK(s.header_bytes == 269 + 16 * 2);
  CHECK(s.h == sent.h);
  CHECK(s.header.parties == std::vector<party_id>{m.nurse, m.physician});
  CHECK(s.seals[0].epoch == 2);
  CHECK(s.seals[1].epoch == 7);
  CHECK(s.h == header_hash(encode_header(m.clinic, s.header)));
  CHECK(check_received(s, m.known_author(), {m.nurse}) == refusal::none);

  auto nurse_key = open_seal(s, m.nurse, m.nurse_inbox);
  auto physician_key = open_seal(s, m.physician, m.physician_inbox);
  REQUIRE(nurse_key);
  REQUIRE(physician_key);
  body_facts facts{s.header.message, s.header.body_hash, s.header.body_size, s.header.key_commitment};
  auto text_of = [&](const secret32& key) { return open_body(sent.body, facts, key); };
  CHECK(text(text_of(*nurse_key)->value) == "Room 4: chest pain, please come");
  CHECK(text(text_of(*physician_key)->value) == "Room 4: chest pain, please come");
}

TEST_CASE("the largest slip stays under its maximum, one more of anything is refused") {
  messages m;
  auto h = m.header();
  h.envelope.assign(255, 7);
  h.records_key = sha256(view("records key"));
  std::vector<recipient> all;
  for (std::uint8_t i = 0; i < slip_parties_max; ++i)
    all.push_back({some_id<party_id>(static_cast<std::uint8_t>(i + 1)), 1, m.nurse_inbox.public_part});
  for (std::uint8_t i = 0; i < slip_attachments_max; ++i)
    h.attachments.push_back({some_id<attachment_id>(static_cast<std::uint8_t>(200 - i)), {}, i});
  records_sealer records = [](const secret32&, const hash32&) { return records_copy{}; };
  auto sent = seal_message(m.clinic, {h, {}, all, records}, m.author);
  REQUIRE(sent);
  CHECK(sent->slip.size() == 334 + 100 * 32 + 56 * 32 + 176 + 215);
  CHECK(sent->slip.size() <= object_size_max(kind::slip));
  auto s = m.decoded(sent->slip);
  CHECK(s.header.attachments.front().blob_size == 31); // in order of their ids
  CHECK(read_envelope(s.header.envelope) == envelope{});

  auto more = all;
  more.push_back({some_id<party_id>(99), 1, m.nurse_inbox.public_part});
  CHECK(seal_message(m.clinic, {h, {}, more, records}, m.author).why() == refusal::count_too_large);
  auto files = h;
  files.attachments.push_back({some_id<attachment_id>(99), {}, 1});
  CHECK(seal_message(m.clinic, {files, {}, all, records}, m.author).why() == refusal::count_too_large);
  auto long_envelope = h;
  long_envelope.envelope.push_back(0);
  CHECK(seal_message(m.clinic, {long_envelope, {}, all, records}, m.author).why() ==
        refusal::count_too_large);
  CHECK(seal_message(m.clinic, {h, {}, {}, records}, m.author).why() == refusal::count_too_large);
  CHECK(seal_message(m.clinic, {h, bytes(65'533), all, records}, m.author).why() == refusal::body_size);
  auto doubled = all;
  doubled.pop_back();
  doubled.push_back(all.front());
  CHECK(seal_message(m.clinic, {h, {}, doubled, records}, m.author).why() == refusal::not_sorted);
  auto bad_key = all;
  bad_key[3].inbox = {};
  CHECK(seal_message(m.clinic, {h, {}, bad_key, records}, m.author).why() == refusal::bad_public_key);
  CHECK(seal_message(m.clinic, {h, {}, all, {}}, m.author).why() == refusal::stale_records_key);
  CHECK(seal_message(m.clinic, {m.header(), {}, all, records}, m.author).why() == refusal::stale_records_key);
}

TEST_CASE("a records key brings its 176 bytes, bound to h, and its absence brings none") {
  messages m;
  auto h = m.header();
  h.records_key = sha256(view("records key"));
  records_sealer records = [](const secret32&, const hash32& header) {
    records_copy out{};
    std::copy(header.begin(), header.end(), out.begin());
    return out;
  };
  auto sent = seal_message(m.clinic, {h, view("text"), m.recipients(), records}, m.author);
  REQUIRE(sent);
  CHECK(sent->slip.size() == 334 + 100 * 2 + 176);
  auto s = m.decoded(sent->slip);
  REQUIRE(s.records);
  CHECK(std::equal(s.h.begin(), s.h.end(), s.records->begin()));
  CHECK(check_records_key(s.header, h.records_key) == refusal::none);
  SECTION("negative 138: a header without records key while the clinic has one, and the reverse") {
    CHECK(check_records_key(s.header, {}) == refusal::stale_records_key);
    CHECK(check_records_key(m.decoded(m.message().slip).header, h.records_key) == refusal::stale_records_key);
    CHECK(check_records_key(m.decoded(m.message().slip).header, {}) == refusal::none);
  }
  SECTION("the copy left out") {
    slip_fields fields = s;
    fields.records.reset();
    auto cut = sign_object(m.clinic, fields, {{m.author, labels::slip}});
    CHECK(slip::decode(cut, m.clinic).why() == refusal::truncated);
  }
}

TEST_CASE("slips that are malformed are refused by name") {
  messages m;
  auto sent = m.message();
  auto good = m.decoded(sent.slip);
  auto encoded = [&](auto change) {
    slip_fields fields = good;
    change(fields);
    return slip::decode(sign_object(m.clinic, fields, {{m.author, labels::slip}}), m.clinic).why();
  };
  auto party = [](int i) { return some_id<party_id>(static_cast<std::uint8_t>(i)); };

  CHECK(encoded([](slip_fields&) {}) == refusal::none);
  CHECK(encoded([&](slip_fields& f) { // 6: 33 parties
          f.header.parties.clear();
          for (int i = 1; i <= 33; ++i)
            f.header.parties.push_back(party(i));
          f.seals.resize(33);
        }) == refusal::count_too_large);
  CHECK(encoded([](slip_fields& f) {
          f.header.parties.clear();
          f.seals.clear();
        }) == refusal::count_too_large);
  CHECK(encoded([](slip_fields& f) { std::swap(f.header.parties[0], f.header.parties[1]); }) ==
        refusal::not_sorted); // 9
  CHECK(encoded([](slip_fields& f) { f.header.parties[1] = f.header.parties[0]; }) ==
        refusal::not_sorted); // negative 10
  CHECK(encoded([](slip_fields& f) {
          f.header.attachments = {{some_id<attachment_id>(1), {}, 5}, {some_id<attachment_id>(1), {}, 6}};
        }) == refusal::not_sorted);
  CHECK(encoded([](slip_fields& f) { f.seals.pop_back(); }) == refusal::truncated);
  CHECK(encoded([](slip_fields& f) { f.seals.emplace_back(); }) == refusal::trailing_bytes);
  CHECK(encoded([](slip_fields& f) { f.records = records_copy{}; }) == refusal::trailing_bytes);

  CHECK(slip::decode(sent.slip, some_id<clinic_id>(9)).why() == refusal::other_clinic); // negative 14
  auto longer = sent.slip;
  longer.push_back(0);
  CHECK(slip::decode(longer, m.clinic).why() == refusal::trailing_bytes); // negative 13
  longer.resize(object_size_max(kind::slip) + 1);
  CHECK(slip::decode(longer, m.clinic).why() == refusal::object_too_large); // 1
  auto signed_bytes = to_bytes(good.frame.signed_bytes());
  auto signature = good.frame.signature(0);
  CHECK(slip::decode(with_signatures(signed_bytes, {signature, signature}), m.clinic).why() ==
        refusal::wrong_signature_count); // negative 15
  CHECK(slip::decode(with_signatures(signed_bytes, {}), m.clinic).why() == refusal::wrong_signature_count);
}

TEST_CASE("negatives 5 and 16: no prefix of a slip decodes, no flipped bit of it is accepted") {
  messages m;
  auto good = m.message().slip;
  for (std::size_t n = 0; n < good.size(); ++n) {
    auto why = slip::decode(bytes_view{good}.first(n), m.clinic).why();
    REQUIRE((why == refusal::truncated || why == refusal::length_beyond_end));
  }
  for (auto bit : every_bit_of(good)) {
    auto bent = slip::decode(with_bit_flipped(good, bit), m.clinic);
    REQUIRE((!bent || check_slip_signature(*bent, m.author.public_part()) == refusal::bad_signature));
  }
}

TEST_CASE("an envelope that cannot be read is unscored and counts as today; the slip stands") {
  envelope e{urgency::urgent, true, message_type::handoff, scored_by::person, sha256(view("rules"))};
  auto good = encode(e);
  REQUIRE(good.size() == envelope_bytes);
  CHECK(read_envelope(good) == e);
  auto with = [&](std::size_t at, std::uint8_t value) {
    auto out = good;
    out[at] = value;
    return read_envelope(out);
  };
  CHECK(with(0, 2) == envelope{}); // 85: version 2
  CHECK(with(1, 6) == envelope{}); // no such level
  CHECK(with(2, 2) == envelope{}); // reserved flag
  CHECK(with(3, 0) == envelope{}); // no such type
  CHECK(with(3, 9) == envelope{});
  CHECK(with(4, 4) == envelope{}); // no such scorer
  CHECK(with(5, 1) == envelope{}); // 8: reserved byte
  CHECK(with(7, 1) == envelope{});
  CHECK(read_envelope(bytes_view{good}.first(39)) == envelope{});
  CHECK(read_envelope({}) == envelope{});
  good.push_back(0);
  CHECK(read_envelope(good) == envelope{});
  CHECK(timed_as(envelope{}.level) == urgency::today);
  CHECK(timed_as(urgency::info) == urgency::info);

  messages m;
  auto h = m.header();
  h.envelope = {2, 1, 2, 3};
  auto sent = seal_message(m.clinic, {h, view("text"), m.recipients(), {}}, m.author);
  REQUIRE(sent);
  auto s = m.decoded(sent->slip);
  CHECK(check_received(s, m.known_author(), {m.nurse}) == refusal::none);
  CHECK(s.header.envelope == bytes{2, 1, 2, 3});
}
