#include "sequence_clinic.hpp"
#include <algorithm>

namespace wardline::fuzz {

using namespace e2ee;

sequence_clinic::sequence_clinic() {
  auto& station = c.station("front desk", {role});
  auto& nurse = c.person("nurse1", {c.party("nurse1")});
  watcher = &nurse;
  c.grant(nurse.user, role);
  c.grant(station.device, c.party("another role"));
  c.withdraw(station.device, c.party("another role"));
  c.put(sign_object(c.id, c.renewal_for(nurse, c.admin()),
                    {{c.admin().signing, labels::device}, {nurse.signing, labels::device_possession}}),
        "renewal");
  add_logged();
  add_links();
  add_conversation();
  auto& lost = c.person("clerk", {c.party("clerk")});
  c.revoke(lost.device);
  add_logged();
  promise(leaves.size() == sequence_length);
}

const sequence_clinic& sequence_clinic::only() {
  static const sequence_clinic all;
  return all;
}

bool sequence_clinic::genuine(bytes_view raw) const {
  return std::any_of(leaves.begin(), leaves.end(), [&](const leaf& l) {
    return std::equal(l.raw.begin(), l.raw.end(), raw.begin(), raw.end());
  });
}

void sequence_clinic::add_logged() {
  for (; taken_ < c.log.size(); ++taken_)
    leaves.push_back({c.log[taken_].raw, {}, {}, c.log[taken_].with});
}

void sequence_clinic::put(leaf one) {
  one.with = {c.now(), std::nullopt};
  c.log.push_back({one.raw, one.with});
  ++taken_;
  leaves.push_back(std::move(one));
}

void sequence_clinic::add_links() {
  auto& station = c["front desk"];
  roster_keys keys{c.id, station.device, station.sealing};
  std::vector<time_ms> times;
  auto turn = [&](std::vector<device_id> in, link_reason reason) {
    trust_standing known{c.trust, c.now()};
    auto staged =
        keys.stage_turn({role, party_kind::role, std::move(in), {}, reason, 0}, known,
                        {station.device, station.certificate.hash(), station.signing}, c.now().time);
    promise(staged.why() == refusal::none);
    auto link = roster_link::decode(staged->core, staged->members, staged->seals, c.id);
    auto judged = keys.judge({}, *link, known);
    promise(judged.why() == refusal::none);
    keys.adopt(std::move(*judged));
    times.push_back(link->core.time);
    put({staged->core, staged->members, staged->seals, {}});
    c.trust.learn(role, party_kind::role);
  };
  turn({station.device}, link_reason::genesis);
  turn({}, link_reason::refresh);
  turn({watcher->device}, link_reason::add);
  trust_standing known{c.trust, c.now()};
  auto packs = make_packs(c.id, *keys.chain(role), keys, {watcher->device, 1, times}, known, station.signing);
  promise(packs.why() == refusal::none && packs->size() == 1);
  leaves.push_back({packs->front(), {}, {}, {}});
}

void sequence_clinic::add_conversation() {
  conversation_fields first;
  first.conversation = thread;
  first.n = 1;
  first.parties = {{role, party_kind::role}};
  first.signer_device = watcher->device;
  first.signer_certificate = c.trust.newest(watcher->device)->what.hash();
  first.time = c.now().time;
  auto raw = sign_object(c.id, first, {{watcher->signing, labels::conversation}});
  put({raw, {}, {}, {}});
  auto second = first;
  second.n = 2;
  second.previous = conversation_link::decode(raw, c.id)->hash();
  second.parties.push_back({c.party("nurse1"), party_kind::user});
  std::sort(second.parties.begin(), second.parties.end(),
            [](const auto& a, const auto& b) { return a.party < b.party; });
  put({sign_object(c.id, second, {{watcher->signing, labels::conversation}}), {}, {}, {}});
}

} // namespace wardline::fuzz
