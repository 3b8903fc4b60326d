#include "escalation.hpp"
#include "e2ee/bytes.hpp"
#include "timeouts.hpp"

namespace wardline {

namespace {

act act_about(rules::audit_kind kind, const message_id& message, const rows::item& item, time_ms now) {
  act out;
  out.entry.kind = kind;
  out.entry.time = now;
  out.entry.conversation = item.conversation;
  out.entry.object = message.value;
  return out;
}

/// u8 step | u32 devices reached.
bytes detail_of(std::uint8_t step, std::size_t reached) {
  e2ee::writer out;
  out.u8(step).u32(static_cast<std::uint32_t>(std::min<std::size_t>(reached, UINT32_MAX)));
  return out.take();
}

} // namespace

void escalation_state::on(const tick& m) {
  // Set back, the clock would let everything sleep until it has caught up: then every row is looked at. So it
  // is at the start, when nobody knows what the clock did meanwhile.
  bool set_back = ticked && m.now + rules::clock_back_ms_max < now + (m.steady - steady);
  look_everywhere = look_everywhere || set_back;
  if (set_back)
    parts.journal->write(ports::severity::warning, "clock_set_back", {});
  ticked = true;
  now = m.now;
  steady = m.steady;
  std::erase_if(on_way, [&](const auto& w) { return w.second != 0 && w.second <= steady; });
  look_for_reroutes();
  for (auto lane : {rules::lane::now, rules::lane::urgent, rules::lane::today})
    if (!look_at_lane(lane))
      return;
  look_everywhere = false;
}

/// False: as many steps as may be are on their way.
bool escalation_state::look_at_lane(rules::lane lane) {
  const std::uint8_t prefix[] = {static_cast<std::uint8_t>(lane)};
  bytes after;
  for (;;) {
    auto page = parts.rows->scan(ports::table::due, prefix, after, ports::scan_rows_max);
    for (const auto& row : page) {
      auto due = rows::due_of_key(row.key);
      if (!due) {
        parts.journal->write(ports::severity::critical, "due_row_not_openable", {});
        continue;
      }
      if (!look_everywhere && due->at > now)
        return true;
      if (on_way.size() >= steps_on_way_max)
        return false;
      run(due->message);
    }
    if (page.size() < ports::scan_rows_max)
      return true;
    after = page.back().key;
  }
}

/// Whatever the due row said: the item's own clock counts.
void escalation_state::run(const message_id& message) {
  if (on_way.contains(message))
    return;
  auto item = read_item(*parts.rows, message);
  if (!item) {
    parts.journal->write(ports::severity::critical, "item_not_openable", {{"message", message}});
    on_way[message] = steady + step_again_ms;
    return;
  }
  const auto& state = item->row.state;
  if (!state.clock || !rules::is_due(*state.clock, now))
    return;
  on_way[message] = 0;
  if (state.at == rules::phase::owned)
    lapse(message, *item);
  else
    wake(message, std::move(*item));
}

void escalation_state::wake(const message_id& message, stamped_row<rows::item> item) {
  const auto& state = item.row.state;
  wake_up m;
  m.message = message;
  m.level = state.level;
  m.author = item.row.author;
  m.now = now;
  if (state.next_step < state.steps.steps.size())
    m.own = state.steps.steps[state.next_step].targets;
  if (state.next_step > 0)
    m.before = rules::targets_of(state.steps, state.next_step - 1u);
  self->request(parts.directory, answer_timeout, std::move(m))
      .then([this, message, item = std::move(item)](const woken& w) { woke(message, item, w.devices); },
            [this, message](const caf::error&) { on_way.erase(message); });
}

void escalation_state::woke(const message_id& message, const stamped_row<rows::item>& item,
                            std::size_t reached) {
  const auto& before = item.row.state;
  auto done = rules::after(before, rules::woke{reached}, now);
  bool last = before.next_step + 1u >= before.steps.steps.size();
  if (reached == 0 && last)
    parts.journal->write(ports::severity::critical, "nobody_reached",
                         {{"message", message}, {"rounds", done.next.rounds}});
  auto a = act_about(rules::audit_kind::escalated, message, item.row, now);
  a.entry.detail = detail_of(before.next_step, reached);
  commit(message, item, std::move(done.next), std::move(a));
}

void escalation_state::lapse(const message_id& message, const stamped_row<rows::item>& item) {
  auto done = rules::after(item.row.state, rules::lapsed{}, now);
  auto a = act_about(rules::audit_kind::lapsed, message, item.row, now);
  a.entry.user = item.row.state.owner;
  commit(message, item, std::move(done.next), std::move(a));
}

/// If anybody changed the item meanwhile, nothing of this happens: an acknowledgement that came first wins.
void escalation_state::commit(const message_id& message, const stamped_row<rows::item>& before,
                              rules::item_state next, act what) {
  auto after = before.row;
  if (before.row.state.at == rules::phase::owned)
    after.act.clear(); // nobody has it any more: the word that said so is no longer shown
  after.state = std::move(next);
  change_item(what, message, before, after);
  self->request(parts.store, store_timeout, write{{std::move(what)}})
      .then(
          [this, message](const committed&) {
            on_way.erase(message);
            self->send(parts.triage, item_changed{message});
            run(message); // due again at once: its step reached nobody, or its owner lost it
          },
          [this, message](const caf::error& e) {
            // The row is due still. On a full disk it rings on, though not every second.
            if (refusal_of(e) == refusal::precondition_failed)
              on_way.erase(message);
            else
              on_way[message] = steady + step_again_ms;
          });
}

escalation_actor::behavior_type escalation(escalation_actor::stateful_pointer<escalation_state> self,
                                           escalation_parts parts) {
  auto& st = self->state;
  st.self = self;
  st.parts = std::move(parts);
  return {[&st](const tick& m) { st.on(m); }};
}

} // namespace wardline
