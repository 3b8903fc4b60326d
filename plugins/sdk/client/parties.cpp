#include "client/parties.hpp"
#include "client/after_all.hpp"
#include <algorithm>

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

std::optional<e2ee::seed_seal> own_seal(const wire::device::party& found, std::uint32_t n) {
  auto own = std::find_if(found.own_seals.begin(), found.own_seals.end(),
                          [&](const wire::device::own_seal& s) { return s.n == n; });
  if (own == found.own_seals.end())
    return std::nullopt;
  e2ee::seed_seal out;
  std::copy_n(own->seal.begin(), out.enc.size(), out.enc.begin());
  std::copy_n(own->seal.begin() + out.enc.size(), out.ct.size(), out.ct.begin());
  return out;
}

} // namespace

refusal parties::load() {
  times_.clear();
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
    auto& facts = times_[*party];
    facts.made.push_back(core->time);
    facts.head_signer = core->signer_device;
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
  objects_.judge_waiting();
  return why;
}

const e2ee::party_chain* parties::chain(const party_id& party) const {
  return core_.inner ? core_.inner->keys.chain(party) : nullptr;
}

bool parties::member_of(const party_id& party) const {
  const auto* held = chain(party);
  return held != nullptr && held->has_member(core_.inner->certificate.device);
}

const std::vector<time_ms>& parties::link_times(const party_id& party) const {
  static const std::vector<time_ms> none;
  auto found = times_.find(party);
  return found == times_.end() ? none : found->second.made;
}

/// Trouble is what is missing: a member's own seal that opened left a seed here.
e2ee::head_state parties::state_of(const party_id& party) const {
  e2ee::head_state out;
  auto facts = times_.find(party);
  if (!member_of(party) || facts == times_.end() || facts->second.made.empty())
    return out;
  const auto* held = chain(party);
  if (core_.inner->keys.seed(party, held->head()) == nullptr)
    out.trouble = refusal::seed_not_openable;
  out.foreign_seed = !held->has_member(facts->second.head_signer);
  out.made = facts->second.made.back();
  bool station = core_.inner->certificate.of_class == e2ee::device_class::station;
  out.refreshes = held->kind == (station ? e2ee::party_kind::role : e2ee::party_kind::user);
  return out;
}

party_id parties::own_user_party() const {
  if (!core_.inner || !core_.inner->certificate.user)
    return {};
  bool patient = core_.inner->certificate.of_class == e2ee::device_class::personal_patient;
  auto kind = patient ? e2ee::party_kind::patient : e2ee::party_kind::user;
  for (const auto& party : core_.inner->certificate.parties)
    if (kind_of(party) == kind)
      return party;
  return {};
}

e2ee::party_kind parties::kind_of(const party_id& party) const {
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
  else
    at->second.again = true; // it may have been answered before what this caller was told of
}

void parties::refresh_all(std::vector<party_id> all, ended then) {
  auto one_less = after_all(all.size() + 1, std::move(then));
  for (const auto& party : all)
    refresh(party, one_less);
  one_less(refusal::none);
}

void parties::ask(const party_id& party) {
  const auto* held = chain(party);
  const auto& pages = asked_.at(party).cores;
  auto from = held == nullptr ? 1 : std::max<std::uint32_t>(held->head(), 1);
  wire::device::get_party request{party, pages.empty() ? from : pages.back().core.n + 1};
  core_.link.ask_for<wire::device::party>(request, [this, party](result<wire::device::party> answer) {
    if (!core_.inner || !asked_.contains(party))
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
  if (core_.inner && found->second.again && !passes(why)) {
    found->second = question{};
    found->second.waiting = std::move(waiting);
    ask(party);
    return;
  }
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
  bool pages = !asked_.at(party).cores.empty();
  if (found.cores.empty()) { // no link yet, or one that was held is withheld now
    bool held_one = held != nullptr && held->head() > 0;
    end(party, pages ? refusal::malformed_request : held_one ? refusal::roster_fork : refusal::none);
    return;
  }
  bool known = !pages && held != nullptr && nothing_new(*held, found.cores);
  if (known && !objects_.any_new(found.certificates)) { // needs no proof: it had one when it was taken
    end(party, refusal::none);
    return;
  }
  auto certificates = found.certificates;
  auto checkpoint = found.checkpoint;
  objects_.take(std::move(certificates), checkpoint,
                [this, party, found = std::move(found)](refusal why) { take_proved(party, found, why); });
}

void parties::take_proved(const party_id& party, const wire::device::party& found, refusal why) {
  if (!core_.inner || !asked_.contains(party)) {
    end(party, refusal::not_logged_in);
    return;
  }
  if (why == refusal::none)
    why = gather(party, found);
  auto& asked = asked_.at(party);
  if (why == refusal::needs) { // the answer was overtaken: nothing of it was looked at
    end_or_ask_again(party, why);
    return;
  }
  bool partial = found.members.empty();
  if (why == refusal::none && partial) {
    if (asked.cores.empty() || ++asked.pages > party_pages_max)
      end(party, refusal::malformed_request);
    else
      ask(party);
    return;
  }
  if (why == refusal::none)
    why = adopt(party, found);
  bool unknown = why == refusal::needs && !asked.followed;
  // A grant or a revocation that is not known yet makes a true link look false.
  bool stale = why == refusal::member_not_entitled || why == refusal::signer_not_member ||
               why == refusal::stale_certificate || why == refusal::reset_not_allowed;
  if (unknown || (stale && !asked.followed)) {
    asked.followed = true;
    fetch_missing(party, found);
  } else {
    end_or_ask_again(party, why);
  }
}

/// What the link hangs on and did not come with it: changes first, then makers and members by their hashes.
void parties::fetch_missing(const party_id& party, const wire::device::party& found) {
  changes_.follow([this, party, found](refusal) {
    auto asked = asked_.find(party);
    if (!core_.inner || asked == asked_.end() || asked->second.cores.empty()) {
      end_or_ask_again(party, core_.inner ? refusal::needs : refusal::not_logged_in);
      return;
    }
    auto older = asked->second.cores;
    auto newest =
        e2ee::roster_link::decode(older.back().core.raw(), found.members, found.seals, core_.me->clinic);
    auto lacking =
        newest ? e2ee::missing(e2ee::older_links{older}, *newest, core_.inner->trust) : std::vector<hash32>{};
    objects_.fetch(std::move(lacking), [this, party, found](refusal) {
      if (core_.inner && asked_.contains(party))
        end_or_ask_again(party, adopt(party, found));
      else
        end(party, refusal::not_logged_in);
    });
  });
}

void parties::end_or_ask_again(const party_id& party, refusal why) {
  bool later = why == refusal::not_in_log || why == refusal::needs;
  auto asked = asked_.find(party);
  if (later && asked != asked_.end() && asked->second.tries++ < party_tries_max) {
    asked->second.cores.clear();
    asked->second.pages = 0;
    core_.after(proof_wait_ms, [this, party] {
      if (asked_.contains(party))
        ask(party);
    });
    return;
  }
  end(party, why);
}

/// The daemon names the held head and nothing behind it.
bool parties::nothing_new(const e2ee::party_chain& held,
                          const std::vector<wire::device::logged>& cores) const {
  if (cores.size() != 1)
    return false;
  auto core = e2ee::link_core::decode(cores.front().object, core_.me->clinic);
  return core && core->n == held.head() && core->n != 0 && core->hash() == held.epochs.back().hash;
}

/// The page's cores, proved, behind those that came before it.
refusal parties::gather(const party_id& party, const wire::device::party& found) {
  const auto* held = chain(party);
  auto& cores = asked_.at(party).cores;
  for (const auto& logged : found.cores) {
    auto core = e2ee::link_core::decode(logged.object, core_.me->clinic);
    if (!core)
      return core.why();
    if (core->party != party)
      return refusal::chain_broken;
    auto proof = log_.prove(logged);
    if (!proof)
      return proof.why();
    const auto* known = held == nullptr ? nullptr : held->at(core->n);
    if (known == nullptr) {
      auto seal = own_seal(found, core->n);
      cores.push_back({std::move(*core), proof->where, std::move(proof->cosigned), seal});
    } else if (known->hash != core->hash()) {
      return refusal::roster_fork;
    }
  }
  auto last = e2ee::link_core::decode(found.cores.back().object, core_.me->clinic);
  bool older = cores.empty() && held != nullptr && last && last->n < held->head();
  return older ? refusal::epoch_taken : refusal::none; // heads never go back
}

refusal parties::adopt(const party_id& party, const wire::device::party& found) {
  const auto& cores = asked_.at(party).cores;
  if (cores.empty())
    return refusal::none;
  const auto& last = cores.back();
  auto newest = e2ee::roster_link::decode(last.core.raw(), found.members, found.seals, core_.me->clinic);
  if (!newest)
    return newest.why();
  e2ee::trust_standing standing{core_.inner->trust, *last.where};
  if (last.cosigned)
    standing.cosigned_by(*last.cosigned);
  e2ee::older_links older{std::vector<e2ee::older_link>{cores.begin(), cores.end() - 1}};
  auto next = core_.inner->keys.judge(older, *newest, standing);
  if (!next)
    return next.why();
  return commit_adoption(std::move(*next), cores, *newest);
}

/// The link, its seed and the end of the turn that was staged here: one commit (e2ee 11, rule 1).
refusal parties::commit_adoption(e2ee::adoption next, const std::vector<e2ee::older_link>& cores,
                                 const e2ee::roster_link& newest) {
  auto party = next.chain.party;
  auto head = next.chain.head();
  bool first = head == cores.size();
  store_changes changes;
  for (const auto& link : cores)
    core_.rows.put(changes, table::parties, rows::key_of_core(party, link.core.n), link.core.raw());
  auto kind = static_cast<std::uint8_t>(next.chain.kind);
  core_.rows.put(changes, table::parties, rows::key_of_id(party),
                 rows::encode(rows::party{kind, head, newest.members_raw}));
  if (next.seed)
    core_.rows.put(changes, table::seeds, rows::key_of_core(party, head), next.seed->view());
  for (const auto& [n, seed] : next.earlier)
    core_.rows.put(changes, table::seeds, rows::key_of_core(party, n), seed.view());
  vault::erase(changes, table::turns, rows::key_of_id(party)); // whoever's link it is, ours is settled
  if (auto why = core_.commit(std::move(changes)); why != refusal::none)
    return why;
  auto trouble = next.trouble;
  core_.inner->trust.learn(party, next.chain.kind);
  core_.inner->keys.adopt(std::move(next));
  objects_.judge_waiting();
  auto& facts = times_[party];
  for (const auto& link : cores)
    facts.made.push_back(link.core.time);
  facts.head_signer = newest.core.signer_device;
  if (trouble != refusal::none || !first)
    core_.say({notice::about::party_changed, trouble, party, {}, {}, person_of(party)});
  if (adopted)
    adopted(party);
  return refusal::none;
}

} // namespace wardline::client
