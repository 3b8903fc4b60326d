#pragma once
// A log that holds every kind of identity object.
#include "builders.hpp"

namespace wardline::e2ee::build {

/// A log with every kind, a cosigned grant and a renewal that changes the signing key.
struct full_clinic : clinic {
  full_clinic() {
    auto triage = party("triage");
    auto& nurse = person("nurse1", {party("nurse1")});
    auto& second = person("manager", {party("manager")});
    make_registrar(second, scope::staff | scope::role_grants, scope::staff);
    station("front desk", {triage});
    patient("patient1");
    auto& relative = proxy("relative");
    grant(relative.user, party("patient1"), now().time + 300 * day);
    grant(nurse.user, triage);
    withdraw(nurse.user, triage);
    grant_with_cosign(second, nurse.user, triage);
    renew_with_new_key(nurse);
    revoke(second.device);
  }

  bytes cosign_of(const hash32& what) {
    cosign_fields x{what, registrar_of(admin()).hash(), now().time};
    return sign_object(id, x, {{admin().signing, labels::cosign}});
  }

  void grant_with_cosign(const enrolled& by, const user_id& to, const party_id& p) {
    auto x = grant_of(subject_kind::user, subject_of(to), p, grant_state::granted, 0);
    x.registrar = registrar_of(by).hash();
    auto raw = sign_object(id, x, {{by.signing, labels::grant}});
    put(raw, "cosigned grant",
        cosignature::decode(cosign_of(role_grant::decode(raw, id)->hash()), id).operator*());
  }

  void renew_with_new_key(enrolled& who) {
    auto x = renewal_for(who, admin());
    auto next = key("nurse1, second key");
    x.signing_key = next.public_part();
    put(sign_object(id, x,
                    {{admin().signing, labels::device},
                     {next, labels::device_possession},
                     {who.signing, labels::device_possession}}),
        "renewal");
  }
};

} // namespace wardline::e2ee::build
