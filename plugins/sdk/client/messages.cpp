#include "client/messages.hpp"
#include "e2ee/slip_seals.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

std::optional<e2ee::slip> decoded(bytes_view raw, const clinic_id& clinic) {
  auto s = e2ee::slip::decode(raw, clinic);
  return s ? std::optional{std::move(*s)} : std::nullopt;
}

std::vector<party_id> parties_of(const e2ee::conversation_head& head) {
  std::vector<party_id> out;
  for (const auto& p : head.parties)
    out.push_back(p.party);
  return out;
}

bool waits(const message_row& m) {
  return !m.acknowledged_by && m.unreadable == refusal::none && m.recalled == 0;
}

/// Waiting first, the most urgent first, then the oldest; what is done after it, newest first.
bool comes_before(const message_row& a, const message_row& b) {
  if (waits(a) != waits(b))
    return waits(a);
  if (!waits(a))
    return std::tie(b.accepted, b.conversation, b.seq) < std::tie(a.accepted, a.conversation, a.seq);
  auto urgency_a = e2ee::timed_as(a.level);
  auto urgency_b = e2ee::timed_as(b.level);
  return std::tie(urgency_a, a.accepted, a.conversation, a.seq) <
         std::tie(urgency_b, b.accepted, b.conversation, b.seq);
}

} // namespace

bool wants_key(refusal why) {
  return why == refusal::needs || why == refusal::seal_not_openable ||
         why == refusal::key_commitment_mismatch;
}

refusal messages::load() {
  forget();
  return core_.rows.scan(table::messages, {}, [&](bytes_view key, bytes_view value) {
    e2ee::reader in{key};
    auto where = in.id<conversation_id>();
    auto seq = in.u64();
    auto row = rows::decode<rows::message>(value);
    if (!in.ok() || !row)
      return refusal::value_not_openable;
    auto s = decoded(row->slip, core_.me->clinic);
    auto shown = describe(where, seq, *row, s);
    if (shown.message && shown.unreadable == refusal::none)
      by_id_.try_emplace(shown.message, place{where, seq});
    if (shown.message && wants_key(shown.unreadable))
      needy_.try_emplace(shown.message, place{where, seq});
    all_[{where, seq}] = {std::move(shown), s ? s->h : hash32{}};
    return refusal::none;
  });
}

void messages::forget() {
  all_.clear();
  needy_.clear();
  by_id_.clear();
}

lacking messages::lacks(const wire::device::slip& slip) const {
  lacking out;
  auto s = decoded(slip.object, core_.me->clinic);
  if (!s)
    return out;
  const auto& trust = core_.inner->trust;
  if (trust.certificate(s->header.author_certificate) == nullptr) {
    out.objects.push_back(s->header.author_certificate);
    out.parties = true;
  }
  for (std::size_t i = 0; i < s->header.parties.size(); ++i) {
    const auto* chain = core_.inner->keys.chain(s->header.parties[i]);
    if (chain == nullptr || s->seals[i].epoch > chain->head())
      out.parties = true;
  }
  return out;
}

refusal messages::check(const e2ee::slip& s, std::uint64_t leaf) const {
  const auto& trust = core_.inner->trust;
  const auto* held = trust.certificate(s.header.author_certificate);
  if (held == nullptr)
    return refusal::needs;
  const auto& author = held->what;
  if (author.device != s.header.author_device)
    return refusal::bad_signature;
  e2ee::slip_author by{author.signing_key, author.user, trust.device_revoked_before(author.device, leaf)};
  if (auto why = e2ee::check_received(s, by, core_.inner->own_parties()); why != refusal::none)
    return why;
  auto before = by_id_.find(s.header.message);
  if (before != by_id_.end() && all_.at(before->second).h != s.h)
    return refusal::message_id_reused;
  return refusal::none;
}

expected<secret32> messages::open_key(const e2ee::slip& s) const {
  refusal why = refusal::needs; // no own party's epoch is held: behind, or before this device was taken in
  for (const auto& party : core_.inner->own_parties()) {
    auto at = s.position(party);
    if (!at)
      continue;
    auto inbox = core_.inner->keys.inbox(party, s.seals[*at].epoch);
    if (!inbox)
      continue;
    auto key = e2ee::open_seal(s, party, *inbox);
    if (key)
      return key;
    why = key.why();
  }
  return why;
}

judged_slip messages::judge(const wire::device::slip& slip, const e2ee::conversation_head& head,
                            const secret32* given) const {
  judged_slip out;
  out.seq = slip.seq;
  out.acknowledgement = acknowledgement_of(slip);
  out.recall = recall_of(slip);
  out.row.leaf = slip.leaf;
  out.row.accepted = slip.time;
  out.row.slip = slip.object;
  auto s = e2ee::slip::decode(slip.object, core_.me->clinic);
  auto why = s.why();
  bool elsewhere = s && s->header.conversation != slip.conversation;
  // Everybody is shown the conversation's parties: a slip of this link to others would be a lie to its
  // readers.
  bool others = s && s->header.conversation_link == head.n && s->header.parties != parties_of(head);
  if (elsewhere || others)
    why = refusal::recipients_mismatch;
  if (why == refusal::none)
    why = check(*s, slip.leaf);
  if (why == refusal::none) {
    auto key = given == nullptr ? open_key(*s) : expected<secret32>{given->copy()};
    why = key.why();
    if (key)
      out.row.key = std::move(*key);
  }
  out.row.unreadable = why;
  auto held = s ? std::optional{std::move(*s)} : std::nullopt;
  if (held)
    out.h = held->h;
  out.shown = describe(slip.conversation, slip.seq, out.row, held);
  return out;
}

message_row messages::describe(const conversation_id& where, std::uint64_t seq, const rows::message& row,
                               const std::optional<e2ee::slip>& s) const {
  message_row out;
  out.conversation = where;
  out.seq = seq;
  out.accepted = row.accepted;
  out.leaf = row.leaf;
  out.opened = row.opened;
  out.acknowledged_by = row.acknowledged_by;
  out.acknowledged = row.acknowledged;
  out.recalled = row.recalled;
  out.unreadable = row.unreadable;
  if (!s)
    return out;
  const auto& header = s->header;
  auto envelope = e2ee::read_envelope(header.envelope);
  out.message = header.message;
  out.level = envelope.level;
  out.needs_ack = envelope.needs_ack;
  out.written = header.time;
  // An author only if the signature is good: what cannot be read may have been refused before it was looked
  // at.
  const auto* author = core_.inner->trust.certificate(header.author_certificate);
  bool genuine = author != nullptr && author->what.device == header.author_device &&
                 (row.unreadable == refusal::none ||
                  e2ee::check_slip_signature(*s, author->what.signing_key) == refusal::none);
  if (genuine) {
    out.author = header.author_user;
    out.author_device = header.author_device;
    out.author_name = author->what.display_name;
    out.mine = header.author_device == core_.inner->certificate.device;
  }
  return out;
}

expected<judged_slip> messages::judge_kept(const conversation_id& where, std::uint64_t seq,
                                           const e2ee::conversation_head& head, const secret32* given) const {
  auto kept = row(where, seq);
  if (!kept)
    return kept.why();
  auto out = judge({where, seq, kept->leaf, kept->slip, {}, kept->accepted}, head, given);
  out.row.opened = out.shown.opened = kept->opened;
  out.row.acknowledged_by = out.shown.acknowledged_by = kept->acknowledged_by;
  out.row.acknowledged = out.shown.acknowledged = kept->acknowledged;
  out.row.recalled = out.shown.recalled = kept->recalled;
  return out;
}

std::vector<std::pair<conversation_id, std::uint64_t>> messages::in_need() const {
  std::vector<place> out;
  for (const auto& [at, m] : all_)
    if (m.shown.unreadable == refusal::needs)
      out.push_back(at);
  return out;
}

std::vector<std::pair<conversation_id, std::uint64_t>> messages::unopenable() const {
  std::vector<place> out;
  for (const auto& [at, m] : all_)
    if (m.shown.unreadable != refusal::needs && wants_key(m.shown.unreadable))
      out.push_back(at);
  return out;
}

void messages::put(store_changes& changes, const conversation_id& where, const judged_slip& slip) const {
  core_.rows.put(changes, table::messages, rows::key_of_message(where, slip.seq), rows::encode(slip.row));
}

void messages::remember(const judged_slip& slip) {
  place at{slip.shown.conversation, slip.seq};
  // What cannot be read names nothing: a forged slip must not take the true one's id.
  if (slip.shown.message && slip.row.unreadable == refusal::none)
    by_id_.try_emplace(slip.shown.message, at);
  if (slip.shown.message && wants_key(slip.row.unreadable))
    needy_.try_emplace(slip.shown.message, at);
  all_[at] = {slip.shown, slip.h};
}

expected<rows::message> messages::row(const conversation_id& where, std::uint64_t seq) const {
  auto raw = core_.rows.get(table::messages, rows::key_of_message(where, seq));
  if (!raw)
    return raw.why();
  auto out = rows::decode<rows::message>(raw->value);
  if (!out)
    return refusal::value_not_openable;
  return std::move(*out);
}

expected<rows::message> messages::row_of(const message_id& message) const {
  if (auto found = by_id_.find(message); found != by_id_.end())
    return row(found->second.first, found->second.second);
  auto found = needy_.find(message);
  return found == needy_.end() ? refusal::not_found : row(found->second.first, found->second.second);
}

refusal messages::change(const place& at, const std::function<void(rows::message&)>& how,
                         store_changes with) {
  auto kept = row(at.first, at.second);
  if (!kept)
    return kept.why();
  how(*kept);
  core_.rows.put(with, table::messages, rows::key_of_message(at.first, at.second), rows::encode(*kept));
  if (auto why = core_.commit(std::move(with)); why != refusal::none)
    return why;
  auto& shown = all_.at(at).shown;
  shown.opened = kept->opened;
  shown.acknowledged_by = kept->acknowledged_by;
  shown.acknowledged = kept->acknowledged;
  shown.recalled = kept->recalled;
  return refusal::none;
}

refusal messages::note_opened(const conversation_id& where, const std::vector<std::uint64_t>& seqs,
                              std::uint64_t leaf) {
  for (auto seq : seqs)
    if (auto why = change({where, seq}, [&](rows::message& row) { row.opened = leaf; }); why != refusal::none)
      return why;
  return refusal::none;
}

const message_row* messages::find(const message_id& message) const {
  auto found = by_id_.find(message);
  return found == by_id_.end() ? nullptr : &all_.at(found->second).shown;
}

const message_row* messages::find(const conversation_id& where, std::uint64_t seq) const {
  auto found = all_.find({where, seq});
  return found == all_.end() ? nullptr : &found->second.shown;
}

hash32 messages::h_of(const message_id& message) const {
  auto found = by_id_.find(message);
  return found == by_id_.end() ? hash32{} : all_.at(found->second).h;
}

std::vector<message_row> messages::all_in(const conversation_id& where) const {
  std::vector<message_row> out;
  for (auto at = all_.lower_bound({where, 0}); at != all_.end() && at->first.first == where; ++at)
    out.push_back(at->second.shown);
  return out;
}

std::vector<message_row> messages::inbox() const {
  std::vector<message_row> out;
  for (const auto& [at, m] : all_)
    if (!m.shown.mine)
      out.push_back(m.shown);
  std::sort(out.begin(), out.end(), comes_before);
  return out;
}

std::vector<message_row> messages::sent() const {
  std::vector<message_row> out;
  for (const auto& [at, m] : all_)
    if (core_.who && m.shown.author == core_.who->user)
      out.push_back(m.shown);
  std::sort(out.begin(), out.end(), [](const message_row& a, const message_row& b) {
    return std::tie(b.accepted, b.conversation, b.seq) < std::tie(a.accepted, a.conversation, a.seq);
  });
  return out;
}

std::optional<std::uint64_t> messages::oldest_waiting(const conversation_id& where) const {
  for (auto at = all_.lower_bound({where, 0}); at != all_.end() && at->first.first == where; ++at)
    if (!at->second.shown.acknowledged_by && at->second.shown.recalled == 0)
      return at->first.second;
  return std::nullopt;
}

} // namespace wardline::client
