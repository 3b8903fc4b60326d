#include "e2ee/conversation.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

refusal check_signer(const conversation_link& next, const device_facts& signer) {
  if (next.signer_certificate != signer.certificate)
    return refusal::stale_certificate;
  bool valid = verify_signature(signer.signing, labels::conversation, next.frame.signed_bytes(),
                                next.frame.signature(0));
  return valid ? refusal::none : refusal::bad_signature;
}

refusal check_position(const conversation_head& head, const conversation_link& next) {
  if (next.n <= head.n)
    return refusal::conversation_taken;
  if (next.n != head.n + 1)
    return refusal::needs;
  bool follows = head.n == 0 ? is_zero(next.previous)
                             : next.previous == head.hash && next.conversation == head.conversation;
  return follows ? refusal::none : refusal::chain_broken;
}

/// A patient's conversation keeps its subject and at least one role, so that nobody's departure orphans it.
refusal check_subject(const conversation_head& head, const conversation_link& next, const standing& known) {
  if (head.n != 0 && next.subject != head.subject)
    return refusal::subject_changed;
  if (!next.subject)
    return refusal::none;
  bool role = std::any_of(next.parties.begin(), next.parties.end(), [&](const conversation_party& p) {
    return p.kind == party_kind::role && known.kind_of(p.party).value_or(p.kind) == party_kind::role;
  });
  return role && next.has(next.subject) ? refusal::none : refusal::no_role_party;
}

/// Entitled in a party of n - 1; a first link's signer in one of its own, and not a service.
bool may_sign(const conversation_head& head, const conversation_link& next, const device_facts& signer,
              const standing& known) {
  if (signer.barred || (head.n == 0 && signer.of_class == device_class::service))
    return false;
  const auto& parties = head.n == 0 ? next.parties : head.parties;
  return std::any_of(parties.begin(), parties.end(), [&](const conversation_party& p) {
    return known.entitlement(signer.device, p.party).has_value();
  });
}

} // namespace

void conversation_fields::write(writer& out) const {
  out.put(conversation).u32(n).put(previous).put(subject);
  out.list8(parties, [](writer& w, const conversation_party& p) { w.put(p.party).value(p.kind); });
  out.u8(reason).put(signer_device).put(signer_certificate).u64(time);
}

conversation_fields conversation_fields::read(reader& in) {
  conversation_fields out;
  out.conversation = in.id<conversation_id>();
  out.n = in.u32();
  out.previous = in.b32();
  out.subject = in.id<party_id>();
  out.parties = in.set8(conversation_parties_max, party_id::size, [](reader& r) {
    conversation_party p;
    p.party = r.id<party_id>();
    p.kind = r.one_of(party_kind::user, party_kind::service);
    return p;
  });
  if (in.ok() && out.parties.empty())
    in.refuse(refusal::count_too_large);
  out.reason = in.u8();
  out.signer_device = in.id<device_id>();
  out.signer_certificate = in.b32();
  out.time = in.u64();
  return out;
}

bool conversation_fields::has(const party_id& p) const {
  return std::any_of(parties.begin(), parties.end(),
                     [&](const conversation_party& x) { return x.party == p; });
}

std::vector<party_id> conversation_fields::party_ids() const {
  std::vector<party_id> out;
  for (const auto& p : parties)
    out.push_back(p.party);
  return out;
}

refusal check_conversation_link(const conversation_head& head, const conversation_link& next,
                                const standing& known) {
  auto signer = known.device(next.signer_device);
  if (!signer)
    return refusal::needs;
  if (auto why = check_signer(next, *signer); why != refusal::none)
    return why;
  if (auto why = check_position(head, next); why != refusal::none)
    return why;
  if (auto why = check_subject(head, next, known); why != refusal::none)
    return why;
  return may_sign(head, next, *signer, known) ? refusal::none : refusal::signer_not_member;
}

conversation_head head_of(const conversation_link& link) {
  return {link.conversation, link.n, link.hash(), link.subject, link.parties};
}

} // namespace wardline::e2ee
