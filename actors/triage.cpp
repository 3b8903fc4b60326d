#include "triage.hpp"
#include "e2ee/bytes.hpp"
#include "message_rows.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline {

namespace {

namespace ask = wire::device;

bytes cursor_of(const rules::inbox_place& p) {
  e2ee::writer out;
  out.value(p.lane).value(p.has).u8(p.off_duty ? 1 : 0).u64(p.time).put(p.message);
  return out.take();
}

std::optional<rules::inbox_place> place_of(bytes_view cursor) {
  e2ee::reader in{cursor};
  rules::inbox_place out;
  out.lane = in.one_of(rules::lane::now, rules::lane::info);
  out.has = in.one_of(rules::holder::nobody, rules::holder::other);
  out.off_duty = in.bits(1) != 0;
  out.time = in.u64();
  out.message = in.id<message_id>();
  in.finish();
  return in.ok() ? std::optional{out} : std::nullopt;
}

/// Of a row of table waiting: is its conversation to be destroyed, or is it already?
bool is_gone(const ports::reader& from, bytes_view waiting_key) {
  auto conversation =
      conversation_id::from(waiting_key.first(std::min(waiting_key.size(), conversation_id::size)));
  return conversation && is_destroyed(from, *conversation);
}

rules::holder holder_of(const rules::item_state& s, const user_id& viewer) {
  return !s.owner ? rules::holder::nobody : s.owner == viewer ? rules::holder::viewer : rules::holder::other;
}

ask::inbox_item shown(const rules::inbox_place& place, const party_id& by, const rows::item& item) {
  const auto& s = item.state;
  ask::inbox_item out;
  out.message = place.message;
  out.conversation = item.conversation;
  out.seq = item.seq;
  out.level = static_cast<std::uint8_t>(place.lane);
  out.scored = item.level != 0;
  out.needs_ack = item.needs_ack;
  out.type = item.type;
  out.author = item.author;
  out.time = item.time;
  out.owner = s.owner;
  out.since = s.since;
  out.version = s.version;
  out.party = by;
  out.off_duty = place.off_duty;
  out.steps = s.next_step + s.rounds;
  out.due = s.clock ? s.clock->at : 0;
  return out;
}

} // namespace

void triage_state::load() {
  bytes after;
  for (;;) {
    auto page = parts.rows->scan(ports::table::waiting, {}, after, ports::scan_rows_max);
    for (const auto& row : page)
      if (is_gone(*parts.rows, row.key))
        continue; // until its key turn is over, the row is still there
      else if (auto message = row.openable ? rows::message_of_waiting(row.value) : std::nullopt)
        on(item_changed{*message});
      else
        parts.journal->write(ports::severity::error, "waiting_not_openable", {});
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

void triage_state::on(const item_changed& m) {
  auto row = read_item(*parts.rows, m.message);
  if (!row) {
    parts.journal->write(ports::severity::critical, "item_not_openable", {{"message", m.message}});
    items.erase(m.message);
  } else if (row->row.state.at == rules::phase::answered) {
    items.erase(m.message);
  } else {
    hold(m.message, std::move(row->row));
  }
}

void triage_state::on(const conversation_gone& m) {
  std::erase_if(items, [&](const auto& held) { return held.second.conversation == m.conversation; });
}

/// Level 1 and 2 always have room.
void triage_state::hold(const message_id& message, rows::item item) {
  if (items.size() >= parts.held_max && !items.contains(message) && !item.state.timed) {
    if (left_out++ == 0)
      parts.journal->write(ports::severity::error, "inbox_too_long", {{"items", items.size()}});
    return;
  }
  item.state.steps = {};
  item.act.clear();
  items[message] = std::move(item);
}

std::optional<triage_state::sight> triage_state::look(const message_id& message, const rows::item& item,
                                                      const ask_inbox& m, const rules::clinic& known,
                                                      const rules::duty_plan& plan) const {
  const auto& who = *m.who;
  auto by = std::find_if(item.parties.begin(), item.parties.end(), [&](const party_id& p) {
    return std::binary_search(who.parties.begin(), who.parties.end(), p);
  });
  if (by == item.parties.end() || item.author == who.user)
    return std::nullopt;
  sight out;
  out.by = *by;
  out.by_role = std::binary_search(item.parties.begin(), item.parties.end(), m.what.role) &&
                std::binary_search(who.parties.begin(), who.parties.end(), m.what.role);
  out.place = {item.state.level, holder_of(item.state, who.user),
               rules::is_off_duty(plan, known, item.parties, who.parties, who.user, m.now), item.time,
               message};
  return out;
}

/// Looks at everything that is held: a clinic's waiting messages are some hundreds.
outcome triage_state::on(const ask_inbox& m) const {
  std::optional<rules::inbox_place> after;
  if (!m.what.cursor.empty() && !(after = place_of(m.what.cursor)))
    return refused(refusal::malformed_request);
  auto known = parts.board->now();
  auto plan = parts.duty->now();
  auto view = static_cast<rules::inbox_view>(m.what.view);
  ask::inbox out;
  std::vector<std::pair<rules::inbox_place, party_id>> seen;
  for (const auto& [message, item] : items) {
    auto s = look(message, item, m, *known, *plan);
    if (!s || !rules::shows(view, s->place.has, s->by_role))
      continue;
    out.waiting += s->place.has == rules::holder::nobody ? 1 : 0;
    if (!after || *after < s->place)
      seen.emplace_back(s->place, s->by);
  }
  std::sort(seen.begin(), seen.end());
  auto count = std::clamp<std::size_t>(m.what.items_max, 1, wire::inbox_items_max);
  for (std::size_t i = 0; i < std::min(count, seen.size()); ++i)
    out.items.push_back(shown(seen[i].first, seen[i].second, items.at(seen[i].first.message)));
  if (seen.size() > count)
    out.next = cursor_of(seen[count - 1].first);
  return {std::move(out)};
}

triage_actor::behavior_type triage(triage_actor::stateful_pointer<triage_state> self, triage_parts parts) {
  auto& st = self->state;
  st.self = self;
  st.parts = std::move(parts);
  st.load();
  return {
      [&st](const item_changed& m) { st.on(m); },
      [&st](const conversation_gone& m) { st.on(m); },
      [&st](const ask_inbox& m) { return st.on(m); },
  };
}

} // namespace wardline
