#pragma once
// Steps that the acceptance of every submitted object shares. Included by submission*.cpp only.
#include "second_registrar.hpp"
#include "submission.hpp"

namespace wardline::submission {

/// The act that accepts an object, its bytes stored behind the leaf.
act accepted(const hash32& hash, const bytes& raw, const caller& who, time_ms now);

/// The first act's leaf is the answer.
decision commit(std::vector<act> all, const hash32& hash,
                std::function<void(registry&, const committed&)> adopt);
inline decision commit(act a, const hash32& hash, std::function<void(registry&, const committed&)> adopt) {
  std::vector<act> all;
  all.push_back(std::move(a));
  return commit(std::move(all), hash, std::move(adopt));
}

/// What the trust knows from its commit on.
template <class Object>
decision commit_trusted(act a, const Object& object, time_ms now) {
  return commit(std::move(a), object.hash(), [object, now](registry& r, const committed& at) {
    r.trust_to_extend().adopt(object, {at.stamps.front().leaf, now});
  });
}

/// An object that is in already: the same answer again.
std::optional<outcome> answered_before(const circumstances& c, const hash32& hash);

/// Who lost the race learns what won it.
outcome refused_at_head(refusal why, std::uint32_t n, const hash32& head);

// ---- submission_gate.cpp
/// Another device of this person that is neither gated nor revoked.
bool has_another_device(const circumstances& c, const user_id& user, const device_id& d);
/// What the device's person has in hand goes back to everybody (escalation_reroute.cpp); nothing for a
/// station.
void order_reroute(const circumstances& c, const device_id& d, act& with);

// One function for each kind.
submitted_change submit_registrar(const circumstances& c, const caller& who, bytes_view raw);
submitted_change submit_device(const circumstances& c, const caller& who, const wire::device::submit& m);
submitted_change submit_grant(const circumstances& c, const caller& who, const wire::device::submit& m);
submitted_change submit_revocation(const circumstances& c, const caller& who, bytes_view raw);
submitted_change submit_link(const circumstances& c, const caller& who, const wire::device::submit& m);
submitted_change submit_pack(const circumstances& c, const caller& who, bytes_view raw);
submitted_change submit_key_list(const circumstances& c, const caller& who, const wire::device::submit& m);
submitted_change submit_conversation(const circumstances& c, const caller& who, bytes_view raw);

} // namespace wardline::submission
