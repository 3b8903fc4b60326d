#include "client/parties.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::client {

namespace {

/// The inner part of a party's row is its head; the cores stand behind it, one row each.
bool is_head_row(bytes_view key) {
  return key.size() == party_id::size;
}

expected<std::vector<e2ee::party_member>> members_of(bytes_view raw) {
  e2ee::reader in{raw};
  auto out = in.set16(e2ee::party_members_max, device_id::size, [](e2ee::reader& r) {
    e2ee::party_member m;
    m.device = r.id<device_id>();
    m.certificate = r.b32();
    m.grant = r.b32();
    return m;
  });
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

} // namespace

refusal parties::load() {
  std::map<party_id, e2ee::party_chain> chains;
  auto why = core_.rows.scan(table::parties, {}, [&](bytes_view key, bytes_view value) {
    auto party = party_id::from(key.first(std::min(key.size(), party_id::size)));
    if (!party)
      return refusal::value_not_openable;
    auto& chain = chains[*party];
    if (is_head_row(key)) {
      auto row = rows::decode<rows::party>(value);
      auto members = row ? members_of(row->members) : refusal::value_not_openable;
      if (!row || !members)
        return refusal::value_not_openable;
      chain.party = *party;
      chain.kind = static_cast<e2ee::party_kind>(row->kind);
      chain.members = std::move(*members);
      return refusal::none;
    }
    auto core = e2ee::link_core::decode(value, core_.me->clinic);
    if (!core || core->n != chain.head() + 1)
      return refusal::value_not_openable;
    chain.epochs.push_back({core->hash(), core->inbox});
    return refusal::none;
  });
  for (auto& [party, chain] : chains) {
    std::map<std::uint32_t, secret32> seeds;
    if (why == refusal::none)
      why = core_.rows.scan(table::seeds, party.view(), [&](bytes_view key, bytes_view value) {
        e2ee::reader in{key};
        in.take(party_id::size);
        auto n = in.u32();
        if (!in.ok() || value.size() != secret32::size)
          return refusal::value_not_openable;
        seeds.emplace(n, secret32{value});
        return refusal::none;
      });
    core_.inner->trust.learn(party, chain.kind);
    core_.inner->keys.restore(chain, std::move(seeds));
  }
  return why;
}

const e2ee::party_chain* parties::chain(const party_id& party) const {
  return core_.inner ? core_.inner->keys.chain(party) : nullptr;
}

party_id parties::own_user_party() const {
  if (!core_.inner)
    return {};
  for (const auto& party : core_.inner->own_parties())
    if (kind_named(party) == e2ee::party_kind::user)
      return party;
  return {};
}

e2ee::party_kind parties::kind_named(const party_id& party) const {
  if (const auto* held = chain(party); held != nullptr && held->head() > 0)
    return held->kind;
  auto named = named_kinds_.find(party);
  return named == named_kinds_.end() ? e2ee::party_kind::role : named->second;
}

std::string parties::person_of(const party_id& party) const {
  const auto* held = chain(party);
  if (held == nullptr || held->kind == e2ee::party_kind::role)
    return {};
  for (const auto& m : held->members)
    if (const auto* certificate = core_.inner->trust.certificate(m.certificate))
      return certificate->what.display_name;
  return {};
}

void parties::refresh(const party_id& party, ended then) {
  auto [at, fresh] = asked_.try_emplace(party);
  at->second.waiting.push_back(std::move(then));
  if (fresh)
    ask(party);
}

void parties::refresh_all(std::vector<party_id> all, ended then) {
  auto left = std::make_shared<std::size_t>(all.size());
  auto first = std::make_shared<refusal>(refusal::none);
  if (all.empty()) {
    then(refusal::none);
    return;
  }
  for (const auto& party : all)
    refresh(party, [left, first, then](refusal why) {
      if (*first == refusal::none)
        *first = why;
      if (--*left == 0)
        then(*first);
    });
}

void parties::ask(const party_id& party) {
  const auto* held = chain(party);
  wire::device::get_party request{party, held == nullptr ? 1 : std::max<std::uint32_t>(held->head(), 1)};
  core_.link.ask_for<wire::device::party>(request, [this, party](result<wire::device::party> answer) {
    if (!core_.inner)
      end(party, refusal::not_logged_in);
    else if (!answer)
      end(party, answer.why());
    else
      take(party, std::move(*answer));
  });
}

void parties::end(const party_id& party, refusal why) {
  auto found = asked_.find(party);
  if (found == asked_.end())
    return;
  auto waiting = std::move(found->second.waiting);
  asked_.erase(found);
  for (auto& then : waiting)
    then(why);
}

void parties::take(const party_id& party, wire::device::party found) {
  if (found.id != party || found.kind < 1 || found.kind > 4) {
    end(party, refusal::malformed_request);
    return;
  }
  named_kinds_[party] = static_cast<e2ee::party_kind>(found.kind);
  const auto* held = chain(party);
  if (found.cores.empty()) { // no link yet, or one that was held is withheld now
    end(party, held != nullptr && held->head() > 0 ? refusal::roster_fork : refusal::none);
    return;
  }
  if (held != nullptr && nothing_new(*held, found.cores)) { // needs no proof: it had one when it was taken
    end(party, refusal::none);
    return;
  }
  auto certificates = found.certificates;
  auto checkpoint = found.checkpoint;
  objects_.take(std::move(certificates), checkpoint, [this, party, found = std::move(found)](refusal why) {
    if (why == refusal::none)
      why = core_.inner ? adopt(party, found) : refusal::not_logged_in;
    bool later = why == refusal::not_in_log || why == refusal::needs;
    auto asked = asked_.find(party);
    if (later && asked != asked_.end() && asked->second.tries++ < party_tries_max)
      core_.after(proof_wait_ms, [this, party] { ask(party); });
    else
      end(party, why);
  });
}

/// The daemon names the held head and nothing behind it.
bool parties::nothing_new(const e2ee::party_chain& held,
                          const std::vector<wire::device::logged>& cores) const {
  if (cores.size() != 1)
    return false;
  auto core = e2ee::link_core::decode(cores.front().object, core_.me->clinic);
  return core && core->n == held.head() && core->n != 0 && core->hash() == held.epochs.back().hash;
}

refusal parties::adopt(const party_id& party, const wire::device::party& found) {
  std::vector<e2ee::link_core> cores;
  e2ee::log_place newest_at;
  const auto* held = chain(party);
  for (const auto& logged : found.cores) {
    auto core = e2ee::link_core::decode(logged.object, core_.me->clinic);
    if (!core)
      return core.why();
    if (core->party != party)
      return refusal::chain_broken;
    auto proof = log_.prove(logged);
    if (!proof)
      return proof.why();
    newest_at = proof->where;
    const auto* known = held == nullptr ? nullptr : held->at(core->n);
    if (known == nullptr)
      cores.push_back(std::move(*core));
    else if (known->hash != core->hash())
      return refusal::roster_fork;
  }
  if (cores.empty())
    return refusal::none;
  auto newest = e2ee::roster_link::decode(cores.back().raw(), found.members, found.seals, core_.me->clinic);
  if (!newest)
    return newest.why();
  e2ee::trust_standing standing{core_.inner->trust, newest_at};
  std::vector<e2ee::link_core> older{cores.begin(), cores.end() - 1};
  auto next = core_.inner->keys.judge(older, *newest, standing);
  if (!next)
    return next.why();
  std::vector<const e2ee::link_core*> fresh;
  for (const auto& core : cores)
    fresh.push_back(&core);
  return commit_adoption(std::move(*next), fresh, *newest);
}

refusal parties::commit_adoption(e2ee::adoption next, const std::vector<const e2ee::link_core*>& cores,
                                 const e2ee::roster_link& newest) {
  auto party = next.chain.party;
  auto head = next.chain.head();
  bool first = head == cores.size();
  store_changes changes;
  for (const auto* core : cores)
    core_.rows.put(changes, table::parties, rows::key_of_core(party, core->n), core->raw());
  auto kind = static_cast<std::uint8_t>(next.chain.kind);
  core_.rows.put(changes, table::parties, rows::key_of_id(party),
                 rows::encode(rows::party{kind, head, newest.members_raw}));
  if (next.seed)
    core_.rows.put(changes, table::seeds, rows::key_of_core(party, head), next.seed->view());
  vault::erase(changes, table::turns, rows::key_of_id(party)); // whoever's link it is, ours is settled
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  auto trouble = next.trouble;
  core_.inner->trust.learn(party, next.chain.kind);
  core_.inner->keys.adopt(std::move(next));
  if (trouble != refusal::none || !first)
    core_.say({notice::about::party_changed, trouble, party, {}, {}, person_of(party)});
  return refusal::none;
}

void parties::settle_own(ended then) {
  auto own = core_.inner->own_parties();
  refresh_all(own, [this, own, then](refusal why) {
    if (!core_.inner || why != refusal::none) {
      then(core_.inner ? why : refusal::not_logged_in);
      return;
    }
    auto left = std::make_shared<std::size_t>(1);
    auto first = std::make_shared<refusal>(refusal::none);
    auto one_less = [left, first, then](refusal ended_with) {
      if (*first == refusal::none)
        *first = ended_with;
      if (--*left == 0)
        then(*first);
    };
    for (const auto& party : own) {
      const auto* held = chain(party);
      bool member = held != nullptr && held->has_member(core_.inner->certificate.device);
      if (held == nullptr || held->head() == 0) {
        ++*left;
        found(party, one_less);
      } else if (!member && told_.insert(party).second) {
        core_.say({notice::about::role_without_me, refusal::none, party, {}, {}, person_of(party)});
      }
    }
    one_less(refusal::none);
  });
}

void parties::found(const party_id& party, ended then) {
  if (auto raw = core_.rows.get(table::turns, rows::key_of_id(party))) {
    if (auto staged = rows::decode<rows::turn>(raw->value)) {
      submit(party, *staged, std::move(then));
      return;
    }
  }
  e2ee::turn_intent intent;
  intent.party = party;
  intent.kind = kind_named(party);
  intent.add.push_back(core_.inner->certificate.device);
  intent.reason = e2ee::link_reason::genesis;
  e2ee::trust_standing standing{core_.inner->trust, core::at_end(core_.now())};
  auto staged = core_.inner->keys.stage_turn(intent, standing, core_.inner->maker(), core_.now());
  if (!staged) {
    then(staged.why());
    return;
  }
  rows::turn turn;
  randombytes_buf(turn.request.value.data(), turn.request.value.size());
  turn.core = std::move(staged->core);
  turn.members = std::move(staged->members);
  turn.seals = std::move(staged->seals);
  store_changes changes;
  core_.rows.put(changes, table::turns, rows::key_of_id(party), rows::encode(turn));
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    then(why);
  else
    submit(party, turn, std::move(then));
}

void parties::submit(const party_id& party, const rows::turn& turn, ended then) {
  wire::device::submit request{turn.core, turn.members, turn.seals};
  core_.link.ask_for_as<wire::device::submitted>(
      turn.request, request, [this, party, then](result<wire::device::submitted> answer) {
        if (!core_.inner) {
          then(refusal::not_logged_in);
          return;
        }
        bool taken = answer.why() == refusal::epoch_taken;
        if (!answer && !taken) {
          forget_turn(party);
          then(answer.why());
          return;
        }
        // The head says who won: the link that was staged here, or somebody else's.
        refresh(party, [this, party, then](refusal why) {
          const auto* held = chain(party);
          bool member = held != nullptr && core_.inner && held->has_member(core_.inner->certificate.device);
          if (why == refusal::none && !member)
            core_.say({notice::about::role_without_me, refusal::none, party, {}, {}, person_of(party)});
          then(why);
        });
      });
}

void parties::forget_turn(const party_id& party) {
  store_changes changes;
  vault::erase(changes, table::turns, rows::key_of_id(party));
  (void)core_.commit(std::move(changes)); // said by commit; a turn left behind is only asked about once more
}

} // namespace wardline::client
