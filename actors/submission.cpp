#include "submission.hpp"
#include "e2ee/chains.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/standing.hpp"
#include "stored.hpp"
#include <algorithm>

namespace wardline {

namespace {

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

decision commit_object(act a, const hash32& hash, std::function<void(registry&, const committed&)> adopt) {
  return {write{{std::move(a)}}, std::move(adopt), [hash](const committed& at) {
            return outcome{wire::device::submitted{hash, at.stamps.front().leaf}};
          }};
}

/// An object that is in already: the same answer again.
std::optional<outcome> answered_before(const circumstances& c, const hash32& hash) {
  auto held = read_object(c.rows, hash);
  if (!held)
    return std::nullopt;
  return outcome{wire::device::submitted{hash, held->leaf}};
}

/// Who lost the race learns what won it.
outcome refused_at_head(refusal why, std::uint32_t n, const hash32& head) {
  auto out = refused(why);
  if (why != refusal::epoch_taken && why != refusal::conversation_taken)
    return out;
  auto& r = std::get<wire::device::refused>(out.result);
  r.epoch = n;
  r.hash = head;
  return out;
}

e2ee::log_place end_of_log(time_ms now) {
  return {UINT64_MAX, now};
}

verdict submit_registrar(const circumstances& c, const caller& who, bytes_view raw) {
  auto object = e2ee::registrar_certificate::decode(raw, c.known.clinic().id);
  if (!object)
    return refused(object.why());
  if (auto before = answered_before(c, object->hash()))
    return *before;
  e2ee::evidence e;
  e.in_log = end_of_log(c.now);
  if (auto why = e2ee::verify(*object, c.known.trust(), e); why != refusal::none)
    return refused(why);
  auto now = c.now;
  return commit_object(accepted(object->hash(), object->raw(), who, now), object->hash(),
                       [object = *object, now](registry& r, const committed& at) {
                         r.trust_to_extend().adopt(object, {at.stamps.front().leaf, now});
                       });
}

verdict submit_link(const circumstances& c, const caller& who, const wire::device::submit& m) {
  auto link = e2ee::roster_link::decode(m.object, m.members, m.seals, c.known.clinic().id);
  if (!link)
    return refused(link.why());
  const auto* party = c.known.party(link->core.party);
  if (party == nullptr)
    return refused(refusal::not_found);
  if (auto before = answered_before(c, link->core.hash()))
    return *before;
  if (link->core.signer_device != who.device)
    return refused(refusal::author_not_channel);
  if (static_cast<std::uint8_t>(link->core.party_is) != static_cast<std::uint8_t>(party->kind))
    return refused(refusal::class_not_for_party);
  e2ee::trust_standing standing{c.known.trust(), end_of_log(c.now), {c.known.gated(), {}}};
  e2ee::party_chain empty;
  empty.party = link->core.party;
  empty.kind = link->core.party_is;
  const auto* chain = c.known.chain(link->core.party);
  auto why = e2ee::check_link(chain != nullptr ? *chain : empty, *link, standing, e2ee::viewpoint::daemon);
  if (why != refusal::none)
    return refused_at_head(why, party->n, party->head);
  auto a = accepted(link->core.hash(), link->core.raw(), who, c.now);
  a.entry.object = link->core.party.value;
  auto row = *party;
  row.n = link->core.n;
  row.head = link->core.hash();
  a.changes.push_back(put_row(ports::table::party, to_bytes(link->core.party.view()), row));
  a.changes.push_back(put_row(ports::table::party, rows::key_of_head(link->core.party),
                              rows::party_head{link->members_raw, link->seals_raw}));
  return commit_object(std::move(a), link->core.hash(),
                       [link = *link](registry& r, const committed&) { r.extend(link); });
}

/// The head that the next link has to follow. not_found for who is not in the conversation, before anything
/// that would tell a stranger that it exists; value_not_openable for who is, if it is damaged: nobody begins
/// it anew over the old one's messages.
expected<e2ee::conversation_head> head_for(const circumstances& c, const caller& who,
                                           const conversation_id& id) {
  e2ee::conversation_head none;
  none.conversation = id;
  if (c.rows.read(ports::table::conversation, id.view()).status == ports::read_status::absent)
    return none;
  bool listed = std::any_of(who.parties.begin(), who.parties.end(), [&](const party_id& p) {
    auto row = c.rows.read(ports::table::conversation, rows::key_of_membership(p, id));
    return row.status != ports::read_status::absent;
  });
  if (!listed)
    return refusal::not_found;
  auto row = read_row<rows::conversation>(c.rows, ports::table::conversation, id.view());
  auto stored = row ? read_object(c.rows, row->row.head) : std::nullopt;
  auto held = stored ? e2ee::conversation_link::decode(stored->raw, c.known.clinic().id)
                     : expected<e2ee::conversation_link>{refusal::value_not_openable};
  if (!held)
    return refusal::value_not_openable;
  return e2ee::head_of(*held);
}

submitted_change submit_conversation(const circumstances& c, const caller& who, bytes_view raw) {
  auto object = e2ee::conversation_link::decode(raw, c.known.clinic().id);
  if (!object)
    return {refused(object.why()), {}};
  const auto& id = object->conversation;
  if (!id)
    return {refused(refusal::malformed_request), {}}; // all zero is no conversation (e2ee 1)
  auto head = head_for(c, who, id);
  if (!head)
    return {refused(head.why()), {}};
  if (auto before = answered_before(c, object->hash()))
    return {*before, {}};
  if (object->signer_device != who.device)
    return {refused(refusal::author_not_channel), {}};
  for (const auto& p : object->parties)
    if (c.known.party(p.party) == nullptr)
      return {refused(refusal::not_found), {}};
  e2ee::trust_standing standing{c.known.trust(), end_of_log(c.now), {c.known.gated(), {}}};
  if (auto why = e2ee::check_conversation_link(*head, *object, standing); why != refusal::none)
    return {refused_at_head(why, head->n, head->hash), {}};
  auto a = accepted(object->hash(), object->raw(), who, c.now);
  a.entry.conversation = id;
  a.changes.push_back(put_row(ports::table::conversation, to_bytes(id.view()),
                              rows::conversation{object->n, object->hash()}));
  for (const auto& p : head->parties)
    if (!object->has(p.party))
      a.changes.push_back(
          {ports::del(ports::table::conversation, rows::key_of_membership(p.party, id)), false});
  for (const auto& p : object->parties)
    a.changes.push_back(
        {ports::put(ports::table::conversation, rows::key_of_membership(p.party, id), bytes{1}), false});
  return {commit_object(std::move(a), object->hash(), [](registry&, const committed&) {}), id};
}

} // namespace

submitted_change decide_submit(const circumstances& c, const caller& who, const wire::device::submit& m) {
  auto kind = e2ee::peek_kind(m.object);
  if (!kind)
    return {refused(kind.why()), {}};
  switch (*kind) {
  case e2ee::kind::registrar:
    return {submit_registrar(c, who, m.object), {}};
  case e2ee::kind::link:
    return {submit_link(c, who, m), {}};
  case e2ee::kind::conversation:
    return submit_conversation(c, who, m.object);
  default:
    return {refused(refusal::unknown_kind), {}};
  }
}

} // namespace wardline
