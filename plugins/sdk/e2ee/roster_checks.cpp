// Whether a link may follow a chain (e2ee 5.6): its place, its maker, its members.
#include "e2ee/keys.hpp"
#include "e2ee/roster.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

using member_list = std::vector<party_member>;

const party_member* find(const member_list& members, const device_id& d) {
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

/// All devices of a person's own party are lost, and the one that is left begins anew (e2ee 6.9). Never a
/// role: it has no person, so registrars grant and turn it. Never by a grant: a proxy is not the patient.
refusal check_reset(const link_core& core, const member_list* before, const standing& known) {
  bool own = core.party_is != party_kind::role && core.n > 1 && core.count == 1 &&
             known.entitlement(core.signer_device, core.party) == hash32{};
  bool lost = before == nullptr || std::all_of(before->begin(), before->end(), [&](const party_member& m) {
                auto facts = known.device(m.device);
                return m.device == core.signer_device || (facts && facts->barred);
              });
  return own && lost && known.may_reset(core.signer_device) ? refusal::none : refusal::reset_not_allowed;
}

/// May the signer make this link, as far as the core tells? `before`: the members of n - 1, nothing if they
/// are not known any more. Then too the signer belongs to the party at that place in the log: otherwise a
/// daemon could put a stranger's link behind a gap that nobody sees into.
refusal check_maker(const link_core& core, const member_list* before, const standing& known) {
  if (core.role == signer_role::registrar)
    return known.registrar_may_turn(core.signer_certificate, core.party, core.party_is, core.hash());
  auto signer = known.device(core.signer_device);
  if (!signer || signer->barred)
    return refusal::signer_not_member;
  if (core.role == signer_role::reset)
    return check_reset(core, before, known);
  bool member = core.n == 1 || before == nullptr || find(*before, core.signer_device) != nullptr;
  return member && known.entitlement(core.signer_device, core.party) ? refusal::none
                                                                     : refusal::signer_not_member;
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

/// Everything about a head except its place; `before` as in check_maker.
refusal check_head(const party_chain& chain, const roster_link& next, const member_list* before,
                   const standing& known) {
  const auto& core = next.core;
  if (auto why = check_maker(core, before, known); why != refusal::none)
    return why;
  bool in_own_list = next.member(core.signer_device) != nullptr;
  if (core.role == signer_role::reset && !in_own_list)
    return refusal::reset_not_allowed;
  if (core.role == signer_role::member && core.n == 1 && !in_own_list)
    return refusal::signer_not_member;
  for (const auto& m : next.members)
    if (auto why = check_member(m, core, known); why != refusal::none)
      return why;
  return check_inbox(chain, core.inbox);
}

/// A link between the held head and the newest, judged at its own place in the log.
refusal check_older(const party_chain& chain, const link_core& core, const member_list* before,
                    const standing& known) {
  if (auto why = check_signature(core, known); why != refusal::none)
    return why;
  if (auto why = check_position(chain, core, viewpoint::client); why != refusal::none)
    return why;
  if (auto why = check_maker(core, before, known); why != refusal::none)
    return why;
  return check_inbox(chain, core.inbox);
}

party_chain with_core(party_chain chain, const link_core& core) {
  chain.party = core.party;
  chain.kind = core.party_is;
  chain.epochs.push_back({core.hash(), core.inbox});
  chain.members.clear();
  return chain;
}

/// Nobody listed: the list of a link that is not the head is not kept.
const member_list* listed(const party_chain& chain) {
  return chain.head() != 0 && chain.members.empty() ? nullptr : &chain.members;
}

} // namespace

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

expected<party_chain> follow(const party_chain& held, const older_links& older, const roster_link& newest,
                             const standing& known) {
  auto chain = held;
  for (const auto& link : older.all) {
    auto there = link.where ? known.elsewhere(*link.where, link.cosigned) : nullptr;
    if (auto why = check_older(chain, link.core, listed(chain), there ? *there : known); why != refusal::none)
      return why;
    chain = with_core(std::move(chain), link.core);
  }
  if (auto why = check_signature(newest.core, known); why != refusal::none)
    return why;
  if (auto why = check_position(chain, newest.core, viewpoint::client); why != refusal::none)
    return why;
  if (auto why = check_head(chain, newest, listed(chain), known); why != refusal::none)
    return why;
  return extended(std::move(chain), newest);
}

std::vector<hash32> missing(const older_links& older, const roster_link& newest, const trust& t) {
  std::set<hash32> out;
  auto want = [&](const hash32& hash) {
    if (t.certificate(hash) == nullptr && t.registrar(hash) == nullptr)
      out.insert(hash);
  };
  for (const auto& link : older.all) {
    want(link.core.signer_certificate);
    if (link.cosigned)
      want(link.cosigned->registrar);
  }
  want(newest.core.signer_certificate);
  for (const auto& m : newest.members)
    want(m.certificate);
  return {out.begin(), out.end()};
}

} // namespace wardline::e2ee
