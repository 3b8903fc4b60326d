// What the daemon sends, from bytes: device.hpp. The device trusts its daemon no further than anybody: every
// field is checked here, every signed object later by plugins/sdk/e2ee.
#include "device.pb.h"
#include "wire/codec.hpp"
#include "wire/device.hpp"
#include "wire/limits.hpp"

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
}

void take(fields& in, party_name& out, const pb::PartyName& m) {
  in.take(out.party, m.party());
  in.range(m.kind(), 1, 4);
  out.kind = static_cast<std::uint8_t>(m.kind());
  in.take_name(out.name, m.name(), 1, name_bytes_max);
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
}

void take(fields& in, person& out, const pb::Person& m) {
  in.take(out.user, m.user());
  in.take(out.party, m.party());
}

void take(fields& in, parties& out, const pb::Parties& m) {
  take_rows(in, out.names, m.parties(), parties_listed_max, take);
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
}

void take(fields& in, objects& out, const pb::Objects& m) {
  take_rows(in, out.found, m.objects(), objects_asked_max, take);
  in.take_lines(out.checkpoint, m.checkpoint(), note_bytes_max);
}

void take(fields& in, conversation& out, const pb::Conversation& m) {
  in.take(out.id, m.conversation());
  in.take_object(out.link, m.link(), conversation_bytes_max);
  out.last_seq = m.last_seq();
}

void take(fields& in, conversations& out, const pb::Conversations& m) {
  take_rows(in, out.all, m.conversations(), conversations_listed_max, take);
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

template <class Value, class Message>
void take_as(fields& in, answer_body& out, Message& m) {
  take(in, out.emplace<Value>(), m);
}

expected<answer_body> result_of(pb::Answer& m) {
  fields in{refusal::malformed_request};
  answer_body out;
  switch (m.result_case()) {
  case pb::Answer::kRefused:
    take_as<refused>(in, out, *m.mutable_refused());
    break;
  case pb::Answer::kWelcome:
    take_as<welcome>(in, out, *m.mutable_welcome());
    break;
  case pb::Answer::kInvitation:
    take_as<invitation>(in, out, *m.mutable_invitation());
    break;
  case pb::Answer::kEnrolled:
    take_as<enrolled>(in, out, *m.mutable_enrolled());
    break;
  case pb::Answer::kLoggedIn:
    take_as<logged_in>(in, out, *m.mutable_logged_in());
    break;
  case pb::Answer::kPerson:
    take_as<person>(in, out, *m.mutable_person());
    break;
  case pb::Answer::kParties:
    take_as<parties>(in, out, *m.mutable_parties());
    break;
  case pb::Answer::kParty:
    take_as<party>(in, out, *m.mutable_party());
    break;
  case pb::Answer::kObjects:
    take_as<objects>(in, out, *m.mutable_objects());
    break;
  case pb::Answer::kConversations:
    take_as<conversations>(in, out, *m.mutable_conversations());
    break;
  case pb::Answer::kSubmitted:
    take_as<submitted>(in, out, *m.mutable_submitted());
    break;
  case pb::Answer::kPosted:
    take_as<posted>(in, out, *m.mutable_posted());
    break;
  case pb::Answer::kSlips:
    take_as<slips>(in, out, *m.mutable_slips());
    break;
  case pb::Answer::kOpened:
    take_as<opened>(in, out, *m.mutable_opened());
    break;
  case pb::Answer::kDone:
    take_as<done>(in, out, *m.mutable_done());
    break;
  case pb::Answer::kCheckpoint:
    take_as<checkpoint>(in, out, *m.mutable_checkpoint());
    break;
  case pb::Answer::RESULT_NOT_SET:
    return refusal::unknown_request;
  }
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

expected<from_daemon> decode_slip(const pb::Slip& m) {
  fields in{refusal::malformed_request};
  slip out;
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
    return decode_slip(m.slip());
  case pb::FromDaemon::kSessionEnded:
    if (m.session_ended().number() == 0)
      return refusal::malformed_request;
    return from_daemon{session_ended{refusal_from_number(m.session_ended().number())}};
  case pb::FromDaemon::MESSAGE_NOT_SET:
    break;
  }
  return refusal::unknown_request;
}

} // namespace wardline::wire::device
