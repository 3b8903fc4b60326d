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

} // namespace

TEST_CASE("the daemon compares a slip with its channel, conversation and body") {
  messages m;
  auto sent = m.message();
  auto s = m.decoded(sent.slip);
  const auto& h = s.header;
  auto other_device = some_id<device_id>(9);
  auto other_user = some_id<user_id>(9);
  CHECK(check_author(h, m.author_device, m.author_certificate, m.author_user) == refusal::none);
  CHECK(check_author(h, other_device, m.author_certificate, m.author_user) ==
        refusal::author_not_channel); // negative 74
  CHECK(check_author(h, m.author_device, sha256(view("renewed")), m.author_user) ==
        refusal::stale_certificate); // negative 155
  CHECK(check_author(h, m.author_device, m.author_certificate, other_user) ==
        refusal::author_not_device_user); // negative 75
  auto nobody = h;
  nobody.author_user = {};
  CHECK(check_author(nobody, m.author_device, m.author_certificate, {}) == refusal::author_not_device_user);

  std::vector<party_id> both{m.nurse, m.physician};
  CHECK(check_recipients(h, 3, both) == refusal::none);
  CHECK(check_recipients(h, 4, both) == refusal::stale_conversation); // negative 160
  CHECK(check_recipients(h, 3, {m.nurse}) == refusal::recipients_mismatch);
  CHECK(check_recipients(h, 3, {m.nurse, m.physician, some_id<party_id>(3)}) ==
        refusal::recipients_mismatch); // negative 78

  CHECK(check_time(h, h.time) == refusal::none);
  CHECK(check_time(h, h.time + 1) == refusal::none);
  CHECK(check_time(h, h.time - time_ahead_ms_max) == refusal::none);
  CHECK(check_time(h, h.time - time_ahead_ms_max - 1) == refusal::time_ahead);
  CHECK(check_time(h, h.time - 3'600'000) == refusal::time_ahead); // negative 87

  CHECK_FALSE(stale_seal(s, {2, 7}));
  CHECK(stale_seal(s, {2, 8}) == 1u); // negative 79
  CHECK(stale_seal(s, {3, 7}) == 0u);
  CHECK(stale_seal(s, {2}) == 1u);

  CHECK(check_posted_body(h, sent.body) == refusal::none);
  CHECK(check_posted_body(h, m.message("another").body) == refusal::body_mismatch); // negative 88
  CHECK(check_posted_body(h, bytes(257)) == refusal::body_mismatch);
  auto wrong_size = h;
  wrong_size.body_size = 1'040;
  CHECK(check_posted_body(wrong_size, sent.body) == refusal::body_mismatch);
}

TEST_CASE("a reader takes a slip only from its author, and only if it is for the reader") {
  messages m;
  auto s = m.decoded(m.message().slip);
  auto author = m.known_author();
  CHECK(check_received(s, author, {m.physician}) == refusal::none);
  CHECK(check_received(s, author, {some_id<party_id>(5), m.physician}) == refusal::none);
  CHECK(check_received(s, author, {some_id<party_id>(5)}) == refusal::not_for_me);
  CHECK(check_received(s, author, {}) == refusal::not_for_me);
  author.revoked_before = true;
  CHECK(check_received(s, author, {m.nurse}) == refusal::author_revoked); // negative 100
  author = m.known_author();
  author.user = some_id<user_id>(9);
  CHECK(check_received(s, author, {m.nurse}) == refusal::author_not_device_user); // negative 75
  author.user = {}; // a station: anybody of the unit
  CHECK(check_received(s, author, {m.nurse}) == refusal::none);
  author.signing = some_signing_key(0x72).public_part();
  CHECK(check_received(s, author, {m.nurse}) == refusal::bad_signature);

  SECTION("negative 86: the envelope changed on the way") {
    slip_fields fields = s;
    fields.header.envelope[1] = 5;
    auto bytes_on_the_way = encode(m.clinic, fields);
    auto bent = m.decoded(with_signatures(bytes_on_the_way, {s.frame.signature(0)}));
    CHECK(check_received(bent, m.known_author(), {m.nurse}) == refusal::bad_signature);
  }
  SECTION("negative 25: a signature made under another label") {
    slip_fields fields = s;
    auto other = m.decoded(sign_object(m.clinic, fields, {{m.author, labels::act}}));
    CHECK(check_received(other, m.known_author(), {m.nurse}) == refusal::bad_signature);
  }
}

TEST_CASE("seals open only for their party, their epoch and their header") {
  messages m;
  auto s = m.decoded(m.message().slip);
  CHECK(open_seal(s, some_id<party_id>(5), m.nurse_inbox).why() == refusal::not_for_me);
  CHECK(open_seal(s, m.nurse, m.physician_inbox).why() == refusal::seal_not_openable);

  SECTION("negative 76: another's seals under an own header") {
    slip_fields fields = s;
    fields.header.author_user = some_id<user_id>(0x52);
    CHECK(open_seal(m.signed_slip(fields), m.nurse, m.nurse_inbox).why() == refusal::seal_not_openable);
  }
  SECTION("negative 77: seals of two parties swapped") {
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
  SECTION("negative 84: K1 to one party, K2 to the other") {
    auto forked = with_other_key(m, s, 1, some_secret(0x33), m.physician_inbox.public_part);
    CHECK(open_seal(forked, m.nurse, m.nurse_inbox));
    CHECK(open_seal(forked, m.physician, m.physician_inbox).why() == refusal::key_commitment_mismatch);
  }
}

TEST_CASE("negative 79: re-sealing to a new epoch changes 84 bytes and the signature, nothing else") {
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
  CHECK(check_received(r, m.known_author(), {m.physician}) == refusal::none);
  CHECK(open_seal(r, m.physician, turned));
  CHECK(open_seal(r, m.nurse, m.nurse_inbox));
  CHECK(open_seal(r, m.physician, m.physician_inbox).why() == refusal::seal_not_openable);

  CHECK(reseal(s, sent.key, {some_id<party_id>(5), 1, turned.public_part}, m.author).why() ==
        refusal::recipients_mismatch);
  CHECK(reseal(s, some_secret(1), {m.nurse, 3, turned.public_part}, m.author).why() ==
        refusal::key_commitment_mismatch);
  CHECK(reseal(s, sent.key, {m.nurse, 3, {}}, m.author).why() == refusal::bad_public_key);
}

TEST_CASE(
    "negative 160: for a changed conversation the header is new, while id, K, body and attachments stay") {
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
