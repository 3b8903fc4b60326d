// History packs and key lists (e2ee 5.7): kept for their receivers, readable by nobody here.
#include "submission_history.hpp"
#include "e2ee/conversation.hpp"
#include "e2ee/keylist.hpp"
#include "e2ee/labels.hpp"
#include "roster_rows.hpp"
#include <algorithm>
#include <map>

namespace wardline::submission {

namespace {

/// Keys of a device's packs, the oldest first.
std::vector<bytes> kept_packs(const circumstances& c, const party_id& p, const device_id& d) {
  std::vector<std::pair<std::uint64_t, bytes>> by_leaf;
  for (const auto& row :
       c.rows.scan(ports::table::party, rows::prefix_of_packs(p, d), {}, ports::scan_rows_max)) {
    auto parts = split_stamp(row.value);
    by_leaf.emplace_back(parts ? parts->at.leaf : 0, row.key); // a damaged row is the first to go
  }
  std::sort(by_leaf.begin(), by_leaf.end());
  std::vector<bytes> out;
  for (auto& [leaf, key] : by_leaf)
    out.push_back(std::move(key));
  return out;
}

void forget_pack(const bytes& key, act& in) {
  in.changes.push_back({ports::del(ports::table::party, key), false});
  bytes hash{key.end() - std::tuple_size_v<hash32>, key.end()};
  in.changes.push_back({ports::del(ports::table::object, std::move(hash)), false});
}

bool is_party_of(const std::vector<party_id>& sorted, const party_id& p) {
  return std::binary_search(sorted.begin(), sorted.end(), p);
}

/// The receiver belongs to a party of the conversation, the giver is a member of another one.
refusal check_both_in(const circumstances& c, const caller& who, const e2ee::key_list& list,
                      const e2ee::conversation_link& link) {
  house_standing standing{c.known, c.now};
  bool receives = false;
  bool gives = false;
  for (const auto& p : link.parties) {
    bool theirs = standing.entitlement(list.receiver, p.party).has_value();
    const auto* chain = c.known.chain(p.party);
    receives |= theirs;
    gives |=
        !theirs && is_party_of(who.parties, p.party) && chain != nullptr && chain->has_member(who.device);
  }
  if (!gives)
    return refusal::signer_not_member;
  return receives ? refusal::none : refusal::key_list_not_allowed;
}

refusal check_list(const circumstances& c, const caller& who, const e2ee::key_list& list) {
  house_standing standing{c.known, c.now};
  auto signer = e2ee::signer_among(list.frame, e2ee::labels::keylist, {who.device}, who.device, standing);
  if (!signer)
    return signer.why();
  auto link = link_of(c, list.conversation);
  bool mine = link && std::any_of(link->parties.begin(), link->parties.end(),
                                  [&](const auto& p) { return is_party_of(who.parties, p.party); });
  if (!mine)
    return refusal::not_found;
  if (auto why = e2ee::check_keylist_claim(e2ee::claim_of(list), list.receiver_certificate, standing);
      why != refusal::none)
    return why;
  return check_both_in(c, who, list, *link);
}

/// What one member gave this receiver: the parts' rows and their objects.
struct kept_list {
  std::map<bytes, hash32> rows; ///< 0^32: the row is damaged
  std::uint16_t parts = 0;
  std::uint64_t newest = 0;
};
std::map<device_id, kept_list> kept_lists(const circumstances& c, const e2ee::key_list& of) {
  static_assert(key_list_givers_max * key_list_parts_max <= ports::scan_rows_max);
  std::map<device_id, kept_list> out;
  auto prefix = rows::prefix_of_keys(of.conversation, of.receiver);
  for (const auto& row : c.rows.scan(ports::table::conversation, prefix, {}, ports::scan_rows_max)) {
    auto giver = device_id::from(bytes_view{row.key}.last(device_id::size));
    auto parts = split_stamp(row.value);
    auto kept = parts ? rows::decode<rows::kept_keys>(parts->value) : std::nullopt;
    auto& list = out[*giver];
    list.rows[row.key] = kept ? kept->object : hash32{};
    list.parts = kept ? kept->parts : list.parts;
    list.newest = std::max(list.newest, kept ? parts->at.leaf : 0);
  }
  return out;
}

void forget_part(const bytes& key, const hash32& object, act& in) {
  in.changes.push_back({ports::del(ports::table::conversation, key), false});
  if (!is_zero(object))
    in.changes.push_back({ports::del(ports::table::object, to_bytes(object)), false});
}

/// Makes room for a part: of another list by the same giver (another count of parts), of the same part given
/// before, or of the oldest giver. The parts of this giver's list that stay.
std::size_t make_room(const circumstances& c, const e2ee::key_list& list, const device_id& giver,
                      const bytes& key, act& in) {
  auto kept = kept_lists(c, list);
  auto mine = kept.find(giver);
  bool same_list = mine != kept.end() && mine->second.parts == list.parts;
  if (mine == kept.end() && kept.size() >= key_list_givers_max)
    mine = std::min_element(kept.begin(), kept.end(),
                            [](const auto& x, const auto& y) { return x.second.newest < y.second.newest; });
  std::size_t staying = 0;
  if (mine == kept.end())
    return staying;
  for (const auto& [at, object] : mine->second.rows) {
    if (same_list && at != key)
      ++staying;
    else
      forget_part(at, object, in);
  }
  return staying;
}

} // namespace

expected<e2ee::conversation_link> link_of(const circumstances& c, const conversation_id& id) {
  auto row = read_row<rows::conversation>(c.rows, ports::table::conversation, id.view());
  auto stored = row ? read_object(c.rows, row->row.head) : std::nullopt;
  if (!stored)
    return refusal::not_found;
  return e2ee::conversation_link::decode(stored->raw, c.known.clinic().id);
}

refusal check_pack_here(const circumstances& c, const caller& who, const e2ee::history_pack& pack,
                        const e2ee::party_chain& head) {
  house_standing standing{c.known, c.now};
  if (pack.party != head.party)
    return refusal::chain_broken;
  if (auto signer = e2ee::check_pack(pack, head, who.device, standing); !signer)
    return signer.why();
  return e2ee::check_pack_receiver(head, pack.receiver, pack.receiver_certificate, standing);
}

std::vector<act> acts_of_packs(const circumstances& c, const caller& who,
                               const std::vector<e2ee::history_pack>& packs) {
  std::vector<act> out;
  std::map<device_id, std::vector<bytes>> kept; // the oldest first, as they will be then
  for (const auto& p : packs) {
    auto [at, first] = kept.try_emplace(p.receiver);
    if (first)
      at->second = kept_packs(c, p.party, p.receiver);
    auto a = accepted(p.hash(), p.raw(), who, c.now);
    a.entry.object = p.party.value;
    while (at->second.size() >= packs_kept_max) {
      forget_pack(at->second.front(), a);
      at->second.erase(at->second.begin());
    }
    auto key = rows::key_of_pack(p.party, p.receiver, p.hash());
    at->second.push_back(key);
    a.changes.push_back(put_row(ports::table::party, std::move(key), rows::kept_pack{p.first, p.last}));
    out.push_back(std::move(a));
  }
  return out;
}

void forget_packs(const circumstances& c, const party_id& p, const device_id& d, act& in) {
  for (const auto& key : kept_packs(c, p, d))
    forget_pack(key, in);
}

submitted_change submit_pack(const circumstances& c, const caller& who, bytes_view raw) {
  auto pack = e2ee::history_pack::decode(raw, c.known.clinic().id);
  if (!pack)
    return {refused(pack.why())};
  const auto* chain = c.known.chain(pack->party);
  if (chain == nullptr || !is_party_of(who.parties, pack->party))
    return {refused(refusal::not_found)};
  if (auto before = answered_before(c, pack->hash()))
    return {*before};
  if (auto why = check_pack_here(c, who, *pack, *chain); why != refusal::none)
    return {refused(why)};
  auto all = acts_of_packs(c, who, {*pack});
  all.front().changes.push_back(
      {ports::del(ports::table::party, rows::key_of_pack_wanted(pack->party, pack->receiver)), false});
  submitted_change out{commit(std::move(all), pack->hash(),
                              [party = pack->party, receiver = pack->receiver](
                                  registry& r, const committed&) { r.pack_given(party, receiver); })};
  out.given = pack_for{pack->party, pack->receiver};
  return out;
}

submitted_change submit_key_list(const circumstances& c, const caller& who, const wire::device::submit& m) {
  auto list = e2ee::key_list::decode(m.object, c.known.clinic().id);
  if (!list)
    return {refused(list.why())};
  if (is_zero(list->invitation))
    return submit_answer(c, who, *list, m.report);
  if (list->parts > key_list_parts_max)
    return {refused(refusal::count_too_large)};
  if (auto why = check_list(c, who, *list); why != refusal::none)
    return {refused(why)};
  if (auto before = answered_before(c, list->hash()))
    return {*before};
  auto a = accepted(list->hash(), list->raw(), who, c.now);
  a.entry.conversation = list->conversation;
  a.entry.object = list->receiver.value;
  auto key = rows::key_of_keys(list->conversation, list->receiver, list->part, who.device);
  auto held = 1 + make_room(c, *list, who.device, key, a);
  a.changes.push_back(
      put_row(ports::table::conversation, std::move(key), rows::kept_keys{list->hash(), list->parts}));
  if (held == list->parts)
    a.changes.push_back(put_row(ports::table::conversation,
                                rows::key_of_keys_given(list->conversation, list->receiver),
                                rows::keys_given{who.device}));
  return {commit(std::move(a), list->hash(), [](registry&, const committed&) {})};
}

} // namespace wardline::submission
