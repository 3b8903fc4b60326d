#include "e2ee/keylist_seal.hpp"
#include "e2ee/body_seal.hpp"
#include "e2ee/hpke.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

refusal check_given(const keylist_claim& claim, const message_key& given, const thread_of_keys& thread,
                    const standing& known) {
  auto slip = thread.slips(given.message);
  if (!slip)
    return refusal::needs;
  if (auto why = check_keylist_slip(claim, *slip, thread.reports, known); why != refusal::none)
    return why;
  return check_commitment(given.key, given.message, slip->key_commitment);
}

wiped_bytes joined(std::span<const message_key> keys) {
  wiped_bytes out{keys.size() * keylist_entry_bytes};
  auto* to = out.value.data();
  for (const auto& k : keys) {
    std::memcpy(to, k.message.value.data(), message_id::size);
    std::memcpy(to + message_id::size, k.key.data(), secret32::size);
    to += keylist_entry_bytes;
  }
  return out;
}

} // namespace

expected<std::vector<bytes>> make_key_lists(const clinic_id& clinic, const keylist_claim& claim,
                                            const std::vector<message_key>& keys,
                                            const thread_of_keys& thread, const standing& known,
                                            const signing_key& signing) {
  auto parts = keylist_parts(keys.size());
  if (!parts)
    return parts.why();
  auto facts = known.device(claim.receiver);
  auto certificate = facts ? facts->certificate : hash32{};
  if (auto why = check_keylist_claim(claim, certificate, known); why != refusal::none)
    return why;
  for (const auto& given : keys)
    if (auto why = check_given(claim, given, thread, known); why != refusal::none)
      return why;
  std::vector<bytes> out;
  std::span<const message_key> rest{keys};
  for (std::uint16_t part = 0; part < *parts; ++part) {
    auto now = rest.first(std::min(rest.size(), keylist_entries_max));
    rest = rest.subspan(now.size());
    keylist_fields fields;
    fields.conversation = claim.conversation;
    fields.receiver = claim.receiver;
    fields.receiver_certificate = certificate;
    fields.invitation = claim.invitation;
    fields.part = part;
    fields.parts = *parts;
    auto sealed = hpke_seal(facts->sealing, keylist_info(clinic, fields), joined(now).value);
    if (!sealed)
      return sealed.why();
    std::copy_n(sealed->begin(), fields.enc.size(), fields.enc.begin());
    fields.ct.assign(sealed->begin() + hpke_enc_size, sealed->end());
    out.push_back(sign_object(clinic, fields, {{signing, labels::keylist}}));
  }
  return out;
}

expected<opened_key_list> open_key_list(const key_list& list, const sealed_for& own,
                                        const std::vector<device_id>& members, const thread_of_keys& thread,
                                        const standing& known, const std::optional<device_id>& giver) {
  if (list.receiver != own.device || list.receiver_certificate != own.certificate)
    return refusal::not_for_me;
  auto signer = signer_among(list.frame, labels::keylist, members, giver, known);
  if (!signer)
    return signer.why();
  auto claim = claim_of(list);
  if (auto why = check_keylist_claim(claim, own.certificate, known); why != refusal::none)
    return why;
  bytes sealed{list.enc.begin(), list.enc.end()};
  sealed.insert(sealed.end(), list.ct.begin(), list.ct.end());
  auto plain = hpke_open(own.sealing, keylist_info(list), sealed);
  if (!plain)
    return refusal::seal_not_openable;
  opened_key_list out{*signer, list.part, list.parts, {}, {}};
  reader in{plain->value};
  while (in.ok() && in.left() != 0) {
    auto message = in.id<message_id>();
    message_key given{message, secret32{in.take(secret32::size)}};
    auto why = check_given(claim, given, thread, known);
    if (why == refusal::key_list_not_allowed)
      return why;
    if (why == refusal::none)
      out.keys.push_back(std::move(given));
    else
      out.refused.push_back({message, why});
  }
  return out;
}

} // namespace wardline::e2ee
