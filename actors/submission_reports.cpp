// Answers to reports (e2ee 5.7, 5.9): a device cannot open a message that its party may read, says so, and
// whoever can open it gives it that one key. Readable by nobody here.
#include "e2ee/act.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/keylist.hpp"
#include "message_rows.hpp"
#include "roster_rows.hpp"
#include "submission_history.hpp"
#include "submission_steps.hpp"
#include <algorithm>

namespace wardline::submission {

namespace {

/// The report that is named stands, is the receiver's, and is about a message of this conversation.
std::optional<e2ee::act> open_report(const circumstances& c, const e2ee::key_list& list,
                                     const std::optional<hash32>& named) {
  auto stored = named ? read_object(c.rows, *named) : std::nullopt;
  auto a =
      stored ? e2ee::act::decode(stored->raw, c.known.clinic().id) : expected<e2ee::act>{refusal::not_found};
  if (!a || a->act != e2ee::act_kind::report || a->device != list.receiver)
    return std::nullopt;
  auto row = read_row<rows::report>(c.rows, ports::table::meta,
                                    rows::key_of_report(list.conversation, list.receiver, a->message()));
  return row && row->row.act == stored->raw ? std::optional{std::move(*a)} : std::nullopt;
}

bool is_one_key(const e2ee::key_list& list) {
  return list.parts == 1 && list.ct.size() == e2ee::keylist_entry_bytes + 16;
}

/// The giver reads the conversation, the receiver belongs to it.
refusal check_givers(const circumstances& c, const caller& who, const e2ee::key_list& list,
                     const e2ee::conversation_link& link) {
  house_standing standing{c.known, c.now};
  bool gives = false;
  bool receives = false;
  for (const auto& p : link.parties) {
    const auto* chain = c.known.chain(p.party);
    gives |= std::binary_search(who.parties.begin(), who.parties.end(), p.party) && chain != nullptr &&
             chain->has_member(who.device);
    receives |= standing.entitlement(list.receiver, p.party).has_value();
  }
  if (!gives)
    return refusal::signer_not_member;
  return receives && list.receiver != who.device ? refusal::none : refusal::key_list_not_allowed;
}

/// The oldest answers of a device and conversation make room for one more.
void make_room_for_answer(const circumstances& c, const e2ee::key_list& list, act& in) {
  auto prefix = rows::prefix_of_answers(list.conversation, list.receiver);
  std::vector<std::pair<std::uint64_t, std::pair<bytes, hash32>>> by_leaf;
  for (const auto& row : c.rows.scan(ports::table::conversation, prefix, {}, ports::scan_rows_max)) {
    auto parts = split_stamp(row.value);
    auto kept = parts ? rows::decode<rows::kept_answer>(parts->value) : std::nullopt;
    by_leaf.push_back({kept ? parts->at.leaf : 0, {row.key, kept ? kept->object : hash32{}}});
  }
  std::sort(by_leaf.begin(), by_leaf.end());
  for (std::size_t i = 0; i + answers_kept_max <= by_leaf.size(); ++i) {
    const auto& [key, object] = by_leaf[i].second;
    in.changes.push_back({ports::del(ports::table::conversation, key), false});
    if (!is_zero(object))
      in.changes.push_back({ports::del(ports::table::object, to_bytes(object)), false});
  }
}

} // namespace

submitted_change submit_answer(const circumstances& c, const caller& who, const e2ee::key_list& list,
                               const std::optional<hash32>& named) {
  house_standing standing{c.known, c.now};
  auto signer = e2ee::signer_among(list.frame, e2ee::labels::keylist, {who.device}, who.device, standing);
  if (!signer)
    return {refused(signer.why())};
  auto link = link_of(c, list.conversation);
  bool mine = link && std::any_of(link->parties.begin(), link->parties.end(), [&](const auto& p) {
                return std::binary_search(who.parties.begin(), who.parties.end(), p.party);
              });
  if (!mine)
    return {refused(refusal::not_found)};
  if (auto before = answered_before(c, list.hash()))
    return {*before};
  auto report = open_report(c, list, named);
  if (!report || !is_one_key(list))
    return {refused(refusal::key_list_not_allowed)};
  if (auto why = e2ee::check_keylist_claim(e2ee::claim_of(list), list.receiver_certificate, standing);
      why != refusal::none)
    return {refused(why)};
  if (auto why = check_givers(c, who, list, *link); why != refusal::none)
    return {refused(why)};
  auto a = accepted(list.hash(), list.raw(), who, c.now);
  a.entry.conversation = list.conversation;
  a.entry.object = list.receiver.value;
  auto message = report->message();
  auto report_key = rows::key_of_report(list.conversation, list.receiver, message);
  auto stored = read_row<rows::report>(c.rows, ports::table::meta, report_key);
  a.only_if.push_back(unchanged(ports::table::meta, report_key, stored->stored));
  a.changes.push_back({ports::del(ports::table::meta, report_key), false});
  make_room_for_answer(c, list, a);
  a.changes.push_back(put_row(ports::table::conversation,
                              rows::key_of_answer(list.conversation, list.receiver, message),
                              rows::kept_answer{list.hash(), who.device}));
  submitted_change out{commit(std::move(a), list.hash(), [](registry&, const committed&) {})};
  out.answered = answer_for{list.conversation, list.receiver};
  return out;
}

} // namespace wardline::submission
