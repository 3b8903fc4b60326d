#include "wipe.hpp"
#include "e2ee/bytes.hpp"
#include "timeouts.hpp"
#include <algorithm>

namespace wardline {

namespace {

using phase = ports::key_turn::phase;
using rows::wipe_kind;

constexpr std::size_t order_key_bytes = rows::order_prefix.size() + 16;
static_assert(wipe_orders_max * order_key_bytes <= ports::turn_ticket_bytes_max);

/// Rows of one message of a conversation: place, waiting, slip, body, item.
constexpr std::size_t rows_of_message = 5;

std::vector<bytes> orders_in(bytes_view ticket) {
  std::vector<bytes> out;
  for (; ticket.size() >= order_key_bytes; ticket = ticket.subspan(order_key_bytes))
    out.push_back(to_bytes(ticket.first(order_key_bytes)));
  return out;
}

/// u64 turn | u32 segments | u32 rows of the turn | u64 survivors re-sealed | u64 survivors that could not be
/// opened before (both as far as this process did it) | u8 claim.
bytes detail_of(const ports::key_turn& t, std::uint8_t claim) {
  e2ee::writer out;
  out.u64(t.number).u32(t.segments).u32(t.rows).u64(t.resealed_rows).u64(t.skipped_rows).u8(claim);
  return out.take();
}

} // namespace

void wipe_state::on(const tick& m) {
  now = m.now;
  if (busy)
    return;
  if (resumed)
    look_for_orders();
  else
    step(); // whatever turn there is, also one that is over: its orders may lack their leaves
}

void wipe_state::look_for_orders() {
  auto found = gather();
  if (found.ticket.empty())
    return;
  busy = true;
  self->request(parts.store, store_timeout, begin_turn{std::move(found.rows), std::move(found.ticket)})
      .then([this](const turn_state& s) { took(s); }, [this](const caf::error& e) { put_off(e); });
}

/// Posts that came meanwhile stand in the store's mailbox before the next step.
void wipe_state::step() {
  busy = true;
  self->request(parts.store, store_timeout, step_turn{})
      .then([this](const turn_state& s) { took(s); }, [this](const caf::error& e) { put_off(e); });
}

void wipe_state::took(const turn_state& s) {
  busy = false;
  resumed = true;
  told_pending = false;
  if (s.turn.at == phase::resealing || s.turn.at == phase::resealed)
    step();
  else if (s.turn.at == phase::over)
    settle(s.turn, orders_in(s.turn.ticket));
}

/// A full disk or an overloaded store: pending is a state, the next tick tries again. So is a store that said
/// nothing: what it did is in its own row.
void wipe_state::put_off(const caf::error& e) {
  busy = false;
  resumed = false;
  if (!std::exchange(told_pending, true))
    parts.journal->write(ports::severity::error, "destruction_pending",
                         {{"why", ports::word::of_table(name_of(refusal_of(e)))}});
}

/// As many orders as one turn takes; at least one, if there are any.
wipe_state::gathered wipe_state::gather() const {
  gathered out;
  std::set<ports::row_place> all;
  auto prefix = view(rows::order_prefix);
  bytes after;
  for (std::size_t orders = 0; orders < wipe_orders_max;) {
    auto page = parts.rows->scan(ports::table::meta, prefix, after, ports::scan_rows_max);
    for (const auto& row : page) {
      auto order = read_row<rows::wipe_order>(*parts.rows, ports::table::meta, row.key);
      if (!order || row.key.size() != order_key_bytes)
        continue; // poison: it stays, and the release stays denied
      auto more = rows_of(order->row, ports::turn_rows_max);
      if (more.empty())
        continue; // all that is left of a conversation are places that cannot be read: pending, never claimed
      if (orders == wipe_orders_max || all.size() + more.size() > ports::turn_rows_max)
        break;
      all.merge(more);
      out.ticket.insert(out.ticket.end(), row.key.begin(), row.key.end());
      ++orders;
    }
    if (page.size() < ports::scan_rows_max)
      break;
    after = page.back().key;
  }
  out.rows = {all.begin(), all.end()};
  return out;
}

/// What has to go, at most so many. The keys of a message's files stand in its body's row.
std::set<ports::row_place> wipe_state::rows_of(const rows::wipe_order& o, std::size_t rows_max) const {
  std::set<ports::row_place> out;
  if (o.what == wipe_kind::message)
    out.insert({ports::table::log, ports::row_key(o.body_row)});
  if (o.what == wipe_kind::device) {
    // The rows are gone since the revocation. Any key that begins like theirs names their segments; this one
    // is nobody's.
    auto nobodys = to_bytes(bytes_view{o.id});
    nobodys.insert(nobodys.end(), 8, 0xff);
    out.insert({ports::table::device, nobodys});
    out.insert({ports::table::session, nobodys});
  }
  if (o.what != wipe_kind::conversation)
    return out;
  bytes after;
  while (out.size() + rows_of_message <= rows_max) {
    auto page = parts.rows->scan(ports::table::index, o.id, after, 64);
    for (const auto& row : page) {
      if (out.size() + rows_of_message > rows_max)
        return out;
      auto stamped = split_stamp(row.value);
      auto place = stamped ? rows::decode<rows::place>(stamped->value) : std::nullopt;
      if (!place)
        continue; // poison: nobody can say where its slip and body are
      out.insert({ports::table::index, row.key});
      out.insert({ports::table::waiting, row.key}); // there or not
      out.insert({ports::table::log, ports::row_key(stamped->at.log)});
      out.insert({ports::table::log, ports::row_key(stamped->at.log + 1)});
      out.insert({ports::table::item, to_bytes(place->message.view())});
    }
    if (page.empty())
      break;
    after = page.back().key;
  }
  if (after.empty()) // nothing was ever written in it: its segment turns all the same, and the order ends
    out.insert({ports::table::index, to_bytes(bytes_view{o.id})});
  return out;
}

/// Leaf and end of each order, a writeful at a time. A crash in between: the turn's ticket still names them.
void wipe_state::settle(const ports::key_turn& turn, std::vector<bytes> orders) {
  write out;
  while (!orders.empty() && out.acts.size() < write_acts_max) {
    if (auto a = settled(turn, orders.back()))
      out.acts.push_back(std::move(*a));
    orders.pop_back();
  }
  if (out.acts.empty())
    return look_for_orders(); // what came meanwhile, or what did not fit
  busy = true;
  auto n = out.acts.size();
  self->request(parts.store, store_timeout, std::move(out))
      .then(
          [this, turn, n, orders = std::move(orders)](const committed&) mutable {
            busy = false;
            parts.journal->write(ports::severity::notice, "destroyed",
                                 {{"orders", n}, {"segments", turn.segments}, {"turn", turn.number}});
            self->send(parts.attachments, sweep_files{});
            settle(turn, std::move(orders));
          },
          [this](const caf::error& e) { put_off(e); });
}

/// Nothing: it was settled before, or a conversation has more than one turn takes.
std::optional<act> wipe_state::settled(const ports::key_turn& turn, const bytes& order) const {
  auto row = read_row<rows::wipe_order>(*parts.rows, ports::table::meta, order);
  if (!row)
    return std::nullopt;
  const auto& o = row->row;
  if (o.what == wipe_kind::conversation && parts.rows->last(ports::table::index, o.id))
    return std::nullopt;
  act a;
  a.entry.kind = rules::audit_kind::destroyed;
  a.entry.time = now;
  a.entry.object = o.id;
  a.entry.conversation = o.what == wipe_kind::conversation ? conversation_id{o.id} : o.conversation;
  if (o.what == wipe_kind::device)
    a.entry.device = device_id{o.id};
  a.entry.detail = detail_of(turn, parts.claim);
  a.only_if.push_back(unchanged(ports::table::meta, order, row->stored));
  a.changes.push_back({ports::del(ports::table::meta, order), false});
  return a;
}

wipe_actor::behavior_type run_wipe(wipe_actor::stateful_pointer<wipe_state> self, wipe_parts parts) {
  auto& st = self->state; // the one place that names self->state: becomes state() in CAF 1.0
  st.self = self;
  st.parts = std::move(parts);
  return {[&st](const tick& m) { st.on(m); }};
}

} // namespace wardline
