#include "rules/pending_turns.hpp"
#include <algorithm>

namespace wardline::rules {

namespace {

bool belongs(const device_record& d, const party_id& p) {
  return !d.gated && std::binary_search(d.parties.begin(), d.parties.end(), p);
}

bool is_member(const party_record& p, const device_id& d) {
  return std::binary_search(p.members.begin(), p.members.end(), d);
}

std::size_t devices_max(party_kind k) {
  bool person = k == party_kind::user || k == party_kind::patient;
  return person ? person_party_devices_max : party_devices_max;
}

} // namespace

std::vector<pending_turn> pending_turns(const clinic& c) {
  std::map<party_id, pending_turn> waiting;
  auto turn_of = [&](const party_id& p) -> pending_turn& {
    auto& turn = waiting[p];
    turn.party = p;
    return turn;
  };
  for (const auto& [id, party] : c.parties)
    for (const auto& m : party.members)
      if (const auto* device = c.device(m); device != nullptr && !belongs(*device, id))
        turn_of(id).remove.push_back(m);
  for (const auto& [id, device] : c.devices) {
    if (device.gated)
      continue;
    for (const auto& p : device.parties)
      if (const auto* party = c.party(p); party != nullptr && party->n != 0 && !is_member(*party, id))
        turn_of(p).add.push_back(id);
  }
  std::vector<pending_turn> out;
  for (auto& [id, turn] : waiting) {
    const auto* party = c.party(id);
    std::sort(turn.add.begin(), turn.add.end());
    auto staying = party->members.size() - turn.remove.size();
    auto room = devices_max(party->kind) - std::min(devices_max(party->kind), staying);
    turn.add.resize(std::min(turn.add.size(), room));
    if (!turn.add.empty() || !turn.remove.empty())
      out.push_back(std::move(turn));
  }
  return out;
}

bool may_turn(const clinic& c, const device_id& d, const party_id& p) {
  const auto* device = c.device(d);
  const auto* party = c.party(p);
  return device != nullptr && party != nullptr && is_member(*party, d) && belongs(*device, p);
}

} // namespace wardline::rules
