#include "e2ee/party_keys.hpp"
#include "e2ee/hpke.hpp"
#include "e2ee/kdf.hpp"
#include <algorithm>
#include <set>
#include <sodium.h>

namespace wardline::e2ee {

namespace {

bool is_member(const std::vector<sealed_member>& members, const device_id& d) {
  return std::any_of(members.begin(), members.end(),
                     [&](const sealed_member& m) { return m.who.device == d; });
}

refusal put_in_order(std::vector<sealed_member>& members, party_kind kind) {
  bool person = kind == party_kind::user || kind == party_kind::patient;
  if (members.empty() || members.size() > (person ? person_party_members_max : party_members_max))
    return refusal::count_too_large;
  auto device = [](const sealed_member& m) { return m.who.device; };
  std::sort(members.begin(), members.end(),
            [&](const auto& a, const auto& b) { return device(a) < device(b); });
  auto twice = std::adjacent_find(members.begin(), members.end(),
                                  [&](const auto& a, const auto& b) { return device(a) == device(b); });
  return twice == members.end() ? refusal::none : refusal::not_sorted;
}

expected<std::vector<seed_seal>> seal_seed(const clinic_id& clinic, const link_fields& core,
                                           const std::vector<sealed_member>& members, const secret32& seed) {
  std::vector<seed_seal> out;
  for (const auto& m : members) {
    auto sealed = hpke_seal(m.sealing, seed_info(clinic, core, m.who.device), seed.view());
    if (!sealed)
      return sealed.why();
    seed_seal s;
    std::copy_n(sealed->begin(), s.enc.size(), s.enc.begin());
    std::copy_n(sealed->begin() + hpke_enc_size, s.ct.size(), s.ct.begin());
    out.push_back(s);
  }
  return out;
}

/// `next` holds everything of `held`.
bool goes_on(const party_chain& held, const party_chain& next) {
  if (held.head() == 0)
    return true;
  const auto* same = next.at(held.head());
  return same != nullptr && same->hash == held.epochs.back().hash;
}

} // namespace

x25519_pair inbox_of(const clinic_id& clinic, const party_id& party, std::uint32_t n, const secret32& seed) {
  writer info;
  info.lab(labels::inbox).put(clinic).put(party).u32(n);
  return hpke_derive_key_pair(hkdf32(seed.view(), {info.so_far()}).view());
}

bytes seed_info(const clinic_id& clinic, const link_fields& core, const device_id& member) {
  writer out;
  out.lab(labels::seed).put(clinic).put(core.party).u32(core.n).put(core.previous).put(core.inbox);
  out.put(core.members_hash).put(member);
  return out.take();
}

expected<staged_turn> make_link(const clinic_id& clinic, const party_chain& chain,
                                std::vector<sealed_member> members, link_reason reason,
                                const link_maker& maker, time_ms time) {
  if (auto why = put_in_order(members, chain.kind); why != refusal::none)
    return why;
  auto seed = secret32::random();
  std::vector<party_member> list;
  for (const auto& m : members)
    list.push_back(m.who);

  staged_turn out;
  out.party = chain.party;
  out.n = chain.head() + 1;
  out.members = encode_members(list);
  link_fields core;
  core.party = chain.party;
  core.party_is = chain.kind;
  core.n = out.n;
  core.previous = chain.head() == 0 ? hash32{} : chain.epochs.back().hash;
  core.inbox = inbox_of(clinic, core.party, core.n, seed).public_part;
  core.members_hash = members_hash(out.members);
  core.count = static_cast<std::uint16_t>(list.size());
  core.reason = reason;
  core.role = maker.role;
  core.signer_device = maker.device;
  core.signer_certificate = maker.certificate;
  core.time = time;
  auto seals = seal_seed(clinic, core, members, seed);
  if (!seals)
    return seals.why();
  out.seals = encode_seals(*seals);
  core.seals_hash = seals_hash(out.seals);
  out.core = sign_object(clinic, core, {{maker.key, labels::link}});
  out.hash = object_hash(kind::link, encode(clinic, core));
  if (is_member(members, maker.device))
    out.seed = std::move(seed);
  return out;
}

expected<secret32> open_own_seed(const clinic_id& clinic, const roster_link& link, const device_id& own,
                                 const x25519_pair& sealing) {
  const auto* me = link.member(own);
  if (me == nullptr)
    return refusal::not_for_me;
  return open_seed(clinic, link.core, link.seals[static_cast<std::size_t>(me - link.members.data())], own,
                   sealing);
}

expected<secret32> open_seed(const clinic_id& clinic, const link_fields& core, const seed_seal& seal,
                             const device_id& own, const x25519_pair& sealing) {
  bytes sealed{seal.enc.begin(), seal.enc.end()};
  sealed.insert(sealed.end(), seal.ct.begin(), seal.ct.end());
  auto plain = hpke_open(sealing, seed_info(clinic, core, own), sealed);
  if (!plain || plain->value.size() != secret32::size)
    return refusal::seed_not_openable;
  secret32 seed{plain->value};
  auto inbox = inbox_of(clinic, core.party, core.n, seed).public_part;
  if (sodium_memcmp(inbox.data(), core.inbox.data(), inbox.size()) != 0)
    return refusal::seed_mismatch;
  return seed;
}

bool holds(const party_chain& chain, const turn_intent& intent) {
  if (chain.head() == 0)
    return false;
  if (intent.add.empty() && intent.remove.empty())
    return intent.since != 0 && chain.head() > intent.since;
  bool in =
      std::all_of(intent.add.begin(), intent.add.end(), [&](const auto& x) { return chain.has_member(x); });
  bool out = std::none_of(intent.remove.begin(), intent.remove.end(),
                          [&](const auto& x) { return chain.has_member(x); });
  return in && out;
}

bool head_is_old(time_ms made, time_ms now) {
  return now > made && now - made > old_head_after_ms;
}

std::optional<turn_intent> owed_turn(const party_chain& chain, const device_id& own, const standing& known,
                                     const head_state& head, time_ms now) {
  auto me = known.device(own);
  if (!chain.has_member(own) || !me || me->barred || !known.entitlement(own, chain.party))
    return std::nullopt;
  std::vector<device_id> barred;
  std::vector<device_id> leaving;
  for (const auto& m : chain.members) {
    auto facts = known.device(m.device);
    if (facts && facts->barred)
      barred.push_back(m.device);
    else if (facts && !known.entitlement(m.device, chain.party))
      leaving.push_back(m.device);
  }
  bool old = head.refreshes && head.made != 0 && now > head.made && now - head.made >= refresh_after_ms;
  turn_intent out{chain.party, chain.kind, {}, {}, link_reason::refresh, chain.head()};
  if (!barred.empty()) {
    out.reason = link_reason::revoke;
    out.remove = std::move(barred);
  } else if (!leaving.empty()) {
    out.reason = link_reason::remove;
    out.remove = std::move(leaving);
  } else if (head.trouble != refusal::none) {
    out.reason = link_reason::bad_seed;
  } else if (head.foreign_seed) {
    out.reason = link_reason::foreign_seed;
  } else if (!old) {
    return std::nullopt;
  }
  return out;
}

void roster_keys::restore(party_chain chain, std::map<std::uint32_t, secret32> seeds) {
  auto party = chain.party;
  parties_.insert_or_assign(party, party_state{std::move(chain), std::move(seeds)});
}

const party_chain* roster_keys::chain(const party_id& party) const {
  auto found = parties_.find(party);
  return found == parties_.end() ? nullptr : &found->second.chain;
}

std::optional<x25519_pair> roster_keys::inbox(const party_id& party, std::uint32_t n) const {
  const auto* held = seed(party, n);
  if (held == nullptr)
    return std::nullopt;
  return inbox_of(clinic_, party, n, *held);
}

std::optional<party_epoch> roster_keys::current(const party_id& party) const {
  const auto* held = chain(party);
  if (held == nullptr || held->head() == 0)
    return std::nullopt;
  return party_epoch{party, held->head(), held->epochs.back().inbox};
}

const secret32* roster_keys::seed(const party_id& party, std::uint32_t n) const {
  auto found = parties_.find(party);
  if (found == parties_.end())
    return nullptr;
  auto held = found->second.seeds.find(n);
  return held == found->second.seeds.end() ? nullptr : &held->second;
}

expected<staged_turn> roster_keys::stage_turn(const turn_intent& intent, const standing& known,
                                              const link_maker& maker, time_ms now) const {
  party_chain from;
  from.party = intent.party;
  from.kind = intent.kind;
  if (const auto* held = chain(intent.party))
    from = *held;

  bool founded = from.head() != 0;
  if (maker.role == signer_role::member && founded && !from.has_member(maker.device))
    return refusal::signer_not_member;

  std::set<device_id> wanted(intent.add.begin(), intent.add.end());
  for (const auto& m : from.members)
    wanted.insert(m.device);
  for (const auto& d : intent.remove)
    wanted.erase(d);
  if (maker.role == signer_role::reset)
    wanted = {maker.device};

  std::vector<sealed_member> members;
  for (const auto& device : wanted) {
    auto facts = known.device(device);
    if (!facts)
      return refusal::needs;
    auto grant = known.entitlement(device, intent.party);
    if (grant && !facts->barred)
      members.push_back({{device, facts->certificate, *grant}, facts->sealing});
    else if (!from.has_member(device))
      return refusal::member_not_entitled;
  }
  return make_link(clinic_, from, std::move(members), intent.reason, maker, now);
}

expected<adoption> roster_keys::judge(const older_links& older, const roster_link& newest,
                                      const standing& known) const {
  party_chain from;
  if (const auto* held = chain(newest.core.party))
    from = *held;
  auto next = follow(from, older, newest, known);
  if (!next)
    return next.why();
  adoption out;
  out.chain = std::move(*next);
  out.foreign_seed = is_foreign_seed(newest);
  auto own = open_own_seed(clinic_, newest, own_, sealing_);
  if (own)
    out.seed = std::move(*own);
  else if (own.why() != refusal::not_for_me)
    out.trouble = own.why();
  // Nothing vouches for the seal of an older link, and nothing needs to: the seed is held against the inbox.
  // One that does not open leaves its epoch to a history pack.
  for (const auto& link : older.all)
    if (link.seal)
      if (auto seed = open_seed(clinic_, link.core, *link.seal, own_, sealing_))
        out.earlier.emplace(link.core.n, std::move(*seed));
  return out;
}

void roster_keys::adopt(adoption checked) {
  auto& party = parties_[checked.chain.party];
  auto head = checked.chain.head();
  if (!goes_on(party.chain, checked.chain))
    return;
  party.chain = std::move(checked.chain);
  if (checked.seed)
    party.seeds.insert_or_assign(head, std::move(*checked.seed));
  for (auto& [n, seed] : checked.earlier)
    party.seeds.try_emplace(n, std::move(seed));
}

refusal roster_keys::learn(const party_id& party, std::uint32_t n, secret32 seed) {
  auto found = parties_.find(party);
  const auto* epoch = found == parties_.end() ? nullptr : found->second.chain.at(n);
  if (epoch == nullptr)
    return refusal::needs;
  auto inbox = inbox_of(clinic_, party, n, seed).public_part;
  if (sodium_memcmp(inbox.data(), epoch->inbox.data(), inbox.size()) != 0)
    return refusal::seed_mismatch;
  found->second.seeds.insert_or_assign(n, std::move(seed));
  return refusal::none;
}

} // namespace wardline::e2ee
