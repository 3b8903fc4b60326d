#pragma once
// Whose party is whose: a user's or patient's party belongs to one person.
#include "registry.hpp"

namespace wardline {

/// Of a certificate or an invitation: class, user and parties.
struct claimed_parties {
  e2ee::device_class of_class;
  const user_id& user;
  const std::vector<party_id>& parties;
};

/// The kind of the party that is a person's own.
rules::party_kind own_kind(e2ee::device_class c);

/// The person's own party: the one of her kind among those claimed.
party_id own_party(const registry& known, const claimed_parties& x);

/// A user's or patient's party belongs to one person: at most one among those claimed, of the right class,
/// and nobody else's. `names`: parties that become known with this. class_not_for_party.
refusal check_own_parties(const registry& known, const claimed_parties& x,
                          const std::vector<wire::device::party_name>& names = {});

} // namespace wardline
