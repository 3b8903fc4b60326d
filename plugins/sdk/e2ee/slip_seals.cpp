#include "e2ee/slip_seals.hpp"
#include "e2ee/body_seal.hpp"
#include "e2ee/hpke.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

expected<slip_seal> seal_to(const hash32& h, const secret32& key, const recipient& to) {
  auto sealed = hpke_seal(to.inbox, seal_info(h, to.party, to.epoch), key.view());
  if (!sealed)
    return sealed.why();
  slip_seal out;
  out.epoch = to.epoch;
  std::copy_n(sealed->begin(), out.enc.size(), out.enc.begin());
  std::copy_n(sealed->begin() + hpke_enc_size, out.ct.size(), out.ct.begin());
  return out;
}

template <class T, class Key>
refusal sort_unique(std::vector<T>& items, Key key) {
  std::sort(items.begin(), items.end(), [&](const T& a, const T& b) { return key(a) < key(b); });
  auto twice = std::adjacent_find(items.begin(), items.end(),
                                  [&](const T& a, const T& b) { return key(a) == key(b); });
  return twice == items.end() ? refusal::none : refusal::not_sorted;
}

/// Header and recipients in the order of the format; the header names the recipients.
refusal put_in_order(slip_header& header, std::vector<recipient>& recipients) {
  if (recipients.empty() || recipients.size() > slip_parties_max ||
      header.attachments.size() > slip_attachments_max || header.envelope.size() > envelope_bytes_max)
    return refusal::count_too_large;
  if (auto why = sort_unique(recipients, [](const recipient& r) { return r.party; }); why != refusal::none)
    return why;
  header.parties.clear();
  for (const auto& r : recipients)
    header.parties.push_back(r.party);
  return sort_unique(header.attachments, [](const attachment_ref& a) { return a.attachment; });
}

/// All seals, the records copy and the signature under a finished header.
expected<readdressed> finish(const clinic_id& clinic, slip_fields fields, const secret32& key,
                             const std::vector<recipient>& recipients, const records_sealer& seal_records,
                             const signing_key& author) {
  bool escrow = !is_zero(fields.header.records_key);
  if (escrow != static_cast<bool>(seal_records))
    return refusal::stale_records_key;
  readdressed out;
  out.h = header_hash(encode_header(clinic, fields.header));
  fields.seals.clear();
  for (const auto& to : recipients) {
    auto seal = seal_to(out.h, key, to);
    if (!seal)
      return seal.why();
    fields.seals.push_back(*seal);
  }
  fields.records.reset();
  if (escrow)
    fields.records = seal_records(key, out.h);
  out.slip = sign_object(clinic, fields, {{author, labels::slip}});
  return out;
}

clinic_id clinic_of(const slip& s) {
  return *clinic_id::from(s.frame.signed_bytes().subspan(2, clinic_id::size));
}

} // namespace

expected<sealed_message> seal_message(const clinic_id& clinic, draft message, const signing_key& author) {
  return seal_message_with(secret32::random(), clinic, std::move(message), author);
}

expected<sealed_message> seal_message_with(secret32 key, const clinic_id& clinic, draft message,
                                           const signing_key& author) {
  auto& header = message.header;
  if (auto why = put_in_order(header, message.recipients); why != refusal::none)
    return why;
  auto body = seal_body(key, header.message, message.content);
  if (!body)
    return body.why();
  header.body_hash = sha256(*body);
  header.body_size = static_cast<std::uint32_t>(body->size());
  header.key_commitment = derive_body_keys(key, header.message).commitment;
  slip_fields fields;
  fields.header = std::move(header);
  auto made = finish(clinic, std::move(fields), key, message.recipients, message.seal_records, author);
  if (!made)
    return made.why();
  return sealed_message{std::move(made->slip), std::move(*body), made->h, std::move(key)};
}

expected<bytes> reseal(const slip& s, const secret32& key, const recipient& to, const signing_key& author) {
  auto at = s.position(to.party);
  if (!at)
    return refusal::recipients_mismatch;
  if (auto why = check_commitment(key, s.header.message, s.header.key_commitment); why != refusal::none)
    return why;
  auto seal = seal_to(s.h, key, to);
  if (!seal)
    return seal.why();
  // The received bytes stay; only this party's 84 are replaced.
  auto signed_bytes = to_bytes(s.frame.signed_bytes());
  writer replaced;
  replaced.u32(seal->epoch).put(seal->enc).put(seal->ct);
  std::copy(replaced.so_far().begin(), replaced.so_far().end(),
            signed_bytes.begin() + static_cast<std::ptrdiff_t>(s.header_bytes + *at * seal_bytes));
  auto signature = author.sign(labels::slip, signed_bytes);
  return with_signatures(std::move(signed_bytes), {signature});
}

expected<readdressed> readdress(const slip& s, const secret32& key, slip_header changed,
                                std::vector<recipient> recipients, const records_sealer& seal_records,
                                const signing_key& author) {
  if (auto why = check_commitment(key, s.header.message, s.header.key_commitment); why != refusal::none)
    return why;
  changed.message = s.header.message;
  changed.body_hash = s.header.body_hash;
  changed.body_size = s.header.body_size;
  changed.key_commitment = s.header.key_commitment;
  changed.attachments = s.header.attachments;
  if (auto why = put_in_order(changed, recipients); why != refusal::none)
    return why;
  slip_fields fields;
  fields.header = std::move(changed);
  return finish(clinic_of(s), std::move(fields), key, recipients, seal_records, author);
}

expected<secret32> open_seal(const slip& s, const party_id& party, const x25519_pair& inbox) {
  auto at = s.position(party);
  if (!at)
    return refusal::not_for_me;
  const auto& seal = s.seals[*at];
  bytes sealed{seal.enc.begin(), seal.enc.end()};
  sealed.insert(sealed.end(), seal.ct.begin(), seal.ct.end());
  auto plain = hpke_open(inbox, seal_info(s.h, party, seal.epoch), sealed);
  if (!plain || plain->value.size() != secret32::size)
    return refusal::seal_not_openable;
  secret32 key{plain->value};
  if (auto why = check_commitment(key, s.header.message, s.header.key_commitment); why != refusal::none)
    return why;
  return key;
}

} // namespace wardline::e2ee
