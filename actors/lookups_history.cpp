// History packs and key lists: who wants them, and what is kept for whom (e2ee 5.7, 6.4, 6.9).
#include "e2ee/keylist.hpp"
#include "e2ee/standing.hpp"
#include "house_standing.hpp"
#include "lookups.hpp"
#include "roster_rows.hpp"
#include "rules/pending_turns.hpp"
#include "stored.hpp"
#include "submission.hpp"
#include <algorithm>

namespace wardline {

namespace {

bool is_in(const circumstances& c, const party_id& p, const conversation_id& id) {
  return c.rows.read(ports::table::conversation, rows::key_of_membership(p, id)).status !=
         ports::read_status::absent;
}

bool given(const circumstances& c, const conversation_id& id, const device_id& d) {
  return c.rows.read(ports::table::conversation, rows::key_of_keys_given(id, d)).status !=
         ports::read_status::absent;
}

/// Replacements that are in force: the device, its parties, and from when it may read.
struct replaced_device {
  device_id device;
  time_ms history_from = 0;
  std::vector<party_id> parties;
};
std::vector<replaced_device> replaced_devices(const circumstances& c, const rules::clinic& board) {
  std::vector<replaced_device> out;
  house_standing standing{c.known, c.now};
  for (const auto& [d, record] : board.devices) {
    const auto* from = c.known.invitation_of(d);
    if (from == nullptr || from->purpose != e2ee::invitation_purpose::replacement || record.gated)
      continue;
    if (auto replaced = standing.replaced(d))
      out.push_back({d, replaced->history_from, record.parties});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.device < b.device; });
  return out;
}

/// Conversations of the parties that the giver is a member of and the replaced device does not belong to: who
/// belongs to the same party has lost its seeds as well, or gives a pack.
std::set<conversation_id> common_conversations(const circumstances& c, const rules::clinic& board,
                                               const device_id& giver, const replaced_device& r,
                                               std::size_t& looked_at) {
  std::set<conversation_id> out;
  for (const auto& mine : board.device(giver)->parties) {
    bool theirs = std::binary_search(r.parties.begin(), r.parties.end(), mine);
    bytes after;
    while (!theirs && rules::may_turn(board, giver, mine) && looked_at < conversations_looked_at_max) {
      auto page = c.rows.scan(ports::table::conversation, mine.view(), after, ports::scan_rows_max);
      looked_at += page.size();
      for (const auto& row : page)
        if (row.key.size() == 2 * party_id::size)
          out.insert(*conversation_id::from(bytes_view{row.key}.subspan(party_id::size)));
      if (page.size() < ports::scan_rows_max)
        break;
      after = page.back().key;
    }
  }
  return out;
}

/// Reports that the giver may answer: of conversations that a party is in which it is a member of.
void reports_to_answer(const circumstances& c, const rules::clinic& board, const device_id& giver,
                       std::vector<wire::device::keys_wanted>& out) {
  auto reads = [&](const conversation_id& id) {
    const auto& mine = board.device(giver)->parties;
    return std::any_of(mine.begin(), mine.end(), [&](const party_id& p) {
      return rules::may_turn(board, giver, p) && is_in(c, p, id);
    });
  };
  std::map<conversation_id, bool> known;
  std::size_t looked_at = 0;
  bytes after;
  while (looked_at < reports_looked_at_max && out.size() < wire::pending_rows_max) {
    auto page = c.rows.scan(ports::table::meta, view(rows::report_prefix), after, ports::scan_rows_max);
    looked_at += page.size();
    for (const auto& row : page) {
      auto key = rows::report_of_key(row.key);
      auto parts = split_stamp(row.value);
      auto report = parts ? rows::decode<rows::report>(parts->value) : std::nullopt;
      const auto* reporter = key ? board.device(key->device) : nullptr;
      if (!report || reporter == nullptr || reporter->gated || key->device == giver ||
          out.size() >= wire::pending_rows_max)
        continue;
      auto [at, fresh] = known.try_emplace(key->conversation, false);
      if (fresh)
        at->second = reads(key->conversation);
      if (at->second)
        out.push_back({key->conversation, key->device, 0, std::move(report->act)});
    }
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

} // namespace

outcome get_packs(const circumstances& c, const caller& who, const wire::device::get_packs& m) {
  if (!std::binary_search(who.parties.begin(), who.parties.end(), m.party))
    return refused(refusal::not_found);
  wire::device::packs out;
  auto prefix = rows::prefix_of_packs(m.party, who.device);
  for (const auto& row : c.rows.scan(ports::table::party, prefix, {}, packs_kept_max)) {
    auto hash = fixed<std::tuple_size_v<hash32>>(bytes_view{row.key}.subspan(prefix.size()));
    auto pack = hash ? read_object(c.rows, *hash) : std::nullopt;
    if (pack)
      out.objects.push_back(std::move(pack->raw));
  }
  return {std::move(out)};
}

std::vector<wire::device::own_seal> own_seals(const circumstances& c, const caller& who, const party_id& p,
                                              std::uint32_t first, std::uint32_t last) {
  std::vector<wire::device::own_seal> out;
  if (!std::binary_search(who.parties.begin(), who.parties.end(), p))
    return out;
  for (const auto& row :
       c.rows.scan(ports::table::seed_seal, rows::prefix_of_seals(p, who.device), {}, rows::seals_kept_max)) {
    auto n = rows::link_of_seal_key(row.key);
    auto parts = split_stamp(row.value);
    auto kept = parts ? rows::decode<rows::kept_seal>(parts->value) : std::nullopt;
    if (n && kept && *n >= first && *n <= last)
      out.push_back({*n, kept->seal});
  }
  return out;
}

namespace {

/// Answers to reports, a page from the `from`th on.
outcome get_answers(const circumstances& c, const caller& who, const conversation_id& id, std::size_t from) {
  wire::device::key_lists out;
  std::size_t number = 0;
  for (const auto& row : c.rows.scan(ports::table::conversation, rows::prefix_of_answers(id, who.device), {},
                                     answers_kept_max)) {
    if (number++ < from)
      continue;
    out.more = out.objects.size() == wire::packs_per_message_max;
    if (out.more)
      break;
    auto parts = split_stamp(row.value);
    auto kept = parts ? rows::decode<rows::kept_answer>(parts->value) : std::nullopt;
    auto list = kept ? read_object(c.rows, kept->object) : std::nullopt;
    if (list)
      out.objects.push_back(std::move(list->raw));
  }
  return {std::move(out)};
}

} // namespace

outcome get_key_lists(const circumstances& c, const caller& who, const wire::device::get_key_lists& m) {
  static_assert(key_list_givers_max <= wire::packs_per_message_max);
  if (m.from_part >= e2ee::answers_from_part)
    return get_answers(c, who, m.conversation, m.from_part - e2ee::answers_from_part);
  wire::device::key_lists out;
  auto first = static_cast<std::uint16_t>(std::min<std::uint32_t>(m.from_part, key_list_parts_max));
  std::vector<std::pair<bytes, bytes>> page; // part, object
  for (const auto& row :
       c.rows.scan(ports::table::conversation, rows::prefix_of_keys(m.conversation, who.device), {},
                   ports::scan_rows_max)) {
    auto number = rows::part_of_key(row.key);
    auto parts = split_stamp(row.value);
    auto kept = parts ? rows::decode<rows::kept_keys>(parts->value) : std::nullopt;
    auto list = kept && number && *number >= first ? read_object(c.rows, kept->object) : std::nullopt;
    if (list)
      page.emplace_back(bytes{static_cast<std::uint8_t>(*number >> 8), static_cast<std::uint8_t>(*number)},
                        std::move(list->raw));
    if (page.size() > wire::packs_per_message_max)
      break;
  }
  // A part that several members gave stays together: the next question names the part behind it.
  if (page.size() > wire::packs_per_message_max) {
    out.more = true;
    auto cut = page.back().first;
    while (!page.empty() && page.back().first == cut)
      page.pop_back();
  }
  for (auto& [number, object] : page)
    out.objects.push_back(std::move(object));
  return {std::move(out)};
}

std::vector<wire::device::keys_wanted> keys_wanted(const circumstances& c, const rules::clinic& board,
                                                   const device_id& who) {
  std::vector<wire::device::keys_wanted> out;
  std::size_t looked_at = 0;
  if (board.device(who) == nullptr)
    return out;
  for (const auto& r : replaced_devices(c, board)) {
    if (r.device == who)
      continue;
    for (const auto& id : common_conversations(c, board, who, r, looked_at)) {
      bool theirs =
          std::any_of(r.parties.begin(), r.parties.end(), [&](const party_id& p) { return is_in(c, p, id); });
      if (theirs && !given(c, id, r.device))
        out.push_back({id, r.device, r.history_from});
      if (out.size() >= wire::pending_rows_max)
        return out;
    }
  }
  reports_to_answer(c, board, who, out);
  return out;
}

} // namespace wardline
