#include "e2ee/roster.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

std::size_t members_max(party_kind kind) {
  bool person = kind == party_kind::user || kind == party_kind::patient;
  return person ? person_party_members_max : party_members_max;
}

expected<std::vector<party_member>> decode_members(bytes_view raw) {
  reader in{raw};
  auto out = in.set16(party_members_max, device_id::size, [](reader& r) {
    party_member m;
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

expected<std::vector<seed_seal>> decode_seals(bytes_view raw) {
  reader in{raw};
  auto out = in.list16(party_members_max, [](reader& r) {
    seed_seal s;
    s.enc = r.b32();
    s.ct = r.fixed_bytes<48>();
    return s;
  });
  in.finish();
  if (!in.ok())
    return in.why();
  return out;
}

const party_member* find(const std::vector<party_member>& members, const device_id& d) {
  auto found = std::lower_bound(members.begin(), members.end(), d,
                                [](const party_member& m, const device_id& x) { return m.device < x; });
  return found == members.end() || found->device != d ? nullptr : &*found;
}

refusal check_signature(const link_core& core, const standing& known) {
  public_key key;
  if (core.role == signer_role::registrar) {
    auto signer = known.registrar(core.signer_certificate);
    if (!signer)
      return refusal::needs;
    if (signer->device != core.signer_device)
      return refusal::registrar_key_mismatch;
    key = signer->signing;
  } else {
    auto signer = known.device(core.signer_device);
    if (!signer)
      return refusal::needs;
    if (signer->certificate != core.signer_certificate)
      return refusal::stale_certificate;
    key = signer->signing;
  }
  bool valid = verify_signature(key, labels::link, core.frame.signed_bytes(), core.frame.signature(0));
  return valid ? refusal::none : refusal::bad_signature;
}

/// Number, previous hash, party and kind.
refusal check_position(const party_chain& chain, const link_core& core, viewpoint who) {
  if (core.n == 0)
    return refusal::chain_broken;
  if (const auto* held = chain.at(core.n)) {
    bool other = held->hash != core.hash();
    return other && who == viewpoint::client ? refusal::roster_fork : refusal::epoch_taken;
  }
  if (core.n != chain.head() + 1)
    return refusal::needs;
  if (chain.head() == 0)
    return is_zero(core.previous) ? refusal::none : refusal::chain_broken;
  bool follows =
      core.previous == chain.epochs.back().hash && core.party == chain.party && core.party_is == chain.kind;
  return follows ? refusal::none : refusal::chain_broken;
}

/// `before`: the members of n - 1, nothing if they are not known any more.
refusal check_signer(const roster_link& next, const std::vector<party_member>* before,
                     const standing& known) {
  const auto& core = next.core;
  if (core.role == signer_role::registrar) {
    return known.registrar_may_turn(core.signer_certificate, core.party, core.party_is, core.hash());
  }
  auto signer = known.device(core.signer_device);
  if (!signer || signer->barred)
    return refusal::signer_not_member;
  if (core.role == signer_role::reset) {
    bool alone = next.members.size() == 1 && next.members.front().device == core.signer_device;
    return alone && core.n > 1 && known.may_reset(core.signer_device) ? refusal::none
                                                                      : refusal::reset_not_allowed;
  }
  if (core.n == 1)
    return next.member(core.signer_device) != nullptr ? refusal::none : refusal::signer_not_member;
  bool member = before == nullptr || find(*before, core.signer_device) != nullptr;
  return member ? refusal::none : refusal::signer_not_member;
}

/// A revoked device is asked about first: it is not entitled either, and the link's maker has to learn why.
refusal check_member(const party_member& m, const link_core& core, const standing& known) {
  auto facts = known.device(m.device);
  if (!facts)
    return refusal::needs;
  if (facts->barred)
    return refusal::link_keeps_revoked_device;
  if (facts->of_class == device_class::personal_patient && core.party_is != party_kind::patient)
    return refusal::class_not_for_party;
  if (facts->certificate != m.certificate)
    return refusal::stale_certificate;
  return known.entitled_by(m.device, core.party, m.grant) ? refusal::none : refusal::member_not_entitled;
}

refusal check_inbox(const party_chain& chain, const public_key& inbox) {
  bool used = std::any_of(chain.epochs.begin(), chain.epochs.end(),
                          [&](const party_chain::epoch& e) { return e.inbox == inbox; });
  return used ? refusal::inbox_reused : refusal::none;
}

/// A malicious member must not empty a role: it removes only who is to go anyway, or its own user's devices.
refusal check_removals(const party_chain& chain, const roster_link& next, const standing& known) {
  if (next.core.role == signer_role::registrar || next.core.role == signer_role::reset)
    return refusal::none;
  auto signer = known.device(next.core.signer_device);
  for (const auto& m : chain.members) {
    if (next.member(m.device) != nullptr || known.removal_pending(m.device, chain.party))
      continue;
    auto facts = known.device(m.device);
    bool own = m.device == next.core.signer_device ||
               (signer && signer->user && facts && facts->user == signer->user);
    if (!own)
      return refusal::removal_not_authorised;
  }
  return refusal::none;
}

/// Everything about a head except its place; `before` as in check_signer.
refusal check_head(const party_chain& chain, const roster_link& next, const std::vector<party_member>* before,
                   const standing& known) {
  if (auto why = check_signer(next, before, known); why != refusal::none)
    return why;
  for (const auto& m : next.members)
    if (auto why = check_member(m, next.core, known); why != refusal::none)
      return why;
  return check_inbox(chain, next.core.inbox);
}

party_chain with_core(party_chain chain, const link_core& core) {
  chain.party = core.party;
  chain.kind = core.party_is;
  chain.epochs.push_back({core.hash(), core.inbox});
  chain.members.clear();
  return chain;
}

} // namespace

void link_fields::write(writer& out) const {
  out.put(party).value(party_is).u32(n).put(previous).put(inbox).put(members_hash).put(seals_hash);
  out.u16(count).value(reason).value(role).put(signer_device).put(signer_certificate).u64(time);
}

link_fields link_fields::read(reader& in) {
  link_fields out;
  out.party = in.id<party_id>();
  out.party_is = in.one_of(party_kind::user, party_kind::service);
  out.n = in.u32();
  out.previous = in.b32();
  out.inbox = in.b32();
  out.members_hash = in.b32();
  out.seals_hash = in.b32();
  out.count = in.u16();
  if (in.ok() && (out.count == 0 || out.count > members_max(out.party_is)))
    in.refuse(refusal::count_too_large);
  out.reason = in.one_of(link_reason::genesis, link_reason::foreign_seed);
  out.role = in.one_of(signer_role::member, signer_role::reset);
  out.signer_device = in.id<device_id>();
  out.signer_certificate = in.b32();
  out.time = in.u64();
  return out;
}

refusal link_fields::check_keys() const {
  return check_x25519(inbox) ? refusal::none : refusal::bad_public_key;
}

bytes encode_members(const std::vector<party_member>& members) {
  writer out;
  out.list16(members,
             [](writer& w, const party_member& m) { w.put(m.device).put(m.certificate).put(m.grant); });
  return out.take();
}

bytes encode_seals(const std::vector<seed_seal>& seals) {
  writer out;
  out.list16(seals, [](writer& w, const seed_seal& s) { w.put(s.enc).put(s.ct); });
  return out.take();
}

hash32 members_hash(bytes_view members) {
  return labelled_hash(labels::members, members);
}

hash32 seals_hash(bytes_view seals) {
  return labelled_hash(labels::seals, seals);
}

const party_member* roster_link::member(const device_id& d) const {
  return find(members, d);
}

bool party_chain::has_member(const device_id& d) const {
  return find(members, d) != nullptr;
}

expected<roster_link> roster_link::decode(bytes_view core, bytes_view members, bytes_view seals,
                                          const clinic_id& pinned) {
  auto decoded = link_core::decode(core, pinned);
  if (!decoded)
    return decoded.why();
  if (members.size() > members_bytes_max || seals.size() > seals_bytes_max)
    return refusal::object_too_large;
  if (e2ee::members_hash(members) != decoded->members_hash)
    return refusal::members_hash_mismatch;
  if (e2ee::seals_hash(seals) != decoded->seals_hash)
    return refusal::seals_hash_mismatch;
  auto member_list = decode_members(members);
  if (!member_list)
    return member_list.why();
  auto seal_list = decode_seals(seals);
  if (!seal_list)
    return seal_list.why();
  if (member_list->size() != decoded->count || seal_list->size() != decoded->count)
    return refusal::count_mismatch;
  return roster_link{std::move(*decoded), to_bytes(members), to_bytes(seals), std::move(*member_list),
                     std::move(*seal_list)};
}

refusal check_link(const party_chain& chain, const roster_link& next, const standing& known, viewpoint who) {
  if (auto why = check_signature(next.core, known); why != refusal::none)
    return why;
  if (auto why = check_position(chain, next.core, who); why != refusal::none)
    return why;
  if (auto why = check_head(chain, next, &chain.members, known); why != refusal::none)
    return why;
  return who == viewpoint::daemon ? check_removals(chain, next, known) : refusal::none;
}

party_chain extended(party_chain chain, const roster_link& next) {
  auto out = with_core(std::move(chain), next.core);
  out.members = next.members;
  return out;
}

expected<party_chain> follow(const party_chain& held, const std::vector<link_core>& older,
                             const roster_link& newest, const standing& known) {
  auto chain = held;
  for (const auto& core : older) {
    if (auto why = check_position(chain, core, viewpoint::client); why != refusal::none)
      return why;
    if (auto why = check_inbox(chain, core.inbox); why != refusal::none)
      return why;
    chain = with_core(std::move(chain), core);
  }
  if (auto why = check_signature(newest.core, known); why != refusal::none)
    return why;
  if (auto why = check_position(chain, newest.core, viewpoint::client); why != refusal::none)
    return why;
  const auto* before = older.empty() ? &chain.members : nullptr;
  if (auto why = check_head(chain, newest, before, known); why != refusal::none)
    return why;
  return extended(std::move(chain), newest);
}

bool is_foreign_seed(const roster_link& link) {
  return link.member(link.core.signer_device) == nullptr;
}

} // namespace wardline::e2ee
