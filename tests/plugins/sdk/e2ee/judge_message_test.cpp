// Slips, bodies and acts as the third judge made and spoilt them (e2ee 12; e2ee 10: 8, 25, 74-92, 98-102,
// 138, 155, 160-162, 164, 166, 168).
#include "e2ee/act.hpp"
#include "e2ee/body_seal.hpp"
#include "e2ee/party_keys.hpp"
#include "e2ee/slip_seals.hpp"
#include "judge.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

bool in_a_party(const judged_clinic& clinic, const json& c, const device_id& device,
                const conversation_head& conversation) {
  auto known = clinic.standing(c);
  return std::any_of(conversation.parties.begin(), conversation.parties.end(),
                     [&](const auto& p) { return known.entitlement(device, p.party).has_value(); });
}

/// The person of a personal device is the certificate's, of a station who is logged in.
user_id acting_user(const device_facts& device, const json& c) {
  return device.user ? device.user : as<user_id>(c.at("session_user"));
}

refusal check_id(const slip& s, const json& c) {
  for (const auto& k : c.at("known"))
    if (as<message_id>(k.at("message")) == s.header.message)
      return as<hash32>(k.at("h")) == s.h ? refusal::none : refusal::message_id_reused;
  for (const auto& d : c.at("destroyed"))
    if (as<message_id>(d) == s.header.message)
      return refusal::message_destroyed;
  return refusal::none;
}

refusal check_blobs(const slip& s, const json& c) {
  for (const auto& a : s.header.attachments) {
    auto same = [&](const json& b) {
      return as<attachment_id>(b.at("id")) == a.attachment && as<hash32>(b.at("hash")) == a.blob_hash &&
             b.at("size").get<std::uint64_t>() == a.blob_size;
    };
    const auto& blobs = c.at("blobs");
    if (std::none_of(blobs.begin(), blobs.end(), same))
      return refusal::attachment_missing;
  }
  return refusal::none;
}

/// The order of e2ee 5.9, with the case for the daemon's store.
refusal at_daemon(const judged_clinic& clinic, const slip& s, const json& c, const bytes& body) {
  auto known = clinic.standing(c);
  auto channel = known.device(as<device_id>(c.at("channel_device")));
  REQUIRE(channel);
  auto author = check_author(s.header, channel->device, channel->certificate, acting_user(*channel, c));
  if (author != refusal::none)
    return author;
  auto conversation = clinic.conversation(s.header.conversation);
  if (!in_a_party(clinic, c, channel->device, conversation))
    return refusal::not_found;
  if (auto why = check_id(s, c); why != refusal::none)
    return why;
  std::vector<party_id> parties;
  std::vector<std::uint32_t> heads;
  for (const auto& p : conversation.parties) {
    parties.push_back(p.party);
    heads.push_back(clinic.chain(p.party).head());
  }
  if (auto why = check_recipients(s.header, conversation.n, parties); why != refusal::none)
    return why;
  if (auto why = check_time(s.header, c.at("now")); why != refusal::none)
    return why;
  if (stale_seal(s, heads))
    return refusal::stale_party;
  if (auto why = check_records_key(s.header, as<hash32>(c.at("records_key_hash"))); why != refusal::none)
    return why;
  if (auto why = check_posted_body(s.header, body); why != refusal::none)
    return why;
  return check_blobs(s, c);
}

/// The order of e2ee 5.9 for a reader that holds these seeds; K if everything is well.
expected<secret32> at_reader(const judged_clinic& clinic, const slip& s, const json& c) {
  auto reader = judged_device_named(c.at("reader"));
  auto known = clinic.standing(c);
  auto author = known.device(s.header.author_device);
  REQUIRE(author);
  std::vector<party_id> own;
  for (const auto& p : s.header.parties)
    if (known.entitlement(reader.device, p))
      own.push_back(p);
  if (auto why = check_received(s, {author->signing, author->user, author->barred}, own);
      why != refusal::none)
    return why;
  auto at = *s.position(own.front());
  for (const auto& seed : c.at("seeds")) {
    if (as<party_id>(seed.at("party")) != own.front() || seed.at("epoch") != s.seals[at].epoch)
      continue;
    auto inbox = inbox_of(clinic.id, own.front(), s.seals[at].epoch, secret32{raw(seed.at("seed"))});
    return open_seal(s, own.front(), inbox);
  }
  return refusal::needs;
}

refusal act_at_daemon(const judged_clinic& clinic, const act& a, const json& c) {
  auto known = clinic.standing(c);
  auto channel = known.device(as<device_id>(c.at("channel_device")));
  REQUIRE(channel);
  auto why = check_act_author(
      a, {channel->device, channel->certificate, acting_user(*channel, c), channel->signing});
  if (why != refusal::none)
    return why;
  const auto& target = c.at("target");
  why = check_act_target(a, as<message_id>(target.at("message")), as<hash32>(target.at("h")));
  if (why != refusal::none)
    return why;
  auto conversation = clinic.conversation(as<conversation_id>(target.at("conversation")));
  bool entitled = in_a_party(clinic, c, channel->device, conversation);
  if (entitled && a.act == act_kind::acknowledge) {
    const auto& targets = target.at("targets");
    entitled = std::any_of(targets.begin(), targets.end(), [&](const json& p) {
      return known.entitlement(channel->device, as<party_id>(p)).has_value();
    });
  }
  if (!entitled)
    return refusal::not_entitled_to_act;
  return check_level_change(a, static_cast<urgency>(target.at("level").get<int>()));
}

} // namespace

TEST_CASE("the judge's spoilt slips are refused by the daemon by the same names") {
  const judged_clinic whole;
  bytes first_body;
  std::size_t judgements = 0;
  for (const auto& c : judged("negative")) {
    if (c.value("check", "") != "slip_daemon")
      continue;
    INFO(c.at("number") << " " << c.at("name"));
    auto s = slip::decode(raw(c.at("object")), whole.id);
    REQUIRE(s);
    auto body = c.contains("body") ? raw(c.at("body")) : first_body;
    if (first_body.empty())
      first_body = body;
    CHECK(verdict(at_daemon(whole, *s, c, body)) == c.at("expect").get<std::string>());
    bool unscored = read_envelope(s->header.envelope) == envelope{};
    CHECK(unscored == (c.value("envelope", "") == "unscored"));
    ++judgements;
  }
  CHECK(judgements == 25);
}

TEST_CASE("the judge's spoilt slips are refused by their readers by the same names") {
  const judged_clinic whole;
  std::size_t judgements = 0;
  for (const auto& c : judged("negative")) {
    if (c.value("check", "") != "slip_reader")
      continue;
    INFO(c.at("number") << " " << c.at("name"));
    auto clinic = whole;
    clinic.prepare(c);
    auto s = slip::decode(raw(c.at("object")), clinic.id);
    REQUIRE(s);
    auto key = at_reader(clinic, *s, c);
    CHECK(verdict(key.why()) == c.at("expect").get<std::string>());
    if (key && c.contains("key"))
      CHECK(to_bytes(key->view()) == raw(c.at("key")));
    ++judgements;
  }
  CHECK(judgements == 13);
}

TEST_CASE("the judge's spoilt bodies are refused by the same names") {
  std::size_t judgements = 0;
  for (const auto& c : judged("negative")) {
    if (c.value("check", "") != "body")
      continue;
    INFO(c.at("number") << " " << c.at("name"));
    body_facts facts{as<message_id>(c.at("message")), as<hash32>(c.at("body_hash")), c.at("body_size"),
                     as<hash32>(c.at("commitment"))};
    auto content = open_body(raw(c.at("body")), facts, secret32{raw(c.at("key"))});
    CHECK(verdict(content.why()) == c.at("expect").get<std::string>());
    if (content)
      CHECK(content->value == raw(c.at("content")));
    ++judgements;
  }
  CHECK(judgements == 12);
}

TEST_CASE("the judge's spoilt acts are refused by the same names") {
  const judged_clinic whole;
  std::size_t judgements = 0;
  for (const auto& c : judged("negative")) {
    if (c.value("check", "") != "act")
      continue;
    INFO(c.at("number") << " " << c.at("name"));
    auto a = act::decode(raw(c.at("object")), whole.id);
    REQUIRE(a);
    CHECK(verdict(act_at_daemon(whole, *a, c)) == c.at("expect").get<std::string>());
    ++judgements;
  }
  CHECK(judgements == 15);
}
