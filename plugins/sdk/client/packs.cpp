#include "client/packs.hpp"
#include <algorithm>

namespace wardline::client {

bool packs::lacks_any(const party_id& party) const {
  const auto* held = parties_.chain(party);
  if (held == nullptr || !parties_.member_of(party))
    return false;
  for (std::uint32_t n = 1; n <= held->head(); ++n)
    if (core_.inner->keys.seed(party, n) == nullptr)
      return true;
  return false;
}

void packs::fetch(const party_id& party, ended then) {
  if (!core_.inner || !lacks_any(party)) {
    then(core_.inner ? refusal::none : refusal::not_logged_in);
    return;
  }
  core_.link.ask_for<wire::device::packs>(wire::device::get_packs{party},
                                          [this, party, then](result<wire::device::packs> answer) {
                                            if (!core_.inner || !answer) {
                                              then(core_.inner ? answer.why() : refusal::not_logged_in);
                                              return;
                                            }
                                            auto why = keep(party, answer->objects);
                                            if (lacks_allowed(party))
                                              want_more(party);
                                            then(why);
                                          });
}

bool packs::lacks_allowed(const party_id& party) const {
  const auto* held = parties_.chain(party);
  if (held == nullptr || !parties_.member_of(party))
    return false;
  auto from = history_for(core_.inner->certificate.device);
  return from != 0 && !holds_all(*held, {{}, from, parties_.link_times(party)});
}

void packs::want_more(const party_id& party) {
  auto head = parties_.chain(party)->head();
  auto& asked = asked_for_[party];
  if (asked == head)
    return;
  asked = head;
  core_.link.ask_for<wire::device::done>(wire::device::want_pack{party},
                                         [](const result<wire::device::done>&) {});
}

/// All seeds of an answer in one commit.
refusal packs::keep(const party_id& party, const std::vector<bytes>& objects) {
  const auto* chain = parties_.chain(party);
  const auto& own = core_.inner->certificate;
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  std::map<std::uint32_t, secret32> seeds;
  for (const auto& raw : objects) {
    auto pack = e2ee::history_pack::decode(raw, core_.me->clinic);
    auto why = pack ? refusal::none : pack.why();
    if (pack && pack->party != party)
      why = refusal::not_for_me;
    if (why == refusal::none) {
      auto opened = e2ee::open_pack(core_.me->clinic, *pack, *chain,
                                    {own.device, own.hash(), core_.inner->sealing}, known);
      why = opened.why();
      if (opened && !opened->dropped.empty())
        core_.say(
            {notice::about::party_changed, refusal::seed_mismatch, party, {}, {}, parties_.person_of(party)});
      if (opened)
        for (auto& [n, seed] : opened->seeds)
          if (core_.inner->keys.seed(party, n) == nullptr)
            seeds.try_emplace(n, std::move(seed));
    }
    if (why != refusal::none)
      core_.say({notice::about::party_changed, why, party, {}, {}, parties_.person_of(party)});
  }
  if (seeds.empty())
    return refusal::needs;
  store_changes changes;
  for (const auto& [n, seed] : seeds)
    core_.rows.put(changes, table::seeds, rows::key_of_core(party, n), seed.view());
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  for (auto& [n, seed] : seeds)
    (void)core_.inner->keys.learn(party, n, std::move(seed)); // each was held against its epoch's inbox
  if (learned)
    learned();
  return refusal::none;
}

// ---------------------------------------------------------------- giving

/// From its invitation; a later certificate hangs on the first one.
time_ms packs::history_for(const device_id& device) const {
  for (const auto* held : core_.inner->trust.certificates_of(device))
    if (const auto* invited = core_.inner->trust.invited(held->what.invitation))
      return invited->what.history_from;
  return 0;
}

std::vector<bytes> packs::with_link(const e2ee::staged_turn& link,
                                    const std::vector<device_id>& added) const {
  std::vector<bytes> out;
  const auto* held = parties_.chain(link.party);
  auto made = e2ee::roster_link::decode(link.core, link.members, link.seals, core_.me->clinic);
  if (held == nullptr || held->head() == 0 || !made)
    return out;
  auto chain = e2ee::extended(*held, *made);
  auto times = parties_.link_times(link.party);
  times.push_back(made->core.time);
  e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
  for (const auto& device : added) {
    e2ee::pack_order order{device, history_for(device), times};
    if (order.history_from == 0 || !chain.has_member(device) || !holds_all(*held, order))
      continue; // the daemon says later what is missed
    auto made_for =
        e2ee::make_packs(core_.me->clinic, chain, core_.inner->keys, order, known, core_.inner->signing);
    if (!made_for || out.size() + made_for->size() > wire::packs_per_message_max)
      continue; // the daemon says later that it is missed
    std::move(made_for->begin(), made_for->end(), std::back_inserter(out));
  }
  return out;
}

bool packs::holds_all(const e2ee::party_chain& chain, const e2ee::pack_order& order) const {
  auto earliest = e2ee::first_epoch_for(order.history_from, order.link_times);
  for (auto n = earliest; n != 0 && n <= chain.head(); ++n)
    if (core_.inner->keys.seed(chain.party, n) == nullptr)
      return false;
  return true;
}

/// The first pack that comes is the last one that is asked for. Who came late herself first takes what was
/// made for her, and leaves it to others if that is too little; asked again, nobody has more, and she gives
/// what she has.
void packs::give(const wire::device::pack_wanted& wanted) {
  fetch(wanted.party, [this, wanted](refusal) {
    if (core_.inner)
      give_held(wanted);
  });
}

void packs::give_held(const wire::device::pack_wanted& wanted) {
  parties_.refresh(wanted.party, [this, wanted](refusal why) {
    bool may = core_.inner && why == refusal::none && parties_.member_of(wanted.party) &&
               wanted.device != core_.inner->certificate.device;
    if (!may)
      return;
    const auto& times = parties_.link_times(wanted.party);
    e2ee::pack_order order{wanted.device, history_for(wanted.device), times};
    auto key = std::pair{wanted.party, wanted.device};
    if (!holds_all(*parties_.chain(wanted.party), order) && !left_to_others_.contains(key)) {
      if (left_to_others_.size() >= wire::pending_rows_max)
        left_to_others_.erase(left_to_others_.begin());
      left_to_others_.insert(key);
      return;
    }
    e2ee::trust_standing known{core_.inner->trust, core::at_end(core_.now())};
    auto made = e2ee::make_packs(core_.me->clinic, *parties_.chain(wanted.party), core_.inner->keys, order,
                                 known, core_.inner->signing);
    if (made)
      submit(std::move(*made));
  });
}

/// One after the other: whoever is asked next by the daemon gives what a cut kept back.
void packs::submit(std::vector<bytes> left) {
  if (left.empty())
    return;
  wire::device::submit request{std::move(left.front()), {}, {}};
  left.erase(left.begin());
  core_.link.ask_for<wire::device::submitted>(
      std::move(request), [this, left = std::move(left)](const result<wire::device::submitted>& answer) {
        if (core_.inner && answer)
          submit(left);
      });
}

} // namespace wardline::client
