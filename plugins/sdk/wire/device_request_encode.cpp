// What a device asks, and the daemon's hello, to bytes: device.hpp.
#include "device.pb.h"
#include "wire/attachment_codec.hpp"
#include "wire/codec.hpp"
#include "wire/device.hpp"
#include "wire/exposure_codec.hpp"

namespace wardline::wire::device {

namespace {

namespace pb = ::wardline::device::v1;
using codec::raw;

void put(pb::Request& to, const hello& r) {
  auto& m = *to.mutable_hello();
  m.set_device(raw(r.device.view()));
  m.set_certificate_hash(raw(r.certificate_hash));
  m.set_store_instance(raw(r.store_instance));
  m.set_pin_size(r.pin_size);
}

void put(pb::Request& to, const show_invitation& r) {
  auto& m = *to.mutable_show_invitation();
  m.set_invitation(raw(r.invitation.view()));
  m.set_code(r.code);
}

void put(pb::Request& to, const enrol& r) {
  auto& m = *to.mutable_enrol();
  m.set_invitation(raw(r.invitation.view()));
  m.set_code(r.code);
  m.set_certificate(raw(r.certificate));
  m.set_password(r.password);
  m.set_totp_secret(raw(r.totp_secret));
  m.set_second_factor(r.second_factor);
}

void put(pb::Request& to, const log_in& r) {
  auto& m = *to.mutable_log_in();
  if (r.user)
    m.set_user(raw(r.user.view()));
  m.set_password(r.password);
  m.set_second_factor(r.second_factor);
}

void put(pb::Request& to, const log_off& r) {
  auto& m = *to.mutable_log_off();
  if (r.device)
    m.set_device(raw(r.device.view()));
}

void put(pb::Request& to, const find_person& r) {
  to.mutable_find_person()->set_display_name(r.display_name);
}

void put(pb::Request& to, const list_parties& r) {
  auto& m = *to.mutable_list_parties();
  if (r.after)
    m.set_after(raw(r.after.view()));
}

void put(pb::Request& to, const get_party& r) {
  auto& m = *to.mutable_get_party();
  m.set_party(raw(r.party.view()));
  m.set_from_n(r.from_n);
}

void put(pb::Request& to, const get_objects& r) {
  auto& m = *to.mutable_get_objects();
  for (const auto& hash : r.hashes)
    m.add_hashes(raw(hash));
}

void put(pb::Request& to, const list_conversations& r) {
  auto& m = *to.mutable_list_conversations();
  if (r.after)
    m.set_after(raw(r.after.view()));
}

void put(pb::Request& to, const submit& r) {
  auto& m = *to.mutable_submit();
  m.set_object(raw(r.object));
  m.set_members(raw(r.members));
  m.set_seals(raw(r.seals));
  for (const auto& pack : r.packs)
    m.add_packs(raw(pack));
  m.set_cosignature(raw(r.cosignature));
  if (r.report)
    m.set_report(raw(*r.report));
}

void put(pb::Request& to, const invite& r) {
  auto& m = *to.mutable_invite();
  m.set_object(raw(r.object));
  m.set_code(r.code);
  if (r.link_key)
    m.set_link_key(raw(*r.link_key));
  for (const auto& name : r.names) {
    auto& n = *m.add_names();
    n.set_party(raw(name.party.view()));
    n.set_kind(name.kind);
    n.set_name(name.name);
    n.set_emergency(name.emergency);
  }
  m.set_cosignature(raw(r.cosignature));
}

void put(pb::Request& to, const post& r) {
  auto& m = *to.mutable_post();
  m.set_slip(raw(r.slip));
  m.set_body(raw(r.body));
}

void put(pb::Request& to, const get_slips& r) {
  auto& m = *to.mutable_get_slips();
  m.set_conversation(raw(r.conversation.view()));
  m.set_incarnation(raw(r.incarnation.view()));
  m.set_after_seq(r.after_seq);
  m.set_slips_max(r.slips_max);
}

void put(pb::Request& to, const open& r) {
  auto& m = *to.mutable_open();
  m.set_conversation(raw(r.conversation.view()));
  for (auto seq : r.seqs)
    m.add_seqs(seq);
  m.set_purpose(static_cast<std::uint32_t>(r.purpose));
  m.set_reason(static_cast<std::uint32_t>(r.reason));
}

void put(pb::Request& to, const act& r) {
  to.mutable_act()->set_object(raw(r.object));
}

void put(pb::Request& to, const get_checkpoint& r) {
  to.mutable_get_checkpoint()->set_old_size(r.old_size);
}

void put(pb::Request& to, const meet_life& r) {
  auto& m = *to.mutable_meet_life();
  m.set_earlier(raw(r.earlier.view()));
  m.set_size(r.size);
  m.set_root(raw(r.root));
}

void put(pb::Request& to, const prove& r) {
  to.mutable_prove()->set_second_factor(r.second_factor);
}

void put(pb::Request& to, const make_recovery_codes&) {
  to.mutable_make_recovery_codes();
}

void put(pb::Request& to, const set_second_factor& r) {
  auto& m = *to.mutable_set_second_factor();
  m.set_secret(raw(r.secret));
  m.set_code(r.code);
}

void put(pb::Request& to, const list_pending&) {
  to.mutable_list_pending();
}

void put(pb::Request& to, const get_packs& r) {
  to.mutable_get_packs()->set_party(raw(r.party.view()));
}

void put(pb::Request& to, const get_key_lists& r) {
  auto& m = *to.mutable_get_key_lists();
  m.set_conversation(raw(r.conversation.view()));
  m.set_from_part(r.from_part);
}

void put(pb::Request& to, const get_standing& r) {
  auto& m = *to.mutable_get_standing();
  if (r.user)
    m.set_user(raw(r.user.view()));
  if (r.device)
    m.set_device(raw(r.device.view()));
}

void put(pb::Request& to, const want_pack& r) {
  to.mutable_want_pack()->set_party(raw(r.party.view()));
}

void put(pb::Request& to, const get_changes& r) {
  to.mutable_get_changes()->set_after_leaf(r.after_leaf);
}

void put(pb::Request& to, const claim& r) {
  to.mutable_claim()->set_object(raw(r.object));
  to.mutable_claim()->set_version(r.version);
}

void put(pb::Request& to, const list_inbox& r) {
  auto& m = *to.mutable_list_inbox();
  m.set_view(static_cast<std::uint32_t>(r.view));
  if (r.role)
    m.set_role(raw(r.role.view()));
  m.set_cursor(raw(r.cursor));
  m.set_items_max(r.items_max);
}

void put(pb::Request& to, const get_duty& r) {
  auto& m = *to.mutable_get_duty();
  if (r.role)
    m.set_role(raw(r.role.view()));
  m.set_at_ms(r.at);
}

void wipe_secrets(pb::Request& m) {
  if (m.has_enrol()) {
    codec::wipe_field(m.mutable_enrol()->mutable_password());
    codec::wipe_field(m.mutable_enrol()->mutable_totp_secret());
    codec::wipe_field(m.mutable_enrol()->mutable_second_factor());
  }
  if (m.has_log_in()) {
    codec::wipe_field(m.mutable_log_in()->mutable_password());
    codec::wipe_field(m.mutable_log_in()->mutable_second_factor());
  }
  if (m.has_prove())
    codec::wipe_field(m.mutable_prove()->mutable_second_factor());
  if (m.has_set_second_factor()) {
    codec::wipe_field(m.mutable_set_second_factor()->mutable_secret());
    codec::wipe_field(m.mutable_set_second_factor()->mutable_code());
  }
}

} // namespace

bytes encode(const request& r) {
  pb::Request m;
  m.set_id(raw(r.id.view()));
  std::visit([&](const auto& what) { put(m, what); }, r.what);
  auto out = codec::serialize(m);
  wipe_secrets(m);
  return out;
}

bytes encode(const server_hello& h) {
  pb::ServerHello m;
  m.set_incarnation(raw(h.incarnation.view()));
  m.set_time_ms(h.time);
  m.set_message_bytes_max(h.message_bytes_max);
  m.set_checkpoint(h.checkpoint);
  if (h.heads_digest)
    m.set_heads_digest(raw(*h.heads_digest));
  return codec::serialize(m);
}

} // namespace wardline::wire::device
