#include "submission.hpp"
#include "submission_steps.hpp"

namespace wardline {

namespace submission {

act accepted(const hash32& hash, const bytes& raw, const caller& who, time_ms now) {
  act a;
  a.entry.kind = rules::audit_kind::object_accepted;
  a.entry.time = now;
  a.entry.user = who.user;
  a.entry.device = who.device;
  a.entry.hash = hash;
  a.changes.push_back(put_object(hash, raw));
  return a;
}

decision commit(std::vector<act> all, const hash32& hash,
                std::function<void(registry&, const committed&)> adopt) {
  return {write{std::move(all)}, std::move(adopt), [hash](const committed& at) {
            return outcome{wire::device::submitted{hash, at.stamps.front().leaf}};
          }};
}

std::optional<outcome> answered_before(const circumstances& c, const hash32& hash) {
  auto held = read_object(c.rows, hash);
  if (!held)
    return std::nullopt;
  return outcome{wire::device::submitted{hash, held->leaf}};
}

outcome refused_at_head(refusal why, std::uint32_t n, const hash32& head) {
  auto out = refused(why);
  if (why != refusal::epoch_taken && why != refusal::conversation_taken)
    return out;
  auto& r = std::get<wire::device::refused>(out.result);
  r.epoch = n;
  r.hash = head;
  return out;
}

} // namespace submission

submitted_change decide_submit(const circumstances& c, const caller& who, const wire::device::submit& m) {
  using namespace submission;
  auto kind = e2ee::peek_kind(m.object);
  if (!kind)
    return {refused(kind.why())};
  switch (*kind) {
  case e2ee::kind::registrar:
    return submit_registrar(c, who, m.object);
  case e2ee::kind::device:
    return submit_device(c, who, m);
  case e2ee::kind::grant:
    return submit_grant(c, who, m);
  case e2ee::kind::revocation:
    return submit_revocation(c, who, m.object);
  case e2ee::kind::link:
    return submit_link(c, who, m);
  case e2ee::kind::pack:
    return submit_pack(c, who, m.object);
  case e2ee::kind::keylist:
    return submit_key_list(c, who, m);
  case e2ee::kind::conversation:
    return submit_conversation(c, who, m.object);
  default:
    return {refused(refusal::unknown_kind)};
  }
}

} // namespace wardline
