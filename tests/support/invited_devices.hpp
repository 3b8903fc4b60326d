#pragma once
// Devices that come by an invitation with fields of the test's own, and registrars' words about devices.
#include "people_fixture.hpp"

namespace wardline {

/// Certified by this invitation of admin's, in the builder's log; the house does not know it yet.
inline build::enrolled& device_by(build::clinic& c, std::string_view who, const e2ee::invitation_fields& x) {
  auto raw = e2ee::sign_object(c.id, x, {{c.admin().signing, e2ee::labels::invitation}});
  c.put(raw, "invitation");
  auto invited = *e2ee::signed_invitation::decode(raw, c.id);
  auto name = std::string{who};
  auto invitation_key = c.key(name + " invitation");
  auto signing = c.key(who);
  auto certificate =
      e2ee::sign_object(c.id, c.certificate_for(who, invited),
                        {{invitation_key, e2ee::labels::device}, {signing, e2ee::labels::device_possession}});
  c.put(certificate, "device certificate");
  c.devices.push_back(build::enrolled{name, build::named<device_id>(who), x.user, x.of_class,
                                      std::move(invitation_key), std::move(signing), c.pair(name + " noise"),
                                      c.pair(name + " sealing"), invited,
                                      *e2ee::device_certificate::decode(certificate, c.id)});
  return c.devices.back();
}

/// A person's device that may read from a date on; `owner` empty: a new person of this name.
inline build::enrolled&
device_with_history(build::clinic& c, std::string_view who, std::vector<party_id> parties,
                    time_ms history_from, e2ee::invitation_purpose purpose = e2ee::invitation_purpose::first,
                    std::string_view owner = {}) {
  auto x = c.invitation_for(who, e2ee::device_class::personal_staff, c.user(owner.empty() ? who : owner),
                            std::move(parties), &c.admin());
  x.history_from = history_from;
  x.purpose = purpose;
  return device_by(c, who, x);
}

/// Admin's revocation, with a fresh second factor.
inline void turn_out(people_fixture& f, const build::enrolled& who) {
  f.c.revoke(who.device);
  f.proved = f.now;
  as<wire::device::submitted>(f.says(f.c.admin(), wire::device::submit{f.c.log.back().raw, {}, {}}));
  f.proved = 0;
}

} // namespace wardline
