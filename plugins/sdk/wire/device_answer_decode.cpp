// What the daemon sends, from bytes: device.hpp. The device trusts its daemon no further than anybody: every
// field is checked here, every signed object later by plugins/sdk/e2ee.
#include "device.pb.h"
#include "wire/attachment_codec.hpp"
#include "wire/codec.hpp"
#include "wire/device.hpp"
#include "wire/exposure_codec.hpp"
#include "wire/limits.hpp"
#include "wire/waiting_codec.hpp"
#include <algorithm>

namespace wardline::wire::device {

namespace {

namespace pb = ::wardline::device::v1;
using codec::fields;

/// A list of at most `max` rows, each taken by `take_row`.
template <class Row, class Message>
void take_rows(fields& in, std::vector<Row>& out, const google::protobuf::RepeatedPtrField<Message>& all,
               std::size_t max, std::type_identity_t<void (*)(fields&, Row&, const Message&)> take_row) {
  in.range(static_cast<std::size_t>(all.size()), 0, max);
  for (const auto& row : all) {
    if (in.why() != refusal::none)
      return;
    take_row(in, out.emplace_back(), row);
  }
}

void take(fields& in, logged& out, const pb::Logged& m) {
  in.take_object(out.object, m.object(), object_bytes_max);
  out.leaf = m.leaf();
  in.take(out.salt, m.salt(), salt_bytes, salt_bytes);
  in.take(out.entry, m.entry(), 1, entry_bytes_max);
  in.take(out.proof, m.proof(), 0, proof_hashes_max);
}

void take(fields& in, share& out, pb::Share& m) {
  out.number = m.number();
  in.require(out.number >= 1);
  in.take_secret(out.value, m.mutable_share(), 32);
  out.next_number = m.next_number();
  in.require(out.next_number == 0 ? m.next().empty() : out.next_number == out.number + 1);
  if (out.next_number != 0)
    in.take_secret(out.next, m.mutable_next(), 32);
  in.require(m.oldest() < out.number);
  out.oldest = m.oldest();
}

void take(fields& in, party_name& out, const pb::PartyName& m) {
  in.take(out.party, m.party());
  in.range(m.kind(), 1, 4);
  out.kind = static_cast<std::uint8_t>(m.kind());
  in.take_name(out.name, m.name(), 1, name_bytes_max);
  out.emergency = m.emergency();
}

void take(fields& in, refused& out, const pb::Refused& m) {
  in.range(m.number(), 1, 0xffff);
  out.why = refusal_from_number(m.number());
  in.take_or_none(out.party, m.party());
  out.epoch = m.epoch();
  in.take_or_none(out.inbox, m.inbox());
  in.take_or_none(out.hash, m.hash());
  in.take_or_none(out.user, m.user());
  out.time = m.time_ms();
}

void take(fields& in, welcome& out, pb::Welcome& m) {
  in.take_or_none(out.user, m.user());
  out.session_until = m.session_until_ms();
  in.take_lines(out.checkpoint, m.checkpoint(), note_bytes_max);
  in.take(out.consistency, m.consistency(), 0, proof_hashes_max);
  if (m.has_share())
    take(in, out.share, *m.mutable_share());
  out.idle = m.idle_ms();
  out.safe_leaves = m.safe_leaves();
}

void take(fields& in, invitation& out, const pb::Invitation& m) {
  in.take_object(out.root, m.root(), root_bytes_max);
  in.take_object(out.server, m.server(), root_bytes_max);
  in.range(static_cast<std::size_t>(m.chain_size()), 0, chain_certificates_max);
  for (const auto& certificate : m.chain())
    if (in.why() == refusal::none)
      in.take_object(out.chain.emplace_back(), certificate, certificate_bytes_max);
  in.take_object(out.invitation_object, m.invitation(), certificate_bytes_max);
}

void take(fields&, enrolled& out, const pb::Enrolled& m) {
  out.leaf = m.leaf();
}

void take(fields& in, logged_in& out, pb::LoggedIn& m) {
  in.take(out.user, m.user());
  out.session_until = m.session_until_ms();
  if (m.has_share())
    take(in, out.share, *m.mutable_share());
  out.idle = m.idle_ms();
}

void take(fields& in, person& out, const pb::Person& m) {
  in.take(out.user, m.user());
  in.take(out.party, m.party());
}

void take(fields& in, station& out, const pb::Station& m) {
  in.take(out.device, m.device());
}

void take(fields& in, parties& out, const pb::Parties& m) {
  take_rows(in, out.names, m.parties(), parties_listed_max, take);
  out.more = m.more();
}

void take(fields& in, own_seal& out, const pb::OwnSeal& m) {
  out.n = m.n();
  in.take(out.seal, m.seal());
}

void take(fields& in, party& out, const pb::Party& m) {
  in.take(out.id, m.party());
  in.range(m.kind(), 1, 4);
  out.kind = static_cast<std::uint8_t>(m.kind());
  take_rows(in, out.cores, m.cores(), logged_per_answer_max, take);
  in.take(out.members, m.members(), 0, link_members_bytes_max);
  in.take(out.seals, m.seals(), 0, link_members_bytes_max);
  take_rows(in, out.certificates, m.certificates(), logged_per_answer_max, take);
  in.take_lines(out.checkpoint, m.checkpoint(), note_bytes_max);
  take_rows(in, out.own_seals, m.own_seals(), logged_per_answer_max, take);
}

void take(fields& in, objects& out, const pb::Objects& m) {
  // More than were asked for: what they hang on comes along, and changes are not asked for by their hashes.
  take_rows(in, out.found, m.objects(), logged_per_answer_max, take);
  in.take_lines(out.checkpoint, m.checkpoint(), note_bytes_max);
}

void take(fields& in, conversation& out, const pb::Conversation& m) {
  in.take(out.id, m.conversation());
  in.take_object(out.link, m.link(), conversation_bytes_max);
  out.last_seq = m.last_seq();
}

void take(fields& in, conversations& out, const pb::Conversations& m) {
  take_rows(in, out.all, m.conversations(), conversations_listed_max, take);
  out.more = m.more();
}

void take(fields& in, submitted& out, const pb::Submitted& m) {
  in.take(out.hash, m.hash());
  out.leaf = m.leaf();
}

void take(fields& in, posted& out, const pb::Posted& m) {
  out.seq = m.seq();
  out.leaf = m.leaf();
  in.require(out.seq >= 1);
}

void take(fields& in, slip& out, const pb::Slip& m) {
  in.take(out.conversation, m.conversation());
  out.seq = m.seq();
  in.require(out.seq >= 1);
  out.leaf = m.leaf();
  in.take_object(out.object, m.slip(), slip_bytes_max);
  in.take(out.acknowledgement, m.acknowledgement(), 0, act_bytes_max);
  out.acknowledgement_leaf = m.acknowledgement_leaf();
  in.take(out.recall, m.recall(), 0, act_bytes_max);
  out.recall_leaf = m.recall_leaf();
  out.time = m.time_ms();
}

void take(fields& in, slips& out, const pb::Slips& m) {
  take_rows(in, out.rows, m.slips(), slips_asked_max, take);
  out.more = m.more();
}

void take(fields& in, body& out, const pb::Body& m) {
  out.seq = m.seq();
  in.require(out.seq >= 1);
  in.take(out.sealed, m.body(), 1, body_bytes_max);
}

void take(fields& in, opened& out, const pb::Opened& m) {
  out.leaf = m.leaf();
  take_rows(in, out.bodies, m.bodies(), open_bodies_max, take);
  out.left_off = m.left_off();
  in.range(out.left_off, 0, open_bodies_max);
}

void take(fields&, done& out, const pb::Done& m) {
  out.leaf = m.leaf();
}

void take(fields& in, checkpoint& out, const pb::Checkpoint& m) {
  in.take_lines(out.note, m.note(), note_bytes_max);
  in.take(out.consistency, m.consistency(), 0, proof_hashes_max);
}

void take(fields& in, std::vector<device_id>& out,
          const google::protobuf::RepeatedPtrField<std::string>& devices) {
  in.range(static_cast<std::size_t>(devices.size()), 0, party_devices_max);
  for (const auto& field : devices) {
    if (in.why() != refusal::none)
      return;
    device_id d;
    in.take(d, field);
    in.require(out.empty() || out.back() < d);
    out.push_back(d);
  }
}

void take(fields& in, turn_wanted& out, const pb::TurnWanted& m) {
  in.take(out.party, m.party());
  take(in, out.add, m.add());
  take(in, out.remove, m.remove());
  out.since = m.since_ms();
}

void take(fields& in, pack_wanted& out, const pb::PackWanted& m) {
  in.take(out.party, m.party());
  in.take(out.device, m.device());
  out.history_from = m.history_from_ms();
}

void take(fields& in, keys_wanted& out, const pb::KeysWanted& m) {
  in.take(out.conversation, m.conversation());
  in.take(out.device, m.device());
  out.history_from = m.history_from_ms();
  in.take(out.report, m.report(), 0, act_bytes_max);
}

void take(fields& in, renewal_due& out, const pb::RenewalDue& m) {
  in.take(out.device, m.device());
  out.until = m.until_ms();
  out.offered = m.offered();
}

void take(fields& in, pending& out, const pb::Pending& m) {
  take_rows(in, out.turns, m.turns(), pending_rows_max, take);
  take_rows(in, out.packs, m.packs(), pending_rows_max, take);
  take_rows(in, out.key_lists, m.key_lists(), pending_rows_max, take);
  in.take(out.renewal, m.renewal(), 0, certificate_bytes_max);
  take_rows(in, out.renewals, m.renewals(), pending_rows_max, take);
}

void take(fields& in, recovery_codes& out, pb::RecoveryCodes& m) {
  in.range(static_cast<std::size_t>(m.codes_size()), recovery_codes_made, recovery_codes_made);
  for (auto& code : *m.mutable_codes())
    if (in.why() == refusal::none)
      in.take_secret(out.codes.emplace_back(), &code, 1, second_factor_bytes_max);
}

void take_objects(fields& in, std::vector<bytes>& out,
                  const google::protobuf::RepeatedPtrField<std::string>& all, std::size_t bytes_max) {
  in.range(static_cast<std::size_t>(all.size()), 0, packs_per_message_max);
  for (const auto& object : all)
    if (in.why() == refusal::none)
      in.take_object(out.emplace_back(), object, bytes_max);
}

void take(fields& in, packs& out, const pb::Packs& m) {
  take_objects(in, out.objects, m.packs(), pack_bytes_max);
}

void take(fields& in, key_lists& out, const pb::KeyLists& m) {
  take_objects(in, out.objects, m.lists(), key_list_bytes_max);
  out.more = m.more();
}

template <class Value, auto Field>
void take_as(fields& in, answer_body& out, pb::Answer& m) {
  take(in, out.emplace<Value>(), *(m.*Field)());
}

struct answer_kind {
  pb::Answer::ResultCase number;
  void (*take)(fields&, answer_body&, pb::Answer&);
};

constexpr answer_kind kinds[] = {
    {pb::Answer::kRefused, take_as<refused, &pb::Answer::mutable_refused>},
    {pb::Answer::kWelcome, take_as<welcome, &pb::Answer::mutable_welcome>},
    {pb::Answer::kInvitation, take_as<invitation, &pb::Answer::mutable_invitation>},
    {pb::Answer::kEnrolled, take_as<enrolled, &pb::Answer::mutable_enrolled>},
    {pb::Answer::kLoggedIn, take_as<logged_in, &pb::Answer::mutable_logged_in>},
    {pb::Answer::kPerson, take_as<person, &pb::Answer::mutable_person>},
    {pb::Answer::kParties, take_as<parties, &pb::Answer::mutable_parties>},
    {pb::Answer::kParty, take_as<party, &pb::Answer::mutable_party>},
    {pb::Answer::kObjects, take_as<objects, &pb::Answer::mutable_objects>},
    {pb::Answer::kConversations, take_as<conversations, &pb::Answer::mutable_conversations>},
    {pb::Answer::kSubmitted, take_as<submitted, &pb::Answer::mutable_submitted>},
    {pb::Answer::kPosted, take_as<posted, &pb::Answer::mutable_posted>},
    {pb::Answer::kSlips, take_as<slips, &pb::Answer::mutable_slips>},
    {pb::Answer::kOpened, take_as<opened, &pb::Answer::mutable_opened>},
    {pb::Answer::kDone, take_as<done, &pb::Answer::mutable_done>},
    {pb::Answer::kCheckpoint, take_as<checkpoint, &pb::Answer::mutable_checkpoint>},
    {pb::Answer::kPending, take_as<pending, &pb::Answer::mutable_pending>},
    {pb::Answer::kRecoveryCodes, take_as<recovery_codes, &pb::Answer::mutable_recovery_codes>},
    {pb::Answer::kPacks, take_as<packs, &pb::Answer::mutable_packs>},
    {pb::Answer::kKeyLists, take_as<key_lists, &pb::Answer::mutable_key_lists>},
    {pb::Answer::kStation, take_as<station, &pb::Answer::mutable_station>},
    {pb::Answer::kInbox, take_as<inbox, &pb::Answer::mutable_inbox>},
    {pb::Answer::kDuties, take_as<duties, &pb::Answer::mutable_duties>},
    {pb::Answer::kExposure, take_as<exposure, &pb::Answer::mutable_exposure>},
    {pb::Answer::kUpload, take_as<upload, &pb::Answer::mutable_upload>},
    {pb::Answer::kChunk, take_as<chunk, &pb::Answer::mutable_chunk>},
};
static_assert(std::size(kinds) == std::variant_size_v<answer_body>);

expected<answer_body> result_of(pb::Answer& m) {
  const auto* kind = std::find_if(std::begin(kinds), std::end(kinds),
                                  [&](const answer_kind& k) { return k.number == m.result_case(); });
  if (kind == std::end(kinds))
    return refusal::unknown_request;
  fields in{refusal::malformed_request};
  answer_body out;
  kind->take(in, out, m);
  if (in.why() != refusal::none)
    return in.why();
  return out;
}

expected<from_daemon> decode_answer(pb::Answer& m) {
  fields in{refusal::malformed_request};
  answer out;
  in.take(out.id, m.id());
  if (in.why() != refusal::none)
    return in.why();
  auto result = result_of(m);
  if (!result)
    return result.why();
  out.result = std::move(*result);
  return from_daemon{std::move(out)};
}

void take(fields& in, party_changed& out, const pb::PartyChanged& m) {
  in.take(out.party, m.party());
  out.n = m.n();
  in.require(out.n >= 1);
}

void take(fields& in, share_gone& out, const pb::ShareGone& m) {
  out.number = m.number();
  in.require(out.number >= 1);
}

template <class Value, class Message>
expected<from_daemon> decode_news(const Message& m) {
  fields in{refusal::malformed_request};
  Value out;
  take(in, out, m);
  if (in.why() != refusal::none)
    return in.why();
  return from_daemon{std::move(out)};
}

} // namespace

expected<from_daemon> decode_from_daemon(bytes_view raw) {
  if (raw.size() > message_bytes_max)
    return refusal::message_too_large;
  pb::FromDaemon m;
  if (!codec::parse(m, raw))
    return refusal::malformed_request;
  switch (m.message_case()) {
  case pb::FromDaemon::kAnswer:
    return decode_answer(*m.mutable_answer());
  case pb::FromDaemon::kSlip:
    return decode_news<slip>(m.slip());
  case pb::FromDaemon::kSessionEnded:
    if (m.session_ended().number() == 0)
      return refusal::malformed_request;
    return from_daemon{session_ended{refusal_from_number(m.session_ended().number())}};
  case pb::FromDaemon::kPartyChanged:
    return decode_news<party_changed>(m.party_changed());
  case pb::FromDaemon::kPending:
    return decode_news<pending>(m.pending());
  case pb::FromDaemon::kShareGone:
    return decode_news<share_gone>(m.share_gone());
  case pb::FromDaemon::kWake:
    return decode_news<wake>(m.wake());
  case pb::FromDaemon::kWipeOrder:
    return decode_news<wipe_order>(m.wipe_order());
  case pb::FromDaemon::MESSAGE_NOT_SET:
    break;
  }
  return refusal::unknown_request;
}

} // namespace wardline::wire::device
