// Who is woken: the connected devices of a step's targets. Duty is looked up when the step is run, so that
// whoever has come on duty meanwhile is the one who is woken.
#include "directory.hpp"
#include "lookups.hpp"
#include <algorithm>

namespace wardline {

namespace {

namespace ask = wire::device;

} // namespace

/// Whoever has left the party is not woken for it, and nobody for her own message. On a station it is whoever
/// is logged in that counts; a step for everybody rings at every station of theirs.
void directory_state::gather_woken(const rules::wake_target& target, const wake_up& m,
                                   std::set<device_id>& out) const {
  auto board = with.board->now();
  auto duty = target.who == rules::wake_target::kind::on_duty ? with.duty->now()->on_duty(target.party, m.now)
                                                              : std::nullopt;
  for (const auto& [id, session] : online) {
    const auto* device = board->device(id);
    if (device == nullptr || device->gated ||
        !std::binary_search(device->parties.begin(), device->parties.end(), target.party))
      continue;
    auto logged_in = used.find(id);
    auto person = device->user ? device->user : logged_in == used.end() ? user_id{} : logged_in->second.user;
    bool wanted = !duty || (person && std::binary_search(duty->begin(), duty->end(), person));
    bool by_author = device->user && device->user == m.author;
    if (wanted && !by_author)
      out.insert(id);
  }
}

woken directory_state::on(const wake_up& m) {
  std::set<device_id> own;
  for (const auto& target : m.own)
    gather_woken(target, m, own);
  auto all = own;
  for (const auto& target : m.before)
    gather_woken(target, m, all);
  auto news = std::make_shared<const bytes>(
      ask::encode(ask::from_daemon{ask::wake{m.message, static_cast<std::uint8_t>(m.level)}}));
  for (const auto& d : all)
    self->send(online.at(d).session, deliver{news, true});
  return {own.size()};
}

/// One role, or every role of the device.
outcome get_duty(const circumstances& c, const rules::duty_plan& plan, const caller& who,
                 const ask::get_duty& m) {
  auto at = m.at == 0 ? c.now : m.at;
  if (at > c.now + rules::roster_horizon_ms)
    return refused(refusal::roster_beyond_horizon);
  ask::duties out;
  auto add = [&](const party_id& role) {
    auto people = plan.on_duty(role, at);
    ask::duty row;
    row.role = role;
    row.rostered = people.has_value();
    row.mine = std::binary_search(who.parties.begin(), who.parties.end(), role) &&
               plan.is_on_duty(role, who.user, at);
    if (people) {
      row.people = std::move(*people);
      if (row.people.size() > wire::duty_people_max)
        row.people.resize(wire::duty_people_max);
      row.until = rules::next_change(plan.rosters.at(role), at, at + rules::roster_horizon_ms).value_or(0);
    }
    out.all.push_back(std::move(row));
  };
  auto is_role = [&](const party_id& p) {
    const auto* party = c.known.party(p);
    return party != nullptr && party->kind == rules::party_kind::role;
  };
  if (m.role) {
    if (!is_role(m.role))
      return refused(refusal::not_found);
    add(m.role);
  } else {
    for (const auto& p : who.parties)
      if (is_role(p) && out.all.size() < wire::duties_max)
        add(p);
  }
  return {std::move(out)};
}

} // namespace wardline
