// What somebody has whose device was turned out goes back to everybody: urgent messages ring at once, the
// others wait in their lanes. Whether she can still see them nobody knows; on another device of hers she
// takes them again.
#include "escalation.hpp"
#include "timeouts.hpp"

namespace wardline {

/// One order at a time, so many rows of what waits in each tick. A pass that gave nothing back and left
/// nothing undecided ends the order; else there is another pass. After a crash the next process begins a new
/// one.
void escalation_state::look_for_reroutes() {
  if (!rerouting) {
    auto page = parts.rows->scan(ports::table::meta, view(rows::reroute_prefix), {}, 1);
    if (page.empty())
      return;
    auto order = read_row<rows::reroute_order>(*parts.rows, ports::table::meta, page.front().key);
    if (!order) {
      if (!std::exchange(told_reroute, true))
        parts.journal->write(ports::severity::critical, "reroute_not_openable", {});
      return;
    }
    rerouting = reroute_pass{page.front().key, std::move(*order), {}, true};
  }
  if (rerouting->ending)
    return;
  auto& pass = *rerouting;
  for (std::size_t looked_at = 0; looked_at < reroute_rows_max; looked_at += ports::scan_rows_max) {
    auto page = parts.rows->scan(ports::table::waiting, {}, pass.after, ports::scan_rows_max);
    for (const auto& row : page)
      if (auto message = rows::message_of_waiting(row.value))
        give_back(*message, pass);
    if (page.size() == ports::scan_rows_max) {
      pass.after = page.back().key;
      continue;
    }
    if (pass.clean)
      return end_reroute();
    return rerouting.reset();
  }
}

/// What she took behind the order she took with a device that counts.
void escalation_state::give_back(const message_id& message, reroute_pass& pass) {
  auto item = read_item(*parts.rows, message);
  if (!item)
    return; // it is said when it is due; nobody can say whose it is
  const auto& owner = pass.order.row.user;
  bool hers = item->row.state.at == rules::phase::owned && item->row.state.owner == owner;
  if (!hers || item->at.leaf >= pass.order.at.leaf)
    return;
  pass.clean = false;
  if (on_way.contains(message) || on_way.size() >= steps_on_way_max)
    return;
  auto done = rules::after(item->row.state, rules::given_back{owner}, now);
  act a;
  a.entry.kind = rules::audit_kind::rerouted;
  a.entry.time = now;
  a.entry.user = owner;
  a.entry.device = pass.order.row.device;
  a.entry.conversation = item->row.conversation;
  a.entry.object = message.value;
  on_way[message] = 0;
  commit(message, *item, std::move(done.next), std::move(a));
}

void escalation_state::end_reroute() {
  rerouting->ending = true;
  const auto& order = rerouting->order;
  act a;
  a.entry.kind = rules::audit_kind::rerouting_ended;
  a.entry.time = now;
  a.entry.user = order.row.user;
  a.entry.device = order.row.device;
  a.only_if.push_back(unchanged(ports::table::meta, rerouting->key, order.stored));
  a.changes.push_back({ports::del(ports::table::meta, rerouting->key), false});
  auto over = [this] { rerouting.reset(); };
  self->request(parts.store, store_timeout, write{{std::move(a)}})
      .then([over](const committed&) { over(); },
            [over](const caf::error&) { over(); }); // the order stays, and the next tick takes it up
}

} // namespace wardline
