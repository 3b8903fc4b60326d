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

bool trust_standing::may_reset(const device_id& d) const {
  const auto* held = known_.newest_before(d, at_.position);
  if (held == nullptr || !held->what.user)
    return false;
  const auto* invited = known_.invited(held->what.invitation);
  if (invited == nullptr || invited->what.purpose != invitation_purpose::replacement)
    return false;
  auto all = known_.newest_certificates();
  return std::all_of(all.begin(), all.end(), [&](const auto* other) {
    return other->what.device == d || other->what.user != held->what.user ||
           known_.device_revoked_before(other->what.device, at_.position);
  });
}

bool trust_standing::removal_pending(const device_id& d, const party_id& p) const {
  auto facts = device(d);
  return !facts || facts->barred || !entitlement(d, p) || gates_.leaving.count({d, p}) != 0;
}

std::optional<party_kind> trust_standing::kind_of(const party_id& p) const {
  return known_.kind_of(p);
}

} // namespace wardline::e2ee
