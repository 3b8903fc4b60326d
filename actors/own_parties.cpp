#include "own_parties.hpp"
#include <algorithm>
#include <utility>

namespace wardline {

rules::party_kind own_kind(e2ee::device_class c) {
  switch (c) {
  case e2ee::device_class::personal_patient:
    return rules::party_kind::patient;
  case e2ee::device_class::service:
    return rules::party_kind::service;
  default:
    return rules::party_kind::user;
  }
}

party_id own_party(const registry& known, const claimed_parties& x) {
  for (const auto& p : x.parties)
    if (const auto* row = known.party(p); row != nullptr && row->kind == own_kind(x.of_class))
      return p;
  return {};
}

refusal check_own_parties(const registry& known, const claimed_parties& x,
                          const std::vector<wire::device::party_name>& names) {
  auto kind_of = [&](const party_id& p) {
    auto named = std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.party == p; });
    if (named != names.end())
      return static_cast<rules::party_kind>(named->kind);
    const auto* held = known.party(p);
    return held != nullptr ? held->kind : rules::party_kind::role;
  };
  bool seen = false;
  for (const auto& p : x.parties) {
    auto kind = kind_of(p);
    if (kind != rules::party_kind::user && kind != rules::party_kind::patient)
      continue;
    if (std::exchange(seen, true) || !x.user || kind != own_kind(x.of_class))
      return refusal::class_not_for_party;
    if (auto owner = known.owner(p); owner && *owner != x.user)
      return refusal::class_not_for_party;
  }
  return refusal::none;
}

} // namespace wardline
