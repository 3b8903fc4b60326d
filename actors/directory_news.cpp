// What devices are told without asking: what waits for their hands, new heads, and that they were turned out
// (e2ee 6.4, 6.7).
#include "directory.hpp"
#include "e2ee/roster.hpp"
#include "e2ee/wipe.hpp"
#include "lookups.hpp"
#include "timeouts.hpp"
#include "wire/limits.hpp"
#include <algorithm>

namespace wardline {

namespace {

namespace ask = wire::device;

static_assert(rules::party_devices_max == e2ee::party_members_max &&
              rules::person_party_devices_max == e2ee::person_party_members_max);

template <class Rows>
bool full(const Rows& rows) {
  return rows.size() >= wire::pending_rows_max;
}

} // namespace

void directory_state::show_snapshot(time_ms now) {
  wall = now;
  with.board->swap(known.snapshot(now));
  snapshot_ends = known.next_end(now);
  gather_chores(now);
}

/// Looks anew at what waits. What was not there before is told to one member at once.
void directory_state::gather_chores(time_ms now) {
  turns = rules::pending_turns(*with.board->now());
  std::map<std::pair<party_id, device_id>, time_ms> since;
  std::set<chore> all;
  std::set<chore> fresh;
  for (const auto& t : turns) {
    chore turn{t.party, {}};
    all.insert(turn);
    for (const auto* waiting_devices : {&t.add, &t.remove})
      for (const auto& d : *waiting_devices) {
        auto seen = waiting_since.find({t.party, d});
        since[{t.party, d}] = seen == waiting_since.end() ? now : seen->second;
        if (seen == waiting_since.end())
          fresh.insert(turn);
      }
  }
  for (const auto& [pack, from] : known.packs_wanted()) {
    all.insert(pack);
    if (!tellings.contains(pack))
      fresh.insert(pack);
  }
  waiting_since = std::move(since);
  std::erase_if(tellings, [&](const auto& t) { return !all.contains(t.first); });
  for (const auto& what : fresh)
    tell_at_once(what);
}

/// Members of the head that may act; for a pack not its receiver. Ascending.
std::vector<device_id> directory_state::hands_for(const chore& what) const {
  auto board = with.board->now();
  const auto* party = board->party(what.first);
  std::vector<device_id> out;
  if (party == nullptr)
    return out;
  std::copy_if(party->members.begin(), party->members.end(), std::back_inserter(out), [&](const auto& d) {
    return d != what.second && online.contains(d) && rules::may_turn(*board, d, what.first);
  });
  return out;
}

/// Who waits to be let into a party; told to whoever belongs there, and to nobody else.
std::vector<device_id> directory_state::waiting_at(const caller& who, const party_id& party) const {
  auto turn = std::find_if(turns.begin(), turns.end(), [&](const auto& t) { return t.party == party; });
  bool own = std::binary_search(who.parties.begin(), who.parties.end(), party);
  return own && turn != turns.end() ? turn->add : std::vector<device_id>{};
}

void directory_state::tell_at_once(const chore& what) {
  auto& t = tellings[what];
  t = {steady + tell_others_ms, {}, false};
  auto hands = hands_for(what);
  if (hands.empty())
    return;
  t.first = hands.front();
  ask::pending news;
  add_row(news, what);
  deliver_to(t.first, ask::from_daemon{std::move(news)});
}

void directory_state::add_row(ask::pending& to, const chore& what) const {
  auto [party, device] = what;
  if (device) {
    auto wanted = known.packs_wanted().find(what);
    if (wanted != known.packs_wanted().end() && !full(to.packs))
      to.packs.push_back({party, device, wanted->second});
    return;
  }
  auto turn = std::find_if(turns.begin(), turns.end(), [p = party](const auto& t) { return t.party == p; });
  if (turn == turns.end() || full(to.turns))
    return;
  auto since = std::numeric_limits<time_ms>::max();
  for (const auto* waiting_devices : {&turn->add, &turn->remove})
    for (const auto& d : *waiting_devices)
      since = std::min(since, waiting_since.at({party, d}));
  to.turns.push_back({party, turn->add, turn->remove, since});
}

/// A crash in between forbids them all: their rows went with the device.
void directory_state::forbid_keys() {
  for (const auto& [at, key] : keys_going)
    if (at <= steady)
      with.link->forbid(key);
  std::erase_if(keys_going, [&](const auto& k) { return k.first <= steady; });
}

void directory_state::on_tick_of_news() {
  forbid_keys();
  if (snapshot_ends && wall >= *snapshot_ends)
    show_snapshot(wall);
  std::map<device_id, ask::pending> news;
  for (auto& [what, t] : tellings) {
    if (steady < t.next)
      continue;
    for (const auto& d : hands_for(what))
      if (t.others_told || d != t.first)
        add_row(news[d], what);
    t.others_told = true;
    t.next = steady + tell_again_ms;
  }
  for (auto& [d, pending] : news)
    deliver_to(d, ask::from_daemon{std::move(pending)});
}

outcome directory_state::list_pending(const device_id& d, time_ms now) const {
  ask::pending out;
  auto board = with.board->now();
  for (const auto& [what, t] : tellings)
    if (what.second != d && rules::may_turn(*board, d, what.first))
      add_row(out, what);
  circumstances here{known, *with.rows, now};
  out.key_lists = keys_wanted(here, *board, d);
  out.renewal = renewal_for(here, d);
  if (known.is_registrar(d))
    out.renewals = renewals_due(here);
  return {std::move(out)};
}

outcome directory_state::want_pack(const caller& who, const party_id& party, time_ms now) {
  const auto* chain = known.chain(party);
  bool member = std::binary_search(who.parties.begin(), who.parties.end(), party) && chain != nullptr &&
                chain->has_member(who.device);
  if (!member)
    return refused(refusal::not_found);
  const auto* from = known.invitation_of(who.device);
  if (from == nullptr || from->history_from == 0)
    return refused(refusal::key_list_not_allowed);
  known.want_pack(party, who.device, from->history_from);
  gather_chores(now);
  return {ask::done{}};
}

/// Sent once, to a device that is connected now: later it gets no channel. Its leaf says that it was sent;
/// that the device obeyed nobody can know (e2ee 5.14).
void directory_state::end_channel_of(const turned_out& gone) {
  auto live = online.find(gone.device);
  if (live == online.end())
    return;
  end_session over{refusal::device_revoked, {}, {}};
  if (with.sign_order && !is_zero(gone.by)) {
    e2ee::wipe_fields order;
    with.random->fill(order.order);
    order.device = gone.device;
    order.revocation = gone.by;
    order.incarnation = known.clinic().incarnation;
    order.time = wall;
    auto raw = e2ee::encode(known.clinic().id, order);
    auto signature = with.sign_order(e2ee::wipe_order_signed(raw));
    act a;
    a.entry.kind = rules::audit_kind::wipe_sent;
    a.entry.time = wall;
    a.entry.device = gone.device;
    a.entry.object = order.order;
    a.entry.hash = e2ee::object_hash(e2ee::kind::wipe, raw);
    over.last_word = std::make_shared<const bytes>(
        ask::encode(ask::from_daemon{ask::wipe_order{e2ee::with_signatures(std::move(raw), {signature})}}));
    // Its own leaf: if the disk refuses it, the log claims less than was done.
    self->request(with.store, store_timeout, write{{std::move(a)}})
        .then([](const committed&) {}, [](const caf::error&) {});
  }
  self->send(live->second.session, std::move(over));
}

void directory_state::after_submission(const submitted_change& done) {
  if (auto open = conversations.find(done.conversation); open != conversations.end())
    self->send(open->second.handle, conversation_changed{done.conversation});
  for (const auto& gone : done.removed) {
    bool connected = online.contains(gone.device);
    end_channel_of(gone);
    if (!is_zero(gone.link_key))
      keys_going.emplace_back(steady + (connected ? last_word_ms : 0), gone.link_key);
  }
  forbid_keys();
  if (done.given && online.contains(done.given->device)) {
    const auto* chain = known.chain(done.given->party);
    if (chain != nullptr)
      deliver_to(done.given->device, ask::from_daemon{ask::party_changed{done.given->party, chain->head()}});
  }
  if (done.answered && online.contains(done.answered->device)) {
    ask::pending news;
    news.key_lists.push_back({done.answered->conversation, done.answered->device, 0, {}});
    deliver_to(done.answered->device, ask::from_daemon{std::move(news)});
  }
  if (done.renewed && online.contains(*done.renewed)) {
    ask::pending news;
    news.renewal = renewal_for({known, *with.rows, wall}, *done.renewed);
    deliver_to(*done.renewed, ask::from_daemon{std::move(news)});
  }
  if (!done.turned)
    return;
  // Old members and new ones, and who belongs there and waits to be added.
  auto board = with.board->now();
  for (const auto& [d, session] : online) {
    const auto* device = board->device(d);
    const auto& before = done.turned->before;
    if (device == nullptr || device->gated)
      continue;
    if (std::binary_search(device->parties.begin(), device->parties.end(), done.turned->party) ||
        std::binary_search(before.begin(), before.end(), d))
      deliver_to(d, ask::from_daemon{ask::party_changed{done.turned->party, done.turned->n}});
  }
}

void directory_state::deliver_to(const device_id& d, const ask::from_daemon& news) {
  self->send(online.at(d).session, deliver{std::make_shared<const bytes>(ask::encode(news))});
}

} // namespace wardline
