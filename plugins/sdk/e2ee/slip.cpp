#include "e2ee/slip.hpp"
#include "e2ee/body.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

void write_header(writer& out, const slip_header& h) {
  out.put(h.message).put(h.conversation).u32(h.conversation_link).put(h.author_user).put(h.author_device);
  out.put(h.author_certificate).u64(h.time).v8(h.envelope).put(h.body_hash).u32(h.body_size);
  out.put(h.key_commitment);
  out.list8(h.attachments, [](writer& w, const attachment_ref& a) {
    w.put(a.attachment).put(a.blob_hash).u64(a.blob_size);
  });
  out.ids8(h.parties).put(h.records_key);
}

slip_header read_header(reader& in) {
  slip_header h;
  h.message = in.id<message_id>();
  h.conversation = in.id<conversation_id>();
  h.conversation_link = in.u32();
  h.author_user = in.id<user_id>();
  h.author_device = in.id<device_id>();
  h.author_certificate = in.b32();
  h.time = in.u64();
  h.envelope = to_bytes(in.v8());
  h.body_hash = in.b32();
  h.body_size = in.u32();
  h.key_commitment = in.b32();
  h.attachments = in.set8(slip_attachments_max, attachment_id::size, [](reader& r) {
    attachment_ref a;
    a.attachment = r.id<attachment_id>();
    a.blob_hash = r.b32();
    a.blob_size = r.u64();
    return a;
  });
  h.parties = in.id_set8<party_id>(slip_parties_max);
  if (in.ok() && h.parties.empty())
    in.refuse(refusal::count_too_large);
  h.records_key = in.b32();
  return h;
}

} // namespace

void slip_fields::write(writer& out) const {
  write_header(out, header);
  for (const auto& seal : seals)
    out.u32(seal.epoch).put(seal.enc).put(seal.ct);
  if (records)
    out.put(*records);
}

slip_fields slip_fields::read(reader& in) {
  slip_fields out;
  out.header = read_header(in);
  out.header_bytes = in.offset();
  for (std::size_t i = 0; i < out.header.parties.size() && in.ok(); ++i) {
    slip_seal seal;
    seal.epoch = in.u32();
    seal.enc = in.b32();
    seal.ct = in.fixed_bytes<48>();
    out.seals.push_back(seal);
  }
  if (!is_zero(out.header.records_key))
    out.records = in.fixed_bytes<records_copy_bytes>();
  return out;
}

expected<slip> slip::decode(bytes_view raw, const clinic_id& pinned) {
  auto decoded = object<slip_fields>::decode(raw, pinned);
  if (!decoded)
    return decoded.why();
  slip out;
  static_cast<object<slip_fields>&>(out) = std::move(*decoded);
  out.h = header_hash(out.frame.signed_bytes().first(out.header_bytes));
  return out;
}

std::optional<std::size_t> slip::position(const party_id& p) const {
  auto found = std::lower_bound(header.parties.begin(), header.parties.end(), p);
  if (found == header.parties.end() || *found != p)
    return std::nullopt;
  return static_cast<std::size_t>(found - header.parties.begin());
}

hash32 header_hash(bytes_view header) {
  return labelled_hash(labels::slip_header, header);
}

bytes encode_header(const clinic_id& clinic, const slip_header& header) {
  writer out;
  write_frame_start(out, kind::slip, clinic);
  write_header(out, header);
  return out.take();
}

bytes seal_info(const hash32& h, const party_id& party, std::uint32_t epoch) {
  writer out;
  out.lab(labels::seal).put(h).put(party).u32(epoch);
  return out.take();
}

refusal check_author(const slip_header& header, const device_id& channel_device,
                     const hash32& newest_certificate, const user_id& acting_user) {
  if (header.author_device != channel_device)
    return refusal::author_not_channel;
  if (header.author_certificate != newest_certificate)
    return refusal::stale_certificate;
  if (!acting_user || header.author_user != acting_user)
    return refusal::author_not_device_user;
  return refusal::none;
}

refusal check_recipients(const slip_header& header, std::uint32_t head_n,
                         const std::vector<party_id>& head_parties) {
  if (header.conversation_link != head_n)
    return refusal::stale_conversation;
  return header.parties == head_parties ? refusal::none : refusal::recipients_mismatch;
}

refusal check_time(const slip_header& header, time_ms now) {
  return header.time > now && header.time - now > time_ahead_ms_max ? refusal::time_ahead : refusal::none;
}

std::optional<std::size_t> stale_seal(const slip& s, const std::vector<std::uint32_t>& heads) {
  for (std::size_t i = 0; i < s.seals.size(); ++i)
    if (i >= heads.size() || s.seals[i].epoch != heads[i])
      return i;
  return std::nullopt;
}

refusal check_records_key(const slip_header& header, const hash32& current) {
  return header.records_key == current ? refusal::none : refusal::stale_records_key;
}

refusal check_posted_body(const slip_header& header, bytes_view body) {
  return check_body(body, header.body_hash, header.body_size) == refusal::none ? refusal::none
                                                                               : refusal::body_mismatch;
}

refusal check_slip_signature(const slip& s, const public_key& author_signing) {
  return verify_signature(author_signing, labels::slip, s.frame.signed_bytes(), s.frame.signature(0))
             ? refusal::none
             : refusal::bad_signature;
}

refusal check_received(const slip& s, const slip_author& author, const std::vector<party_id>& own_parties) {
  if (auto why = check_slip_signature(s, author.signing); why != refusal::none)
    return why;
  if (author.revoked_before)
    return refusal::author_revoked;
  if (author.user && s.header.author_user != author.user)
    return refusal::author_not_device_user;
  bool mine = std::any_of(own_parties.begin(), own_parties.end(),
                          [&](const party_id& p) { return s.position(p).has_value(); });
  return mine ? refusal::none : refusal::not_for_me;
}

} // namespace wardline::e2ee
