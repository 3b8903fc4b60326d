// Conversation links (e2ee 5.8).
#include "e2ee/conversation.hpp"
#include "message_rows.hpp"
#include "submission_steps.hpp"
#include <algorithm>

namespace wardline::submission {

namespace {

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
  if (is_destroyed(c.rows, id))
    return refusal::message_destroyed;
  auto row = read_row<rows::conversation>(c.rows, ports::table::conversation, id.view());
  auto stored = row ? read_object(c.rows, row->row.head) : std::nullopt;
  auto held = stored ? e2ee::conversation_link::decode(stored->raw, c.known.clinic().id)
                     : expected<e2ee::conversation_link>{refusal::value_not_openable};
  if (!held)
    return refusal::value_not_openable;
  return e2ee::head_of(*held);
}

rules::party_kind kind_here(const circumstances& c, const party_id& p) {
  return c.known.party(p)->kind;
}

/// What the library cannot know: that each party is of the kind the link says, and which role is the
/// clinic's emergency role. A patient's party makes a conversation a patient's, named as its subject or not:
/// otherwise leaving the subject out would be the way around the roles.
refusal check_parties_here(const circumstances& c, const e2ee::conversation_link& x) {
  bool of_patient = static_cast<bool>(x.subject);
  bool role = false;
  for (const auto& p : x.parties) {
    auto kind = kind_here(c, p.party);
    if (static_cast<std::uint8_t>(kind) != static_cast<std::uint8_t>(p.kind))
      return refusal::class_not_for_party;
    of_patient |= kind == rules::party_kind::patient;
    role |= kind == rules::party_kind::role;
  }
  if (!of_patient)
    return refusal::none;
  if (x.subject && kind_here(c, x.subject) != rules::party_kind::patient)
    return refusal::class_not_for_party;
  if (!role)
    return refusal::no_role_party;
  const auto& emergency = c.known.clinic().emergency;
  return emergency && x.has(emergency) ? refusal::none : refusal::no_emergency_role;
}

act act_of(const circumstances& c, const caller& who, const e2ee::conversation_link& x,
           const e2ee::conversation_head& head) {
  const auto& id = x.conversation;
  auto a = accepted(x.hash(), x.raw(), who, c.now);
  a.entry.conversation = id;
  a.changes.push_back(
      put_row(ports::table::conversation, to_bytes(id.view()), rows::conversation{x.n, x.hash()}));
  for (const auto& p : head.parties)
    if (!x.has(p.party))
      a.changes.push_back(
          {ports::del(ports::table::conversation, rows::key_of_membership(p.party, id)), false});
  for (const auto& p : x.parties)
    a.changes.push_back(
        {ports::put(ports::table::conversation, rows::key_of_membership(p.party, id), bytes{1}), false});
  return a;
}

} // namespace

submitted_change submit_conversation(const circumstances& c, const caller& who, bytes_view raw) {
  auto object = e2ee::conversation_link::decode(raw, c.known.clinic().id);
  if (!object)
    return {refused(object.why())};
  const auto& id = object->conversation;
  if (!id)
    return {refused(refusal::malformed_request)}; // all zero is no conversation (e2ee 1)
  auto head = head_for(c, who, id);
  if (!head)
    return {refused(head.why())};
  if (auto before = answered_before(c, object->hash()))
    return {*before};
  if (object->signer_device != who.device)
    return {refused(refusal::author_not_channel)};
  for (const auto& p : object->parties)
    if (c.known.party(p.party) == nullptr)
      return {refused(refusal::not_found)};
  house_standing standing{c.known, c.now};
  if (auto why = e2ee::check_conversation_link(*head, *object, standing); why != refusal::none)
    return {refused_at_head(why, head->n, head->hash)};
  if (auto why = check_parties_here(c, *object); why != refusal::none)
    return {refused(why)};
  return {commit(act_of(c, who, *object, *head), object->hash(), [](registry&, const committed&) {}), id};
}

} // namespace wardline::submission
