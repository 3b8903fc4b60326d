// Whom the directory hands requests on to, and who is connected.
#include "directory.hpp"
#include "message_rows.hpp"
#include "rules/sign_in_limits.hpp"
#include <algorithm>

namespace wardline {

namespace {

namespace ask = wire::device;

template <class Self, class Children>
void let_idle_go(Self* self, Children& children, std::uint64_t steady) {
  std::erase_if(children, [&](const auto& c) {
    bool idle = c.second.last_used + idle_children_ms_max < steady;
    if (idle) {
      // Forgotten at once: a request that comes meanwhile gets a new one, not one that is about to go.
      self->demonitor(c.second.handle.address());
      self->send_exit(c.second.handle, caf::exit_reason::user_shutdown);
    }
    return idle;
  });
}

} // namespace

directory_state::~directory_state() {
  for (const auto& [id, c] : conversations)
    caf::anon_send_exit(c.handle, caf::exit_reason::user_shutdown);
  for (const auto& [id, c] : users)
    caf::anon_send_exit(c.handle, caf::exit_reason::user_shutdown);
}

conversation_actor directory_state::conversation(const conversation_id& id) {
  auto open = conversations.find(id);
  if (open == conversations.end()) {
    // Nothing is spawned for a number somebody made up.
    bool exists = with.rows->read(ports::table::conversation, id.view()).status != ports::read_status::absent;
    if (!exists || conversations.size() >= with.conversations_open)
      return {};
    open =
        conversations.emplace(id, child<conversation_actor>{with.make_conversation_actor(id, self), 0}).first;
    self->monitor(open->second.handle);
  }
  open->second.last_used = steady;
  return open->second.handle;
}

user_actor directory_state::user(const user_id& id) {
  auto& found = users[id];
  if (!found.handle) {
    found.handle = with.make_user_actor(id);
    self->monitor(found.handle);
  }
  found.last_used = steady;
  return found.handle;
}

caf::result<outcome> directory_state::on(const apply_act& m) {
  auto asked = m;
  if (m.destroys) {
    // Still missing, and to be asked here once they exist: a second person's approval, the end of the
    // retention, no legal hold.
    if (!known.is_registrar(m.who->device))
      return refused(refusal::not_registrar);
    if (!rules::proved_lately(m.who->proved, m.now))
      return refused(refusal::second_factor_too_old);
  } else if (!asked.conversation) {
    auto row = read_row<rows::accepted>(*with.rows, ports::table::idempotency, m.message.view());
    if (!row)
      return refused(refusal::not_found);
    asked.conversation = row->row.conversation;
  }
  auto to = asked.conversation;
  return hand_on(to, std::move(asked));
}

// ---- who is connected

void directory_state::on(const session_online& m) {
  auto& live = online[m.who->device];
  if (live.session && live.session != m.session) {
    self->demonitor(live.session.address());
    self->send(live.session, channel_cut{refusal::replaced});
  }
  if (live.session != m.session)
    self->monitor(m.session);
  live = m;
}

void directory_state::on(const session_offline& m) {
  auto found = online.find(m.device);
  if (found != online.end() && found->second.session == m.session)
    online.erase(found);
}

void directory_state::on(const fan_out& m) {
  auto board = with.board->now();
  std::set<device_id> reached;
  for (const auto& p : m.parties) {
    const auto* party = board->party(p);
    if (party == nullptr)
      continue;
    for (const auto& d : party->members) {
      auto found = online.find(d);
      const auto* device = board->device(d);
      // Who has left the party gets nothing more of it, also while the next link is not made yet (e2ee 6.8).
      bool belongs = device != nullptr && !device->gated &&
                     std::binary_search(device->parties.begin(), device->parties.end(), p);
      if (found != online.end() && belongs && reached.insert(d).second)
        self->send(found->second.session, deliver{m.message});
    }
  }
}

void directory_state::on(const tick& m) {
  steady = m.steady;
  wall = m.now;
  on_tick_of_news();
  let_idle_go(self, conversations, steady);
  let_idle_go(self, users, steady);
}

void directory_state::down(const caf::down_msg& m) {
  std::erase_if(conversations, [&](const auto& c) { return c.second.handle.address() == m.source; });
  std::erase_if(users, [&](const auto& u) { return u.second.handle.address() == m.source; });
  std::erase_if(online, [&](const auto& o) { return o.second.session.address() == m.source; });
}

} // namespace wardline
