// What a device asks, and the daemon's hello, from bytes: device.hpp. Requests are what a stranger can send.
#include "device.pb.h"
#include "wire/attachment_codec.hpp"
#include "wire/codec.hpp"
#include "wire/device.hpp"
#include "wire/exposure_codec.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline::wire::device {

namespace {

namespace pb = ::wardline::device::v1;
using codec::fields;

void take_code(fields& in, std::string& out, const std::string& code) {
  in.require(code.size() == code_digits &&
             std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; }));
  if (in.why() == refusal::none)
    out = code;
}

void take(fields& in, hello& out, pb::Hello& m) {
  in.take(out.device, m.device());
  in.take(out.certificate_hash, m.certificate_hash());
  in.take(out.store_instance, m.store_instance());
  out.pin_size = m.pin_size();
}

void take(fields& in, show_invitation& out, pb::ShowInvitation& m) {
  in.take(out.invitation, m.invitation());
  take_code(in, out.code, m.code());
}

void take(fields& in, enrol& out, pb::Enrol& m) {
  in.take(out.invitation, m.invitation());
  take_code(in, out.code, m.code());
  in.take_object(out.certificate, m.certificate(), certificate_bytes_max);
  // How short a password may be is policy, with a refusal of its own.
  in.take_secret(out.password, m.mutable_password(), 0, password_bytes_max);
  if (!m.totp_secret().empty())
    in.take_secret(out.totp_secret, m.mutable_totp_secret(), totp_secret_bytes);
  in.take_secret(out.second_factor, m.mutable_second_factor(), 0, totp_digits);
}

void take(fields& in, log_in& out, pb::LogIn& m) {
  in.take_or_none(out.user, m.user());
  in.take_secret(out.password, m.mutable_password(), 1, password_bytes_max);
  // None is answered by a refusal of its own, so that an older device can say what is missing.
  in.take_secret(out.second_factor, m.mutable_second_factor(), 0, second_factor_bytes_max);
}

void take(fields& in, log_off& out, pb::LogOff& m) {
  in.take_or_none(out.device, m.device());
}

void take(fields& in, find_person& out, pb::FindPerson& m) {
  in.take_name(out.display_name, m.display_name(), 1, name_bytes_max);
}

void take(fields& in, list_parties& out, pb::ListParties& m) {
  in.take_or_none(out.after, m.after());
}

void take(fields& in, get_party& out, pb::GetParty& m) {
  in.take(out.party, m.party());
  out.from_n = m.from_n();
  in.require(out.from_n >= 1);
}

void take(fields& in, get_objects& out, pb::GetObjects& m) {
  in.take(out.hashes, m.hashes(), 1, objects_asked_max);
}

void take(fields& in, list_conversations& out, pb::ListConversations& m) {
  in.take_or_none(out.after, m.after());
}

void take(fields& in, submit& out, pb::Submit& m) {
  in.take_object(out.object, m.object(), object_bytes_max);
  in.take(out.members, m.members(), 0, link_members_bytes_max);
  in.take(out.seals, m.seals(), 0, link_members_bytes_max);
  in.range(static_cast<std::size_t>(m.packs_size()), 0, packs_per_message_max);
  for (const auto& pack : m.packs())
    if (in.why() == refusal::none)
      in.take_object(out.packs.emplace_back(), pack, pack_bytes_max);
  in.take(out.cosignature, m.cosignature(), 0, cosignature_bytes_max);
  in.take_or_none(out.report, m.report());
}

void take(fields& in, invite& out, pb::Invite& m) {
  in.take_object(out.object, m.object(), certificate_bytes_max);
  take_code(in, out.code, m.code());
  in.take_or_none(out.link_key, m.link_key());
  in.range(static_cast<std::size_t>(m.names_size()), 0, invited_parties_max);
  for (const auto& n : m.names()) {
    if (in.why() != refusal::none)
      return;
    auto& name = out.names.emplace_back();
    in.take(name.party, n.party());
    in.range(n.kind(), 1, 4);
    name.kind = static_cast<std::uint8_t>(n.kind());
    in.take_name(name.name, n.name(), 1, name_bytes_max);
    name.emergency = n.emergency();
  }
  in.take(out.cosignature, m.cosignature(), 0, cosignature_bytes_max);
}

void take(fields& in, post& out, pb::Post& m) {
  in.take_object(out.slip, m.slip(), slip_bytes_max);
  in.take(out.body, m.body(), 1, body_bytes_max);
}

void take(fields& in, get_slips& out, pb::GetSlips& m) {
  in.take(out.conversation, m.conversation());
  in.take(out.incarnation, m.incarnation());
  out.after_seq = m.after_seq();
  out.slips_max = m.slips_max();
  in.range(out.slips_max, 1, slips_asked_max);
}

void take(fields& in, open& out, pb::Open& m) {
  in.take(out.conversation, m.conversation());
  in.range(static_cast<std::size_t>(m.seqs_size()), 1, open_bodies_max);
  in.range(m.purpose(), 1, 5);
  std::uint64_t before = 0;
  for (auto seq : m.seqs()) {
    in.require(seq > before);
    if (in.why() != refusal::none)
      return;
    out.seqs.push_back(seq);
    before = seq;
  }
  out.purpose = static_cast<purpose>(m.purpose());
  in.range(m.reason(), 0, static_cast<std::uint64_t>(off_duty_reason::other));
  in.require(m.reason() == 0 || out.purpose == purpose::off_duty);
  out.reason = static_cast<off_duty_reason>(m.reason());
}

void take(fields& in, act& out, pb::Act& m) {
  in.take_object(out.object, m.object(), act_bytes_max);
}

void take(fields&, get_checkpoint& out, pb::GetCheckpoint& m) {
  out.old_size = m.old_size();
}

void take(fields& in, meet_life& out, const pb::MeetLife& m) {
  in.take(out.earlier, m.earlier());
  in.require(m.size() >= 1);
  out.size = m.size();
  in.take(out.root, m.root());
}

void take(fields& in, prove& out, pb::Prove& m) {
  in.take_secret(out.second_factor, m.mutable_second_factor(), 1, second_factor_bytes_max);
}

void take(fields&, make_recovery_codes&, pb::MakeRecoveryCodes&) {}

void take(fields& in, set_second_factor& out, pb::SetSecondFactor& m) {
  in.take_secret(out.secret, m.mutable_secret(), totp_secret_bytes);
  in.take_secret(out.code, m.mutable_code(), totp_digits, totp_digits);
}

void take(fields&, list_pending&, pb::ListPending&) {}

void take(fields& in, get_packs& out, pb::GetPacks& m) {
  in.take(out.party, m.party());
}

void take(fields& in, want_pack& out, pb::WantPack& m) {
  in.take(out.party, m.party());
}

void take(fields& in, get_key_lists& out, pb::GetKeyLists& m) {
  in.take(out.conversation, m.conversation());
  out.from_part = m.from_part();
  in.range(out.from_part, 0, 0xffff);
}

void take(fields& in, get_standing& out, pb::GetStanding& m) {
  in.take_or_none(out.user, m.user());
  in.take_or_none(out.device, m.device());
  in.require(static_cast<bool>(out.user) != static_cast<bool>(out.device));
}

void take(fields&, get_changes& out, pb::GetChanges& m) {
  out.after_leaf = m.after_leaf();
}

void take(fields& in, claim& out, pb::Claim& m) {
  in.take_object(out.object, m.object(), act_bytes_max);
  out.version = m.version();
  in.require(out.version >= 1);
}

void take(fields& in, list_inbox& out, pb::ListInbox& m) {
  in.range(m.view(), 0, static_cast<std::uint64_t>(inbox_view::role));
  out.view = static_cast<inbox_view>(m.view());
  in.take_or_none(out.role, m.role());
  in.require((out.view == inbox_view::role) == static_cast<bool>(out.role));
  if (!m.cursor().empty())
    in.take(out.cursor, m.cursor(), inbox_cursor_bytes, inbox_cursor_bytes);
  out.items_max = m.items_max();
  in.range(out.items_max, 1, inbox_items_max);
}

void take(fields& in, get_duty& out, pb::GetDuty& m) {
  in.take_or_none(out.role, m.role());
  out.at = m.at_ms();
}

template <class Message, class Value>
expected<request_body> decode_as(bytes_view body) {
  Message m;
  if (!codec::parse(m, body))
    return refusal::malformed_request;
  fields in{refusal::malformed_request};
  Value out;
  take(in, out, m);
  if (in.why() != refusal::none)
    return in.why();
  return request_body{std::move(out)};
}

/// One row for each member of the oneof: largest encoding, with room for fields of later versions, and its
/// decoder. In order of field numbers.
struct request_kind {
  std::uint32_t number;
  std::size_t bytes_max;
  expected<request_body> (*decode)(bytes_view);
};

constexpr std::size_t small_bytes_max = 1'024;
constexpr std::size_t room = 256;

constexpr request_kind kinds[] = {
    {pb::Request::kHello, small_bytes_max, decode_as<pb::Hello, hello>},
    {pb::Request::kShowInvitation, small_bytes_max, decode_as<pb::ShowInvitation, show_invitation>},
    {pb::Request::kEnrol, certificate_bytes_max + password_bytes_max + second_factor_bytes_max + room,
     decode_as<pb::Enrol, enrol>},
    {pb::Request::kLogIn, password_bytes_max + second_factor_bytes_max + room, decode_as<pb::LogIn, log_in>},
    {pb::Request::kLogOff, small_bytes_max, decode_as<pb::LogOff, log_off>},
    {pb::Request::kFindPerson, small_bytes_max, decode_as<pb::FindPerson, find_person>},
    {pb::Request::kListParties, small_bytes_max, decode_as<pb::ListParties, list_parties>},
    {pb::Request::kGetParty, small_bytes_max, decode_as<pb::GetParty, get_party>},
    {pb::Request::kGetObjects, objects_asked_max * 34 + room, decode_as<pb::GetObjects, get_objects>},
    {pb::Request::kListConversations, small_bytes_max, decode_as<pb::ListConversations, list_conversations>},
    {pb::Request::kSubmit,
     object_bytes_max + 2 * link_members_bytes_max + packs_per_message_max*(pack_bytes_max + 8) + room,
     decode_as<pb::Submit, submit>},
    {pb::Request::kInvite,
     certificate_bytes_max + cosignature_bytes_max + invited_parties_max*(name_bytes_max + 32) + room,
     decode_as<pb::Invite, invite>},
    {pb::Request::kPost, slip_bytes_max + body_bytes_max + room, decode_as<pb::Post, post>},
    {pb::Request::kGetSlips, small_bytes_max, decode_as<pb::GetSlips, get_slips>},
    {pb::Request::kOpen, small_bytes_max, decode_as<pb::Open, open>},
    {pb::Request::kAct, act_bytes_max + room, decode_as<pb::Act, act>},
    {pb::Request::kGetCheckpoint, small_bytes_max, decode_as<pb::GetCheckpoint, get_checkpoint>},
    {pb::Request::kProve, small_bytes_max, decode_as<pb::Prove, prove>},
    {pb::Request::kMakeRecoveryCodes, small_bytes_max, decode_as<pb::MakeRecoveryCodes, make_recovery_codes>},
    {pb::Request::kSetSecondFactor, small_bytes_max, decode_as<pb::SetSecondFactor, set_second_factor>},
    {pb::Request::kListPending, small_bytes_max, decode_as<pb::ListPending, list_pending>},
    {pb::Request::kGetPacks, small_bytes_max, decode_as<pb::GetPacks, get_packs>},
    {pb::Request::kGetKeyLists, small_bytes_max, decode_as<pb::GetKeyLists, get_key_lists>},
    {pb::Request::kGetStanding, small_bytes_max, decode_as<pb::GetStanding, get_standing>},
    {pb::Request::kGetChanges, small_bytes_max, decode_as<pb::GetChanges, get_changes>},
    {pb::Request::kWantPack, small_bytes_max, decode_as<pb::WantPack, want_pack>},
    {pb::Request::kClaim, act_bytes_max + room, decode_as<pb::Claim, claim>},
    {pb::Request::kListInbox, small_bytes_max, decode_as<pb::ListInbox, list_inbox>},
    {pb::Request::kGetDuty, small_bytes_max, decode_as<pb::GetDuty, get_duty>},
    {pb::Request::kGetExposure, small_bytes_max, decode_as<pb::GetExposure, get_exposure>},
    {pb::Request::kGetUpload, small_bytes_max, decode_as<pb::GetUpload, get_upload>},
    {pb::Request::kPutChunk, sealed_chunk_bytes_max + room, decode_as<pb::PutChunk, put_chunk>},
    {pb::Request::kGetChunk, small_bytes_max, decode_as<pb::GetChunk, get_chunk>},
    {pb::Request::kMeetLife, small_bytes_max, decode_as<pb::MeetLife, meet_life>},
};
constexpr std::uint32_t kind_first = std::begin(kinds)->number;
constexpr std::uint32_t kind_last = (std::end(kinds) - 1)->number;
static_assert(kind_last - kind_first + 1 == std::size(kinds), "field numbers are dense: kinds is an index");
static_assert(std::size(kinds) == std::variant_size_v<request_body>);

} // namespace

expected<request> decode_request(bytes_view raw, request_id* id_read) {
  if (raw.size() > message_bytes_max)
    return refusal::message_too_large;
  auto outer = codec::open_envelope(raw, pb::Request::kIdFieldNumber, kind_first, kind_last);
  if (!outer)
    return refusal::malformed_request;
  auto id = request_id::from(outer->id);
  if (!id || !*id)
    return refusal::malformed_request;
  if (id_read != nullptr)
    *id_read = *id;
  if (outer->kind == 0)
    return refusal::unknown_request;
  const auto& kind = kinds[outer->kind - kind_first];
  if (outer->body.size() > kind.bytes_max)
    return refusal::malformed_request;
  auto what = kind.decode(outer->body);
  if (!what)
    return what.why();
  return request{*id, std::move(*what)};
}

expected<server_hello> decode_server_hello(bytes_view raw) {
  if (raw.size() > server_hello_bytes_max)
    return refusal::message_too_large;
  pb::ServerHello m;
  if (!codec::parse(m, raw))
    return refusal::malformed_request;
  fields in{refusal::malformed_request};
  server_hello out;
  in.take(out.incarnation, m.incarnation());
  out.time = m.time_ms();
  out.message_bytes_max = m.message_bytes_max();
  in.take_lines(out.checkpoint, m.checkpoint(), note_bytes_max);
  in.take_or_none(out.heads_digest, m.heads_digest());
  if (in.why() != refusal::none)
    return in.why();
  return out;
}

} // namespace wardline::wire::device
