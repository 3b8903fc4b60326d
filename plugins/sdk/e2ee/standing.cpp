#include "e2ee/standing.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

/// The scope bit a registrar needs to turn a party of this kind (e2ee 5.2, 5.6).
std::uint8_t scope_for(party_kind kind) {
  switch (kind) {
  case party_kind::user:
    return scope::staff;
  case party_kind::role:
    return scope::role_grants;
  case party_kind::patient:
    return scope::patients;
  case party_kind::service:
    return scope::services;
  }
  return 0; // no kind: no registrar has it
}

bool carries(const device_certificate& certificate, const party_id& p) {
  return std::find(certificate.parties.begin(), certificate.parties.end(), p) != certificate.parties.end();
}

/// How the device came; nothing if it was not there yet.
const held<device_certificate>* first_certificate(const trust& known, const device_id& d,
                                                  const log_place& at) {
  auto all = known.certificates_of(d);
  return all.empty() || all.front()->where.position >= at.position ? nullptr : all.front();
}

/// The invitation for a replacement that a person's device came by.
const signed_invitation* replacing(const trust& known, const device_certificate& first) {
  const auto* by = first.user ? known.invited(first.invitation) : nullptr;
  return by != nullptr && by->what.purpose == invitation_purpose::replacement ? &by->what : nullptr;
}

} // namespace

std::optional<device_facts> trust_standing::device(const device_id& d) const {
  const auto* held = known_.newest_before(d, at_.position);
  if (held == nullptr)
    return std::nullopt;
  const auto& c = held->what;
  bool barred = known_.device_revoked_before(d, at_.position) || gates_.gated.count(d) != 0;
  return device_facts{d, c.user, c.hash(), c.signing_key, c.sealing_key, c.of_class, barred};
}

bool trust_standing::entitled_by(const device_id& d, const party_id& p, const hash32& grant) const {
  const auto* held = known_.newest_before(d, at_.position);
  if (held == nullptr || !entitled(known_, held->what, p, at_))
    return false;
  return is_zero(grant) ? carries(held->what, p) : entitling_grant(known_, held->what, p, at_) == grant;
}

std::optional<hash32> trust_standing::entitlement(const device_id& d, const party_id& p) const {
  const auto* held = known_.newest_before(d, at_.position);
  if (held == nullptr || !entitled(known_, held->what, p, at_))
    return std::nullopt;
  return carries(held->what, p) ? hash32{} : entitling_grant(known_, held->what, p, at_);
}

std::optional<registrar_facts> trust_standing::registrar(const hash32& certificate) const {
  const auto* held = known_.registrar(certificate);
  if (held == nullptr)
    return std::nullopt;
  return registrar_facts{held->what.device, held->what.signing_key};
}

refusal trust_standing::registrar_may_turn(const hash32& certificate, const party_id& p, party_kind kind,
                                           const hash32& link) const {
  const auto* held = known_.registrar(certificate);
  if (held == nullptr)
    return refusal::needs;
  std::vector<party_id> parties{p};
  bool own_party = kind == party_kind::user || kind == party_kind::patient;
  return check_act(held->what, {scope_for(kind), &parties, own_party, link}, known_, {at_, second_});
}

bool trust_standing::others_gone(const device_certificate& of, std::uint64_t position) const {
  auto all = known_.newest_certificates();
  return std::all_of(all.begin(), all.end(), [&](const auto* other) {
    const auto& c = other->what;
    return c.device == of.device || c.user != of.user ||
           known_.newest_before(c.device, position) == nullptr ||
           known_.device_revoked_before(c.device, at_.position);
  });
}

bool trust_standing::may_reset(const device_id& d) const {
  const auto* came = first_certificate(known_, d, at_);
  return came != nullptr && replacing(known_, came->what) && others_gone(came->what, at_.position);
}

std::optional<replacement> trust_standing::replaced(const device_id& d) const {
  const auto* came = first_certificate(known_, d, at_);
  const auto* by = came == nullptr ? nullptr : replacing(known_, came->what);
  if (by == nullptr || !others_gone(came->what, came->where.position))
    return std::nullopt;
  return replacement{by->hash(), by->history_from};
}

std::unique_ptr<standing> trust_standing::elsewhere(const log_place& at,
                                                    const std::optional<cosignature>& cosigned) const {
  auto out = std::make_unique<trust_standing>(known_, at);
  out->second_ = cosigned;
  return out;
}

bool trust_standing::removal_pending(const device_id& d, const party_id& p) const {
  auto facts = device(d);
  return !facts || facts->barred || !entitlement(d, p) || gates_.leaving.count({d, p}) != 0;
}

std::optional<party_kind> trust_standing::kind_of(const party_id& p) const {
  return known_.kind_of(p);
}

} // namespace wardline::e2ee
