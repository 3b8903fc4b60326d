#include "wire/exposure_codec.hpp"
#include "device.pb.h"
#include "wire/limits.hpp"

namespace wardline::wire::device {

namespace {

namespace pb = ::wardline::device::v1;
using codec::fields;
using codec::raw;

void take_conversation(fields& in, exposed_conversation& out, const pb::ExposedConversation& m) {
  in.take(out.party, m.party());
  in.take(out.conversation, m.conversation());
  out.last_seq = m.last_seq();
}

void take_leaf(fields& in, logged& out, const pb::LoggedEntry& m) {
  out.leaf = m.leaf();
  in.take(out.salt, m.salt(), salt_bytes, salt_bytes);
  in.take(out.entry, m.entry(), 1, entry_bytes_max);
  in.take(out.proof, m.proof(), 0, proof_hashes_max);
}

} // namespace

void put(pb::Request& out, const get_exposure& a) {
  auto& to = *out.mutable_get_exposure();
  to.set_device(raw(a.device.view()));
  to.set_part(static_cast<std::uint32_t>(a.part));
  if (a.after_party)
    to.set_after_party(raw(a.after_party.view()));
  if (a.after_conversation)
    to.set_after_conversation(raw(a.after_conversation.view()));
  to.set_from_leaf(a.from_leaf);
}

void put(pb::Answer& out, const exposure& a) {
  auto& to = *out.mutable_exposure();
  for (const auto& x : a.conversations) {
    auto& m = *to.add_conversations();
    m.set_party(raw(x.party.view()));
    m.set_conversation(raw(x.conversation.view()));
    m.set_last_seq(x.last_seq);
  }
  for (const auto& x : a.leaves) {
    auto& m = *to.add_leaves();
    m.set_leaf(x.leaf);
    m.set_salt(raw(x.salt));
    m.set_entry(raw(x.entry));
    for (const auto& h : x.proof)
      m.add_proof(raw(h));
  }
  to.set_checkpoint(a.checkpoint);
  to.set_more(a.more);
  to.set_next_leaf(a.next_leaf);
}

void put(pb::FromDaemon& to, const wipe_order& a) {
  to.mutable_wipe_order()->set_object(raw(a.object));
}

void take(fields& in, get_exposure& out, const pb::GetExposure& m) {
  in.take(out.device, m.device());
  in.range(m.part(), 1, 2);
  out.part = static_cast<exposure_part>(m.part());
  in.take_or_none(out.after_party, m.after_party());
  in.take_or_none(out.after_conversation, m.after_conversation());
  in.require(m.after_party().empty() == m.after_conversation().empty());
  out.from_leaf = m.from_leaf();
}

void take(fields& in, exposure& out, const pb::Exposure& m) {
  in.range(static_cast<std::size_t>(m.conversations_size()), 0, exposed_conversations_max);
  for (const auto& x : m.conversations())
    if (in.why() == refusal::none)
      take_conversation(in, out.conversations.emplace_back(), x);
  in.range(static_cast<std::size_t>(m.leaves_size()), 0, exposed_leaves_max);
  for (const auto& x : m.leaves())
    if (in.why() == refusal::none)
      take_leaf(in, out.leaves.emplace_back(), x);
  in.take_lines(out.checkpoint, m.checkpoint(), note_bytes_max);
  out.more = m.more();
  out.next_leaf = m.next_leaf();
}

void take(fields& in, wipe_order& out, const pb::WipeOrder& m) {
  in.take_object(out.object, m.object(), wipe_order_bytes_max);
}

} // namespace wardline::wire::device
