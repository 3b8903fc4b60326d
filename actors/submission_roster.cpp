// Roster links with the history packs that come along (e2ee 5.6, 6.4).
#include "e2ee/pack.hpp"
#include "roster_rows.hpp"
#include "submission_history.hpp"
#include "submission_steps.hpp"
#include <algorithm>

namespace wardline::submission {

namespace {

e2ee::party_chain empty_chain(const e2ee::link_core& first) {
  e2ee::party_chain out;
  out.party = first.party;
  out.kind = first.party_is;
  return out;
}

/// Members of `now` that were not in the head before.
std::vector<device_id> joiners(const e2ee::party_chain& before, const e2ee::party_chain& now) {
  std::vector<device_id> out;
  for (const auto& m : now.members)
    if (!before.has_member(m.device))
      out.push_back(m.device);
  return out;
}

/// Who joins a running party and may read what was before, and got no pack with this link.
std::vector<std::pair<device_id, time_ms>> without_history(const circumstances& c,
                                                           const std::vector<device_id>& joined,
                                                           const std::vector<e2ee::history_pack>& packs) {
  std::vector<std::pair<device_id, time_ms>> out;
  for (const auto& d : joined) {
    const auto* from = c.known.invitation_of(d);
    bool given = std::any_of(packs.begin(), packs.end(), [&](const auto& p) { return p.receiver == d; });
    if (from != nullptr && from->history_from != 0 && !given)
      out.emplace_back(d, from->history_from);
  }
  return out;
}

/// Packs that are wanted no more, because their receiver leaves with this link or is among `given`.
void drop_wanted(const circumstances& c, const e2ee::party_chain& now,
                 const std::vector<e2ee::history_pack>& given, act& in) {
  for (const auto& [key, from] : c.known.packs_wanted()) {
    const auto& [party, device] = key;
    bool done =
        std::any_of(given.begin(), given.end(), [&d = device](const auto& p) { return p.receiver == d; });
    if (party == now.party && (done || !now.has_member(device)))
      in.changes.push_back({ports::del(ports::table::party, rows::key_of_pack_wanted(party, device)), false});
  }
}

/// Each member's seal beside the link: the next link may be here before a member that is away has asked. What
/// left, and what is older than the newest `seals_kept_max` links, is forgotten.
void keep_seals(const circumstances& c, const e2ee::party_chain& before, const e2ee::roster_link& link,
                act& in) {
  const auto& core = link.core;
  for (std::size_t i = 0; i < link.members.size(); ++i) {
    const auto& d = link.members[i].device;
    rows::kept_seal row;
    std::copy(link.seals[i].ct.begin(), link.seals[i].ct.end(),
              std::copy(link.seals[i].enc.begin(), link.seals[i].enc.end(), row.seal.begin()));
    in.changes.push_back(put_row(ports::table::seed_seal, rows::key_of_seal(core.party, d, core.n), row));
    if (core.n > rows::seals_kept_max)
      in.changes.push_back({ports::del(ports::table::seed_seal,
                                       rows::key_of_seal(core.party, d, core.n - rows::seals_kept_max)),
                            false});
  }
  for (const auto& left : before.members)
    if (link.member(left.device) == nullptr)
      for (const auto& row :
           c.rows.scan(ports::table::seed_seal, rows::prefix_of_seals(core.party, left.device), {},
                       ports::scan_rows_max))
        in.changes.push_back({ports::del(ports::table::seed_seal, row.key), false});
}

refusal check(const circumstances& c, const e2ee::party_chain& chain, const e2ee::roster_link& link,
              const wire::device::submit& m, second_word& second) {
  second = check_with_second(c, m.cosignature, [&](const auto& word) {
    house_standing standing{c.known, c.now};
    if (word)
      standing.cosigned_by(*word);
    return e2ee::check_link(chain, link, standing, e2ee::viewpoint::daemon);
  });
  return second.why;
}

expected<std::vector<e2ee::history_pack>> packs_along(const circumstances& c, const caller& who,
                                                      const e2ee::party_chain& now,
                                                      const std::vector<bytes>& raw) {
  std::vector<e2ee::history_pack> out;
  for (const auto& one : raw) {
    auto pack = e2ee::history_pack::decode(one, c.known.clinic().id);
    if (!pack)
      return pack.why();
    if (auto why = check_pack_here(c, who, *pack, now); why != refusal::none)
      return why;
    out.push_back(std::move(*pack));
  }
  return out;
}

act act_of(const circumstances& c, const caller& who, const e2ee::roster_link& link,
           const second_word& second) {
  const auto& core = link.core;
  auto a = accepted(core.hash(), core.raw(), who, c.now);
  a.entry.object = core.party.value;
  keep(second, a);
  auto row = *c.known.party(core.party);
  row.n = core.n;
  row.head = core.hash();
  a.changes.push_back(put_row(ports::table::party, to_bytes(core.party.view()), row));
  a.changes.push_back(put_row(ports::table::party, rows::key_of_head(core.party),
                              rows::party_head{link.members_raw, link.seals_raw}));
  return a;
}

} // namespace

submitted_change submit_link(const circumstances& c, const caller& who, const wire::device::submit& m) {
  auto link = e2ee::roster_link::decode(m.object, m.members, m.seals, c.known.clinic().id);
  if (!link)
    return {refused(link.why())};
  const auto& core = link->core;
  const auto* party = c.known.party(core.party);
  if (party == nullptr)
    return {refused(c.known.damaged(core.party) ? refusal::value_not_openable : refusal::not_found)};
  if (auto before = answered_before(c, core.hash()))
    return {*before};
  bool own = core.signer_device == who.device;
  if (!own && m.cosignature.empty())
    return {refused(refusal::author_not_channel)};
  if (static_cast<std::uint8_t>(core.party_is) != static_cast<std::uint8_t>(party->kind))
    return {refused(refusal::class_not_for_party)};
  const auto* held = c.known.chain(core.party);
  if (held == nullptr && party->n != 0)
    return {refused(refusal::value_not_openable)}; // it is not begun anew over the old one's messages
  auto chain = held != nullptr ? *held : empty_chain(core);
  second_word second;
  if (auto why = check(c, chain, *link, m, second); why != refusal::none)
    return {refused_at_head(why, party->n, party->head)};
  if (!own && !may_submit(c, core.signer_certificate, second, who.device))
    return {refused(refusal::author_not_channel)};
  auto now = e2ee::extended(chain, *link);
  auto packs = packs_along(c, who, now, m.packs);
  if (!packs)
    return {refused(packs.why())};

  std::vector<act> all{act_of(c, who, *link, second)};
  keep_seals(c, chain, *link, all.front());
  drop_wanted(c, now, *packs, all.front());
  for (const auto& left : chain.members)
    if (!now.has_member(left.device))
      forget_packs(c, core.party, left.device, all.front());
  auto wanted = core.n == 1 ? std::vector<std::pair<device_id, time_ms>>{}
                            : without_history(c, joiners(chain, now), *packs);
  for (const auto& [device, from] : wanted)
    all.front().changes.push_back(
        put_row(ports::table::party, rows::key_of_pack_wanted(core.party, device), rows::pack_wanted{from}));
  for (auto& a : acts_of_packs(c, who, *packs))
    all.push_back(std::move(a));
  submitted_change out;
  out.turned = new_head{core.party, core.n, {}};
  for (const auto& before : chain.members)
    out.turned->before.push_back(before.device);
  out.what = commit(std::move(all), core.hash(),
                    [link = *link, wanted, packs = std::move(*packs)](registry& r, const committed&) {
                      r.extend(link);
                      for (const auto& p : packs)
                        r.pack_given(p.party, p.receiver);
                      for (const auto& [device, from] : wanted)
                        r.want_pack(link.core.party, device, from);
                    });
  return out;
}

} // namespace wardline::submission
