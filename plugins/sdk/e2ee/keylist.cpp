#include "e2ee/keylist.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

/// Frame start and fields up to `enc`.
constexpr std::size_t bytes_before_enc = frame_start_size + 16 + 16 + 32 + 32 + 2 + 2;

bool belongs_to_any(const device_id& d, const std::vector<party_id>& parties, const standing& known) {
  return std::any_of(parties.begin(), parties.end(),
                     [&](const party_id& p) { return known.entitlement(d, p).has_value(); });
}

} // namespace

void keylist_fields::write(writer& out) const {
  out.put(conversation).put(receiver).put(receiver_certificate).put(invitation).u16(part).u16(parts);
  out.put(enc).v32(ct);
}

keylist_fields keylist_fields::read(reader& in) {
  keylist_fields out;
  out.conversation = in.id<conversation_id>();
  out.receiver = in.id<device_id>();
  out.receiver_certificate = in.b32();
  out.invitation = in.b32();
  out.part = in.u16();
  out.parts = in.u16();
  if (in.ok() && out.part >= out.parts)
    in.refuse(refusal::count_too_large);
  out.enc = in.b32();
  out.ct = to_bytes(in.v32(keylist_sealed_bytes_max));
  bool whole_entries = out.ct.size() > 16 && (out.ct.size() - 16) % keylist_entry_bytes == 0;
  if (in.ok() && !whole_entries)
    in.refuse(refusal::truncated);
  return out;
}

bytes keylist_info(const key_list& list) {
  return history_info(labels::keys, list.frame.signed_bytes().first(bytes_before_enc));
}

bytes keylist_info(const clinic_id& clinic, const keylist_fields& fields) {
  return history_info(labels::keys, bytes_view{encode(clinic, fields)}.first(bytes_before_enc));
}

expected<std::uint16_t> keylist_parts(std::size_t keys) {
  auto parts = keys / keylist_entries_max + (keys % keylist_entries_max == 0 ? 0 : 1);
  if (parts == 0 || parts > keylist_parts_max)
    return refusal::count_too_large;
  return static_cast<std::uint16_t>(parts);
}

keyed_slip keyed_slip::of(const slip& s, time_ms logged_at) {
  return {s.header.message, s.header.conversation, s.h, s.header.key_commitment, s.header.parties, logged_at};
}

keylist_claim claim_of(const keylist_fields& list) {
  return {list.conversation, list.receiver, list.invitation};
}

refusal check_keylist_claim(const keylist_claim& claim, const hash32& certificate, const standing& known) {
  auto facts = known.device(claim.receiver);
  if (!facts)
    return refusal::needs;
  if (facts->barred)
    return refusal::device_revoked;
  if (facts->certificate != certificate)
    return refusal::stale_certificate;
  if (is_zero(claim.invitation))
    return refusal::none;
  auto replaced = known.replaced(claim.receiver);
  bool same = replaced && replaced->invitation == claim.invitation;
  return same ? refusal::none : refusal::key_list_not_allowed;
}

refusal check_keylist_slip(const keylist_claim& claim, const keyed_slip& slip, const find_report& reports,
                           const standing& known) {
  auto facts = known.device(claim.receiver);
  if (!facts || slip.conversation != claim.conversation ||
      !belongs_to_any(claim.receiver, slip.parties, known))
    return refusal::key_list_not_allowed;
  auto replaced = known.replaced(claim.receiver);
  bool by_invitation = !is_zero(claim.invitation) && replaced && replaced->invitation == claim.invitation &&
                       slip.time >= replaced->history_from;
  if (by_invitation)
    return refusal::none;
  auto report = reports ? reports(slip.message, slip.h) : std::nullopt;
  return report && is_report_on(*report, *facts, slip) ? refusal::none : refusal::key_list_not_allowed;
}

bool is_report_on(const act& a, const device_facts& receiver, const keyed_slip& slip) {
  return a.act == act_kind::report && a.device == receiver.device && a.message() == slip.message &&
         a.h == slip.h &&
         verify_signature(receiver.signing, labels::act, a.frame.signed_bytes(), a.frame.signature(0));
}

} // namespace wardline::e2ee
