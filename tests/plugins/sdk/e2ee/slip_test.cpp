#include "e2ee/body_seal.hpp"
#include "e2ee/hpke.hpp"
#include "messages.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

/// The slip with another key sealed to the party at `at`, signed again: what a malicious author can make.
slip with_other_key(const messages& m, const slip& s, std::size_t at, const secret32& key,
                    const public_key& inbox) {
  slip_fields fields = s;
  auto sealed = *hpke_seal(inbox, seal_info(s.h, s.header.parties[at], s.seals[at].epoch), key.view());
  std::copy_n(sealed.begin(), 32, fields.seals[at].enc.begin());
  std::copy_n(sealed.begin() + 32, 48, fields.seals[at].ct.begin());
  return m.signed_slip(fields);
}

slip_author known_author(const messages& m) {
  return {m.author.public_part(), m.author_user, false};
}

} // namespace

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
  CHECK(check_received(s, known_author(m), {m.nurse}) == refusal::none);

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
  SECTION("138: a header without records key while the clinic has one, and the reverse") {
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
        refusal::not_sorted); // 10
  CHECK(encoded([](slip_fields& f) {
          f.header.attachments = {{some_id<attachment_id>(1), {}, 5}, {some_id<attachment_id>(1), {}, 6}};
        }) == refusal::not_sorted);
  CHECK(encoded([](slip_fields& f) { f.seals.pop_back(); }) == refusal::truncated);
  CHECK(encoded([](slip_fields& f) { f.seals.emplace_back(); }) == refusal::trailing_bytes);
  CHECK(encoded([](slip_fields& f) { f.records = records_copy{}; }) == refusal::trailing_bytes);

  CHECK(slip::decode(sent.slip, some_id<clinic_id>(9)).why() == refusal::other_clinic); // 14
  auto longer = sent.slip;
  longer.push_back(0);
  CHECK(slip::decode(longer, m.clinic).why() == refusal::trailing_bytes); // 13
  longer.resize(object_size_max(kind::slip) + 1);
  CHECK(slip::decode(longer, m.clinic).why() == refusal::object_too_large); // 1
  auto signed_bytes = to_bytes(good.frame.signed_bytes());
  auto signature = good.frame.signature(0);
  CHECK(slip::decode(with_signatures(signed_bytes, {signature, signature}), m.clinic).why() ==
        refusal::wrong_signature_count); // 15
  CHECK(slip::decode(with_signatures(signed_bytes, {}), m.clinic).why() == refusal::wrong_signature_count);
}

TEST_CASE("5 and 16: no prefix of a slip decodes, no flipped bit of it is accepted") {
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
  CHECK(check_received(s, known_author(m), {m.nurse}) == refusal::none);
  CHECK(s.header.envelope == bytes{2, 1, 2, 3});
}

TEST_CASE("the daemon compares a slip with its channel, conversation and body") {
  messages m;
  auto sent = m.message();
  auto s = m.decoded(sent.slip);
  const auto& h = s.header;
  auto other_device = some_id<device_id>(9);
  auto other_user = some_id<user_id>(9);
  CHECK(check_author(h, m.author_device, m.author_certificate, m.author_user) == refusal::none);
  CHECK(check_author(h, other_device, m.author_certificate, m.author_user) ==
        refusal::author_not_channel); // 74
  CHECK(check_author(h, m.author_device, sha256(view("renewed")), m.author_user) ==
        refusal::stale_certificate); // 155
  CHECK(check_author(h, m.author_device, m.author_certificate, other_user) ==
        refusal::author_not_device_user); // 75
  auto nobody = h;
  nobody.author_user = {};
  CHECK(check_author(nobody, m.author_device, m.author_certificate, {}) == refusal::author_not_device_user);

  std::vector<party_id> both{m.nurse, m.physician};
  CHECK(check_recipients(h, 3, both) == refusal::none);
  CHECK(check_recipients(h, 4, both) == refusal::stale_conversation); // 160
  CHECK(check_recipients(h, 3, {m.nurse}) == refusal::recipients_mismatch);
  CHECK(check_recipients(h, 3, {m.nurse, m.physician, some_id<party_id>(3)}) ==
        refusal::recipients_mismatch); // 78

  CHECK(check_time(h, h.time) == refusal::none);
  CHECK(check_time(h, h.time + 1) == refusal::none);
  CHECK(check_time(h, h.time - time_ahead_ms_max) == refusal::none);
  CHECK(check_time(h, h.time - time_ahead_ms_max - 1) == refusal::time_ahead);
  CHECK(check_time(h, h.time - 3'600'000) == refusal::time_ahead); // 87

  CHECK_FALSE(stale_seal(s, {2, 7}));
  CHECK(stale_seal(s, {2, 8}) == 1u); // 79
  CHECK(stale_seal(s, {3, 7}) == 0u);
  CHECK(stale_seal(s, {2}) == 1u);

  CHECK(check_posted_body(h, sent.body) == refusal::none);
  CHECK(check_posted_body(h, m.message("another").body) == refusal::body_mismatch); // 88
  CHECK(check_posted_body(h, bytes(257)) == refusal::body_mismatch);
  auto wrong_size = h;
  wrong_size.body_size = 1'040;
  CHECK(check_posted_body(wrong_size, sent.body) == refusal::body_mismatch);
}

TEST_CASE("a reader takes a slip only from its author, and only if it is for the reader") {
  messages m;
  auto s = m.decoded(m.message().slip);
  auto author = known_author(m);
  CHECK(check_received(s, author, {m.physician}) == refusal::none);
  CHECK(check_received(s, author, {some_id<party_id>(5), m.physician}) == refusal::none);
  CHECK(check_received(s, author, {some_id<party_id>(5)}) == refusal::not_for_me);
  CHECK(check_received(s, author, {}) == refusal::not_for_me);
  author.revoked_before = true;
  CHECK(check_received(s, author, {m.nurse}) == refusal::author_revoked); // 100
  author = known_author(m);
  author.user = some_id<user_id>(9);
  CHECK(check_received(s, author, {m.nurse}) == refusal::author_not_device_user); // 75
  author.user = {}; // a station: anybody of the unit
  CHECK(check_received(s, author, {m.nurse}) == refusal::none);
  author.signing = some_signing_key(0x72).public_part();
  CHECK(check_received(s, author, {m.nurse}) == refusal::bad_signature);

  SECTION("86: the envelope changed on the way") {
    slip_fields fields = s;
    fields.header.envelope[1] = 5;
    auto bytes_on_the_way = encode(m.clinic, fields);
    auto bent = m.decoded(with_signatures(bytes_on_the_way, {s.frame.signature(0)}));
    CHECK(check_received(bent, known_author(m), {m.nurse}) == refusal::bad_signature);
  }
  SECTION("25: a signature made under another label") {
    slip_fields fields = s;
    auto other = m.decoded(sign_object(m.clinic, fields, {{m.author, labels::act}}));
    CHECK(check_received(other, known_author(m), {m.nurse}) == refusal::bad_signature);
  }
}

TEST_CASE("seals open only for their party, their epoch and their header") {
  messages m;
  auto s = m.decoded(m.message().slip);
  CHECK(open_seal(s, some_id<party_id>(5), m.nurse_inbox).why() == refusal::not_for_me);
  CHECK(open_seal(s, m.nurse, m.physician_inbox).why() == refusal::seal_not_openable);

  SECTION("76: another's seals under an own header") {
    slip_fields fields = s;
    fields.header.author_user = some_id<user_id>(0x52);
    CHECK(open_seal(m.signed_slip(fields), m.nurse, m.nurse_inbox).why() == refusal::seal_not_openable);
  }
  SECTION("77: seals of two parties swapped") {
    slip_fields fields = s;
    std::swap(fields.seals[0], fields.seals[1]);
    auto swapped = m.signed_slip(fields);
    CHECK(open_seal(swapped, m.nurse, m.nurse_inbox).why() == refusal::seal_not_openable);
    CHECK(open_seal(swapped, m.physician, m.physician_inbox).why() == refusal::seal_not_openable);
  }
  SECTION("another epoch written beside the seal") {
    slip_fields fields = s;
    fields.seals[0].epoch = 3;
    CHECK(open_seal(m.signed_slip(fields), m.nurse, m.nurse_inbox).why() == refusal::seal_not_openable);
  }
  SECTION("84: K1 to one party, K2 to the other") {
    auto forked = with_other_key(m, s, 1, some_secret(0x33), m.physician_inbox.public_part);
    CHECK(open_seal(forked, m.nurse, m.nurse_inbox));
    CHECK(open_seal(forked, m.physician, m.physician_inbox).why() == refusal::key_commitment_mismatch);
  }
}

TEST_CASE("79: re-sealing to a new epoch changes 84 bytes and the signature, nothing else") {
  messages m;
  auto sent = m.message();
  auto s = m.decoded(sent.slip);
  auto turned = some_pair(0x83);
  auto again = reseal(s, sent.key, {m.physician, 8, turned.public_part}, m.author);
  REQUIRE(again);
  auto r = m.decoded(*again);
  CHECK(r.h == s.h);
  CHECK(r.header == s.header);
  auto before = s.frame.signed_bytes();
  auto after = r.frame.signed_bytes();
  REQUIRE(before.size() == after.size());
  auto kept = s.header_bytes + seal_bytes;
  CHECK(std::equal(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(kept), after.begin()));
  CHECK(r.seals[1].epoch == 8);
  CHECK(check_received(r, known_author(m), {m.physician}) == refusal::none);
  CHECK(open_seal(r, m.physician, turned));
  CHECK(open_seal(r, m.nurse, m.nurse_inbox));
  CHECK(open_seal(r, m.physician, m.physician_inbox).why() == refusal::seal_not_openable);

  CHECK(reseal(s, sent.key, {some_id<party_id>(5), 1, turned.public_part}, m.author).why() ==
        refusal::recipients_mismatch);
  CHECK(reseal(s, some_secret(1), {m.nurse, 3, turned.public_part}, m.author).why() ==
        refusal::key_commitment_mismatch);
  CHECK(reseal(s, sent.key, {m.nurse, 3, {}}, m.author).why() == refusal::bad_public_key);
}

TEST_CASE("160: for a changed conversation the header is new, while id, K, body and attachments stay") {
  messages m;
  auto h = m.header();
  h.attachments = {{some_id<attachment_id>(4), sha256(view("blob")), 4'112}};
  auto sent = seal_message(m.clinic, {h, view("text"), m.recipients(), {}}, m.author);
  REQUIRE(sent);
  auto s = m.decoded(sent->slip);
  auto clerk = some_id<party_id>(0x03);
  auto clerk_inbox = some_pair(0x84);
  auto recipients = m.recipients();
  recipients.push_back({clerk, 1, clerk_inbox.public_part});
  auto changed = s.header;
  changed.conversation_link = 4;
  changed.message = {}; // what may not change is taken from the slip
  changed.attachments.clear();
  auto made = readdress(s, sent->key, changed, recipients, {}, m.author);
  REQUIRE(made);
  auto r = m.decoded(made->slip);
  CHECK(r.h == made->h);
  CHECK(r.h != s.h);
  CHECK(r.header.message == s.header.message);
  CHECK(r.header.attachments == s.header.attachments);
  CHECK(r.header.key_commitment == s.header.key_commitment);
  CHECK(check_posted_body(r.header, sent->body) == refusal::none);
  CHECK(check_recipients(r.header, 4, {m.nurse, m.physician, clerk}) == refusal::none);
  CHECK(open_seal(r, clerk, clerk_inbox));
  CHECK(readdress(s, some_secret(1), changed, recipients, {}, m.author).why() ==
        refusal::key_commitment_mismatch);
}
