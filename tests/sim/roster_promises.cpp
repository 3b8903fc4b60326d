#include "roster_promises.hpp"
#include "rules/pending_turns.hpp"
#include <algorithm>

namespace wardline::sim {

namespace {

/// Seconds of the simulation until everything must have come to rest: what is retried is told again every
/// 10 s, a proof is waited for 10 s.
constexpr unsigned rest_seconds_max = 300;

/// What still moves; empty: nothing.
std::string restless(clinic_world& w) {
  for (const auto& d : w.devices) {
    if (d->revoked_behind) {
      if (d->device->link() == client::session_state::ready)
        return d->name + ", which is revoked, has a channel";
    } else if (!clinic_world::works(*d)) {
      return d->name + " is not logged in";
    } else if (!d->device->settled() || !d->device->quiet()) {
      return d->name + " has something to do";
    }
  }
  for (const auto& d : w.devices) {
    if (d->revoked_behind)
      continue;
    auto waits =
        w.wait_for<std::vector<client::waiting_row>>([&](auto then) { d->device->pending(std::move(then)); });
    if (!waits || !*waits)
      return d->name + " does not learn what waits";
    for (const auto& row : **waits)
      if (row.what != client::waiting_row::kind::keys && row.what != client::waiting_row::kind::renewal)
        return d->name + " is waited for in " + row.name;
  }
  // Last, because time passes while devices are asked: what is looked at here is how it stands at the end.
  auto board = w.life->board();
  if (board->devices.empty())
    return "the house is not there";
  if (!rules::pending_turns(*board).empty())
    return "a turn is pending";
  if (w.life->destructions_wait())
    return "a destruction is pending";
  for (const auto& d : w.devices)
    for (const auto& [id, party] : board->parties)
      if (!d->revoked_behind &&
          std::binary_search(party.members.begin(), party.members.end(), d->device->id()) &&
          d->device->head_of(id).n < party.n)
        return d->name + " is behind in " + party.name;
  return {};
}

} // namespace

void come_to_rest(clinic_world& w) {
  std::string why;
  for (unsigned second = 0; second < rest_seconds_max && w.all_kept(); ++second) {
    why = restless(w);
    if (why.empty())
      return;
    w.let_pass(1'000);
  }
  w.broken("the clinic does not come to rest: " + why);
}

void check_heads(clinic_world& w, const roster_acts& roster) {
  auto board = w.life->board();
  for (const auto& [id, party] : board->parties) {
    std::vector<device_id> belong;
    for (const auto& d : w.devices)
      if (roster.belongs(*d, party.name))
        belong.push_back(d->device->id());
    std::sort(belong.begin(), belong.end());
    if (belong.empty() && party.n == 0)
      continue;
    if (party.members != belong)
      w.broken("the head of " + party.name + " holds " + std::to_string(party.members.size()) +
               " devices, and not exactly the " + std::to_string(belong.size()) + " that belong there");
    for (const auto& d : w.devices) {
      if (!roster.belongs(*d, party.name))
        continue;
      auto held = d->device->head_of(id);
      if (held.n != party.n || held.hash != party.head || !held.member)
        w.broken(d->name + " holds head " + std::to_string(held.n) + " of " + party.name + ", the daemon " +
                 std::to_string(party.n));
    }
  }
}

void check_turned_out(clinic_world& w) {
  auto board = w.life->board();
  for (const auto& d : w.devices) {
    if (!d->revoked_behind)
      continue;
    auto id = d->revoked_id;
    const auto* known = board->device(id);
    if (known == nullptr || !known->gated)
      w.broken(d->name + " was revoked and is not gated");
    if (d->device->link() == client::session_state::ready)
      w.broken(d->name + " was revoked and has a channel");
    for (const auto& [party, p] : board->parties)
      if (std::binary_search(p.members.begin(), p.members.end(), id))
        w.broken(d->name + " was revoked and is in the head of " + p.name);
  }
}

void count_turns(clinic_world& w) {
  unsigned links = 0;
  unsigned firsts = 0;
  for (const auto& [id, party] : w.life->board()->parties) {
    links += party.n;
    firsts += party.n > 0 ? 1 : 0;
  }
  unsigned staged = 0;
  for (const auto& d : w.devices)
    staged += d->store.links_staged();
  w.report.turns = links - firsts;
  w.report.races_lost = staged - std::min(staged, links);
}

} // namespace wardline::sim
