#include "audit_words.hpp"
#include "admin_words.hpp"
#include "e2ee/bytes.hpp"

namespace wardline::admin {

namespace {

using e2ee::reader;
using e2ee::writer;

constexpr std::uint8_t version = 1;
/// Acts are numbered from 1 in admin_words.cpp; questions stand far above them.
enum class kind : std::uint8_t { head = 32, leaves, inclusion, consistency };

constexpr std::size_t leaves_bytes_max = log_leaves_max * 34;

} // namespace

bool is_log_question(bytes_view frame) {
  return frame.size() >= 2 && frame[0] == version && frame[1] >= static_cast<std::uint8_t>(kind::head) &&
         frame[1] <= static_cast<std::uint8_t>(kind::consistency);
}

bytes encode(const log_question& q) {
  writer out;
  out.u8(version);
  if (const auto* l = std::get_if<log_leaves_question>(&q))
    out.value(kind::leaves).u64(l->first).u16(l->count);
  else if (const auto* i = std::get_if<log_inclusion_question>(&q))
    out.value(kind::inclusion).u64(i->leaf);
  else if (const auto* c = std::get_if<log_consistency_question>(&q))
    out.value(kind::consistency).u64(c->old_size);
  else
    out.value(kind::head);
  return out.take();
}

expected<log_question> decode_log_question(bytes_view raw) {
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  log_question out;
  switch (in.one_of(kind::head, kind::consistency)) {
  case kind::head:
    break;
  case kind::leaves: {
    log_leaves_question q;
    q.first = in.u64();
    q.count = in.u16();
    if (q.count == 0 || q.count > log_leaves_max)
      in.refuse(refusal::count_too_large);
    out = q;
    break;
  }
  case kind::inclusion:
    out = log_inclusion_question{in.u64()};
    break;
  case kind::consistency:
    out = log_consistency_question{in.u64()};
    break;
  }
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

bytes encode(const log_report& r) {
  writer out;
  out.u8(version).u16(static_cast<std::uint16_t>(r.why)).u64(r.size);
  out.v32(view(r.note)).v16(view(r.verifier_key)).v16(r.root).v16(r.server).v32(r.leaves).v16(r.salted_entry);
  out.list16(r.proof, [](writer& w, const hash32& h) { w.put(h); });
  return out.take();
}

expected<log_report> decode_log_report(bytes_view raw) {
  if (raw.size() > frame_bytes_max)
    return refusal::message_too_large;
  reader in{raw};
  if (in.u8() != version)
    return refusal::protocol_not_supported;
  log_report out;
  if (auto why = in.u16(); why != 0)
    out.why = refusal_from_number(why);
  out.size = in.u64();
  out.note = text(in.v32(log_note_bytes_max));
  out.verifier_key = text(in.v16(512));
  out.root = to_bytes(in.v16(log_certificate_bytes_max));
  out.server = to_bytes(in.v16(log_certificate_bytes_max));
  out.leaves = to_bytes(in.v32(leaves_bytes_max));
  out.salted_entry = to_bytes(in.v16(log_entry_bytes_max));
  out.proof = in.list16(log_proof_max, [](reader& r) { return r.b32(); });
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

} // namespace wardline::admin
