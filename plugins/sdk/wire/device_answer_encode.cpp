// What the daemon sends, to bytes: device.hpp.
#include "device.pb.h"
#include "wire/attachment_codec.hpp"
#include "wire/codec.hpp"
#include "wire/device.hpp"
#include "wire/exposure_codec.hpp"
#include "wire/waiting_codec.hpp"

namespace wardline::wire::device {

namespace {

namespace pb = ::wardline::device::v1;
using codec::raw;

template <class Repeated>
void put_all(Repeated* to, const std::vector<hash32>& hashes) {
  for (const auto& hash : hashes)
    *to->Add() = raw(hash);
}

void put_logged(pb::Logged& m, const logged& l) {
  m.set_object(raw(l.object));
  m.set_leaf(l.leaf);
  m.set_salt(raw(l.salt));
  m.set_entry(raw(l.entry));
  put_all(m.mutable_proof(), l.proof);
}

void put_share(pb::Share& m, const share& s) {
  m.set_number(s.number);
  m.set_share(raw(s.value));
  m.set_next_number(s.next_number);
  m.set_next(raw(s.next));
  m.set_oldest(s.oldest);
}

void put_name(pb::PartyName& m, const party_name& n) {
  m.set_party(raw(n.party.view()));
  m.set_kind(n.kind);
  m.set_name(n.name);
  m.set_emergency(n.emergency);
}

void put_slip(pb::Slip& m, const slip& s) {
  m.set_conversation(raw(s.conversation.view()));
  m.set_seq(s.seq);
  m.set_leaf(s.leaf);
  m.set_slip(raw(s.object));
  m.set_acknowledgement(raw(s.acknowledgement));
  m.set_recall(raw(s.recall));
  m.set_recall_leaf(s.recall_leaf);
  m.set_time_ms(s.time);
  m.set_acknowledgement_leaf(s.acknowledgement_leaf);
}

void put(pb::Answer& to, const refused& a) {
  auto& m = *to.mutable_refused();
  m.set_number(static_cast<std::uint32_t>(a.why));
  m.set_name(std::string{name_of(a.why)});
  if (a.party)
    m.set_party(raw(a.party.view()));
  m.set_epoch(a.epoch);
  if (!is_zero(a.inbox))
    m.set_inbox(raw(a.inbox));
  if (!is_zero(a.hash))
    m.set_hash(raw(a.hash));
  if (a.user)
    m.set_user(raw(a.user.view()));
  m.set_time_ms(a.time);
}

void put(pb::Answer& to, const welcome& a) {
  auto& m = *to.mutable_welcome();
  if (a.user)
    m.set_user(raw(a.user.view()));
  m.set_session_until_ms(a.session_until);
  m.set_checkpoint(a.checkpoint);
  put_all(m.mutable_consistency(), a.consistency);
  if (a.share.number != 0)
    put_share(*m.mutable_share(), a.share);
  m.set_idle_ms(a.idle);
  m.set_safe_leaves(a.safe_leaves);
}

void put(pb::Answer& to, const invitation& a) {
  auto& m = *to.mutable_invitation();
  m.set_root(raw(a.root));
  m.set_server(raw(a.server));
  for (const auto& certificate : a.chain)
    m.add_chain(raw(certificate));
  m.set_invitation(raw(a.invitation_object));
}

void put(pb::Answer& to, const enrolled& a) {
  to.mutable_enrolled()->set_leaf(a.leaf);
}

void put(pb::Answer& to, const logged_in& a) {
  auto& m = *to.mutable_logged_in();
  m.set_user(raw(a.user.view()));
  m.set_session_until_ms(a.session_until);
  if (a.share.number != 0)
    put_share(*m.mutable_share(), a.share);
  m.set_idle_ms(a.idle);
}

void put(pb::Answer& to, const person& a) {
  auto& m = *to.mutable_person();
  m.set_user(raw(a.user.view()));
  m.set_party(raw(a.party.view()));
}

void put(pb::Answer& to, const station& a) {
  to.mutable_station()->set_device(raw(a.device.view()));
}

void put(pb::Answer& to, const parties& a) {
  auto& m = *to.mutable_parties();
  for (const auto& name : a.names)
    put_name(*m.add_parties(), name);
  m.set_more(a.more);
}

void put(pb::Answer& to, const party& a) {
  auto& m = *to.mutable_party();
  m.set_party(raw(a.id.view()));
  m.set_kind(a.kind);
  for (const auto& core : a.cores)
    put_logged(*m.add_cores(), core);
  m.set_members(raw(a.members));
  m.set_seals(raw(a.seals));
  for (const auto& certificate : a.certificates)
    put_logged(*m.add_certificates(), certificate);
  m.set_checkpoint(a.checkpoint);
  for (const auto& own : a.own_seals) {
    auto& s = *m.add_own_seals();
    s.set_n(own.n);
    s.set_seal(raw(own.seal));
  }
}

void put(pb::Answer& to, const objects& a) {
  auto& m = *to.mutable_objects();
  for (const auto& object : a.found)
    put_logged(*m.add_objects(), object);
  m.set_checkpoint(a.checkpoint);
}

void put(pb::Answer& to, const conversations& a) {
  auto& m = *to.mutable_conversations();
  for (const auto& one : a.all) {
    auto& c = *m.add_conversations();
    c.set_conversation(raw(one.id.view()));
    c.set_link(raw(one.link));
    c.set_last_seq(one.last_seq);
  }
  m.set_more(a.more);
}

void put(pb::Answer& to, const submitted& a) {
  auto& m = *to.mutable_submitted();
  m.set_hash(raw(a.hash));
  m.set_leaf(a.leaf);
}

void put(pb::Answer& to, const posted& a) {
  auto& m = *to.mutable_posted();
  m.set_seq(a.seq);
  m.set_leaf(a.leaf);
}

void put(pb::Answer& to, const slips& a) {
  auto& m = *to.mutable_slips();
  for (const auto& row : a.rows)
    put_slip(*m.add_slips(), row);
  m.set_more(a.more);
}

void put(pb::Answer& to, const opened& a) {
  auto& m = *to.mutable_opened();
  m.set_leaf(a.leaf);
  for (const auto& one : a.bodies) {
    auto& b = *m.add_bodies();
    b.set_seq(one.seq);
    b.set_body(raw(one.sealed));
  }
  m.set_left_off(a.left_off);
}

void put(pb::Answer& to, const done& a) {
  to.mutable_done()->set_leaf(a.leaf);
}

void put(pb::Answer& to, const checkpoint& a) {
  auto& m = *to.mutable_checkpoint();
  m.set_note(a.note);
  put_all(m.mutable_consistency(), a.consistency);
}

void put_devices(google::protobuf::RepeatedPtrField<std::string>& to, const std::vector<device_id>& devices) {
  for (const auto& d : devices)
    *to.Add() = raw(d.view());
}

void put_pending(pb::Pending& m, const pending& a) {
  for (const auto& wanted : a.turns) {
    auto& t = *m.add_turns();
    t.set_party(raw(wanted.party.view()));
    put_devices(*t.mutable_add(), wanted.add);
    put_devices(*t.mutable_remove(), wanted.remove);
    t.set_since_ms(wanted.since);
  }
  for (const auto& wanted : a.packs) {
    auto& p = *m.add_packs();
    p.set_party(raw(wanted.party.view()));
    p.set_device(raw(wanted.device.view()));
    p.set_history_from_ms(wanted.history_from);
  }
  for (const auto& wanted : a.key_lists) {
    auto& k = *m.add_key_lists();
    k.set_conversation(raw(wanted.conversation.view()));
    k.set_device(raw(wanted.device.view()));
    k.set_history_from_ms(wanted.history_from);
    k.set_report(raw(wanted.report));
  }
  m.set_renewal(raw(a.renewal));
  for (const auto& due : a.renewals) {
    auto& r = *m.add_renewals();
    r.set_device(raw(due.device.view()));
    r.set_until_ms(due.until);
    r.set_offered(due.offered);
  }
}

void put(pb::Answer& to, const pending& a) {
  put_pending(*to.mutable_pending(), a);
}

void put(pb::Answer& to, const recovery_codes& a) {
  for (const auto& code : a.codes)
    to.mutable_recovery_codes()->add_codes(code);
}

void put(pb::Answer& to, const packs& a) {
  auto& m = *to.mutable_packs();
  for (const auto& pack : a.objects)
    m.add_packs(raw(pack));
}

void put(pb::Answer& to, const key_lists& a) {
  auto& m = *to.mutable_key_lists();
  for (const auto& list : a.objects)
    m.add_lists(raw(list));
  m.set_more(a.more);
}

void put(pb::Answer& to, const inbox& a) {
  put_waiting(*to.mutable_inbox(), a);
}

void put(pb::Answer& to, const duties& a) {
  put_waiting(*to.mutable_duties(), a);
}

void put(pb::FromDaemon& to, const answer& a) {
  auto& m = *to.mutable_answer();
  m.set_id(raw(a.id.view()));
  std::visit([&](const auto& result) { put(m, result); }, a.result);
}

void put(pb::FromDaemon& to, const slip& s) {
  put_slip(*to.mutable_slip(), s);
}

void put(pb::FromDaemon& to, const session_ended& e) {
  to.mutable_session_ended()->set_number(static_cast<std::uint32_t>(e.why));
}

void put(pb::FromDaemon& to, const party_changed& c) {
  auto& m = *to.mutable_party_changed();
  m.set_party(raw(c.party.view()));
  m.set_n(c.n);
}

void put(pb::FromDaemon& to, const pending& p) {
  put_pending(*to.mutable_pending(), p);
}

void put(pb::FromDaemon& to, const share_gone& g) {
  to.mutable_share_gone()->set_number(g.number);
}

void put(pb::FromDaemon& to, const wake& w) {
  put_waiting(*to.mutable_wake(), w);
}

void wipe_share(pb::Share& s) {
  codec::wipe_field(s.mutable_share());
  codec::wipe_field(s.mutable_next());
}

void wipe_secrets(pb::FromDaemon& m) {
  if (!m.has_answer())
    return;
  auto& a = *m.mutable_answer();
  if (a.has_welcome() && a.welcome().has_share())
    wipe_share(*a.mutable_welcome()->mutable_share());
  if (a.has_logged_in() && a.logged_in().has_share())
    wipe_share(*a.mutable_logged_in()->mutable_share());
  if (a.has_recovery_codes())
    for (auto& code : *a.mutable_recovery_codes()->mutable_codes())
      codec::wipe_field(&code);
}

} // namespace

bytes encode(const from_daemon& f) {
  pb::FromDaemon m;
  std::visit([&](const auto& body) { put(m, body); }, f);
  auto out = codec::serialize(m);
  wipe_secrets(m);
  return out;
}

} // namespace wardline::wire::device
