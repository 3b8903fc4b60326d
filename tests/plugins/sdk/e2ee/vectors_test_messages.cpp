// V1 of e2ee 12, refusals of slips, bodies and acts. The checks are called in the guide's order (5.9, 5.10,
// 5.12); what the guide asks of a store is answered here from the case.
#include "e2ee/body_seal.hpp"
#include "e2ee/slip_seals.hpp"
#include "vectors_world.hpp"
#include <algorithm>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::tests;

namespace {

void check_expected(const json& x, refusal why) {
  INFO(x.at("number") << ": " << x.at("name"));
  CHECK(spoken(why) == x.at("expect"));
}

/// The person behind a device: its user, or who is logged in at the station.
user_id acting_user(const device_facts& device, const json& x) {
  return device.user ? device.user : at<user_id>(x, "session_user");
}

bool entitled_in_any(const vector_world& world, const trust_standing& known, const device_id& device,
                     const conversation_id& conversation) {
  auto head = world.conversations.find(conversation);
  if (head == world.conversations.end())
    return false;
  return std::any_of(head->second.parties.begin(), head->second.parties.end(),
                     [&](const auto& p) { return known.entitlement(device, p.party).has_value(); });
}

/// `message_id_reused`, `message_destroyed`, or none.
refusal check_identity(const slip& s, const json& x) {
  for (const auto& k : x.at("known"))
    if (at<message_id>(k, "message") == s.header.message && at<hash32>(k, "h") != s.h)
      return refusal::message_id_reused;
  auto gone = all_of<message_id>(x.at("destroyed"));
  bool destroyed = std::find(gone.begin(), gone.end(), s.header.message) != gone.end();
  return destroyed ? refusal::message_destroyed : refusal::none;
}

refusal check_blobs(const slip_header& header, const json& blobs) {
  for (const auto& wanted : header.attachments) {
    auto found = std::find_if(blobs.begin(), blobs.end(),
                              [&](const json& b) { return at<attachment_id>(b, "id") == wanted.attachment; });
    if (found == blobs.end())
      return refusal::attachment_missing;
    if (at<hash32>(*found, "hash") != wanted.blob_hash || found->at("size") != wanted.blob_size)
      return refusal::attachment_mismatch;
  }
  return refusal::none;
}

refusal check_against_heads(const vector_world& world, const slip& s, const json& x) {
  const auto& head = world.conversations.at(s.header.conversation);
  std::vector<party_id> parties;
  for (const auto& p : head.parties)
    parties.push_back(p.party);
  if (auto why = check_recipients(s.header, head.n, parties); why != refusal::none)
    return why;
  if (auto why = check_time(s.header, x.at("now").get<time_ms>()); why != refusal::none)
    return why;
  std::vector<std::uint32_t> epochs;
  for (const auto& p : s.header.parties)
    epochs.push_back(world.chain(p).head());
  if (stale_seal(s, epochs))
    return refusal::stale_party;
  return check_records_key(s.header, at<hash32>(x, "records_key_hash"));
}

/// e2ee 5.9, "checks by the daemon, in order".
refusal judge_posted(const vector_world& world, const json& x, bytes_view body) {
  auto s = slip::decode(bytes_at(x, "object"), world.known.clinic());
  if (!s)
    return s.why();
  auto known = world.standing_at(place_of(x));
  auto device = known.device(s->header.author_device);
  REQUIRE(device);
  if (auto why = check_author(s->header, at<device_id>(x, "channel_device"), device->certificate,
                              acting_user(*device, x));
      why != refusal::none)
    return why;
  if (!entitled_in_any(world, known, s->header.author_device, s->header.conversation))
    return refusal::not_found;
  if (auto why = check_identity(*s, x); why != refusal::none)
    return why;
  if (auto why = check_against_heads(world, *s, x); why != refusal::none)
    return why;
  if (auto why = check_posted_body(s->header, body); why != refusal::none)
    return why;
  return check_blobs(s->header, x.at("blobs"));
}

/// e2ee 5.9, "checks by readers". The key if nothing refuses.
expected<secret32> judge_received(const vector_world& world, const json& x) {
  auto s = slip::decode(bytes_at(x, "object"), world.known.clinic());
  if (!s)
    return s.why();
  auto* author = world.known.certificate(s->header.author_certificate);
  if (author == nullptr)
    return refusal::needs;
  auto known = world.standing_at(place_of(x));
  auto reader = device_named(x.at("reader"));
  std::vector<party_id> own;
  for (const auto& [party, chain] : world.chains)
    if (known.entitlement(at<device_id>(reader, "device"), party))
      own.push_back(party);
  bool revoked =
      world.known.device_revoked_before(s->header.author_device, x.at("position").get<std::uint64_t>());
  if (auto why = check_received(*s, {author->what.signing_key, author->what.user, revoked}, own);
      why != refusal::none)
    return why;
  auto mine = std::find_if(own.begin(), own.end(), [&](const party_id& p) { return s->position(p); });
  REQUIRE(mine != own.end());
  auto epoch = s->seals[*s->position(*mine)].epoch;
  for (const auto& held : x.at("seeds"))
    if (at<party_id>(held, "party") == *mine && held.at("epoch") == epoch)
      return open_seal(*s, *mine, inbox_of(world.known.clinic(), *mine, epoch, secret_at(held, "seed")));
  return refusal::needs;
}

refusal judge_body(const json& x, bytes& content) {
  auto opened = open_body(bytes_at(x, "body"),
                          {at<message_id>(x, "message"), at<hash32>(x, "body_hash"),
                           x.at("body_size").get<std::uint32_t>(), at<hash32>(x, "commitment")},
                          secret_at(x, "key"));
  if (opened)
    content = opened->value;
  return opened.why();
}

/// e2ee 5.12.
refusal judge_act(const vector_world& world, const json& x) {
  auto said = act::decode(bytes_at(x, "object"), world.known.clinic());
  if (!said)
    return said.why();
  auto known = world.standing_at(place_of(x));
  auto device = known.device(said->device);
  REQUIRE(device);
  const auto& target = x.at("target");
  if (auto why = check_act_author(*said, {at<device_id>(x, "channel_device"), device->certificate,
                                          acting_user(*device, x), device->signing});
      why != refusal::none)
    return why;
  if (auto why = check_act_target(*said, at<message_id>(target, "message"), at<hash32>(target, "h"));
      why != refusal::none)
    return why;
  auto targets = all_of<party_id>(target.at("targets"));
  bool may =
      said->act == act_kind::acknowledge
          ? std::any_of(targets.begin(), targets.end(),
                        [&](const party_id& p) { return known.entitlement(said->device, p).has_value(); })
          : entitled_in_any(world, known, said->device, at<conversation_id>(target, "conversation"));
  if (!may)
    return refusal::not_entitled_to_act;
  return check_level_change(*said, static_cast<urgency>(target.at("level").get<std::uint8_t>()));
}

/// "unscored" of a case whose envelope an old client cannot read.
void check_envelope(const json& x) {
  if (!x.contains("envelope"))
    return;
  auto s = slip::decode(bytes_at(x, "object"), clinic_of_vectors());
  REQUIRE(s);
  auto read = read_envelope(s->header.envelope);
  CHECK(read == envelope{});
  CHECK(timed_as(read.level) == urgency::today);
}

} // namespace

TEST_CASE("vectors: refusals of the daemon for slips") {
  auto cases = negatives_of({"slip_daemon"});
  auto usual_body = bytes_at(cases.front(), "body");
  for (const auto& x : cases) {
    auto body = x.contains("body") ? bytes_at(x, "body") : usual_body;
    check_expected(x, judge_posted(vector_world::before(x), x, body));
    check_envelope(x);
  }
}

TEST_CASE("vectors: refusals of readers for slips") {
  for (const auto& x : negatives_of({"slip_reader"})) {
    auto key = judge_received(vector_world::before(x), x);
    check_expected(x, key.why());
    if (x.contains("key")) {
      REQUIRE(key);
      CHECK(hex(key->view()) == x.at("key"));
    }
    check_envelope(x);
  }
}

TEST_CASE("vectors: refusals of bodies") {
  for (const auto& x : negatives_of({"body"})) {
    bytes content;
    check_expected(x, judge_body(x, content));
    if (x.contains("content"))
      CHECK(hex(content) == x.at("content"));
  }
}

TEST_CASE("vectors: refusals of acts") {
  for (const auto& x : negatives_of({"act"}))
    check_expected(x, judge_act(vector_world::before(x), x));
}
