// What a device that was turned out could open, and what the log says it did: for the breach list and the
// certificate of a lost device. From rows and leaves alone, a page at a time.
#include "audit_rows.hpp"
#include "lookups.hpp"
#include "roster_rows.hpp"
#include "stored.hpp"
#include <set>

namespace wardline {

namespace {

namespace ask = wire::device;
static_assert(entries_looked_at_max <= ports::scan_rows_max);

std::uint64_t last_seq(const circumstances& c, const conversation_id& id) {
  auto last = c.rows.last(ports::table::index, id.view());
  if (!last || last->key.size() != conversation_id::size + 8)
    return 0;
  return ports::row_number(bytes_view{last->key}.subspan(conversation_id::size)).value_or(0);
}

/// Conversations of one party behind `after`; false: the page is full.
bool add_conversations(const circumstances& c, const party_id& party, bytes after, ask::exposure& out) {
  for (;;) {
    auto page = c.rows.scan(ports::table::conversation, party.view(), after, ports::scan_rows_max);
    for (const auto& row : page) {
      auto id = row.key.size() == party_id::size + conversation_id::size
                    ? conversation_id::from(bytes_view{row.key}.subspan(party_id::size))
                    : std::nullopt;
      if (!id || !*id)
        continue;
      if (out.conversations.size() == wire::exposed_conversations_max)
        return false;
      out.conversations.push_back({party, *id, last_seq(c, *id)});
    }
    if (page.size() < ports::scan_rows_max)
      return true;
    after = page.back().key;
  }
}

/// Whatever its certificate or a grant names: behind its gate it belongs nowhere any more.
std::set<party_id> parties_of(const circumstances& c, const device_id& d) {
  std::set<party_id> out;
  const auto* held = c.known.trust().newest(d);
  if (held == nullptr)
    return out;
  const auto& x = held->what;
  out.insert(x.parties.begin(), x.parties.end());
  for (const auto& [key, word] : c.known.words()) {
    bool hers =
        key.of_subject == e2ee::subject_kind::user && x.user && key.subject == e2ee::subject_of(x.user);
    bool its = key.of_subject == e2ee::subject_kind::device && key.subject == e2ee::subject_of(d);
    if ((hers || its) && word.granted)
      out.insert(key.party);
  }
  return out;
}

outcome could_open(const circumstances& c, const ask::get_exposure& m) {
  ask::exposure out;
  for (const auto& party : parties_of(c, m.device)) { // ascending
    if (m.after_party && party < m.after_party)
      continue;
    auto after = party == m.after_party ? rows::key_of_membership(party, m.after_conversation) : bytes{};
    if (!add_conversations(c, party, std::move(after), out)) {
      out.more = true;
      break;
    }
  }
  return {std::move(out)};
}

/// Every entry that the device is in: what it did, and what was done about it.
bool names(const rules::audit_entry& e, const device_id& d) {
  return e.device == d || e.object == d.value;
}

outcome entries_about(const circumstances& c, const ask::get_exposure& m) {
  ask::exposure out;
  out.next_leaf = m.from_leaf;
  auto after = m.from_leaf == 0 ? bytes{} : ports::row_key(m.from_leaf - 1);
  auto page = c.rows.scan(ports::table::entry, {}, after, entries_looked_at_max);
  for (const auto& row : page) {
    auto number = ports::row_number(row.key);
    if (!number)
      return refused(refusal::log_corrupt);
    auto entry = row.value.size() < rules::audit_salt_bytes
                     ? std::nullopt
                     : rules::decode_audit_entry(bytes_view{row.value}.subspan(rules::audit_salt_bytes));
    if (entry && names(*entry, m.device)) {
      if (out.leaves.size() == wire::exposed_leaves_max) {
        out.more = true;
        return {std::move(out)};
      }
      ask::logged found;
      found.leaf = *number;
      out.leaves.push_back(std::move(found));
    }
    out.next_leaf = *number + 1;
  }
  out.more = page.size() == entries_looked_at_max;
  return {std::move(out)};
}

} // namespace

outcome get_exposure(const circumstances& c, const rules::clinic& board, const caller& who,
                     const ask::get_exposure& m) {
  const auto* device = board.device(m.device);
  if (!c.known.is_registrar(who.device) || device == nullptr)
    return refused(refusal::not_found);
  if (!device->gated)
    return refused(refusal::device_in_use);
  return m.part == ask::exposure_part::could_open ? could_open(c, m) : entries_about(c, m);
}

} // namespace wardline
