// Rows of accepted invitations and of a person's first log-in.
#include "admission.hpp"
#include "rules/sign_in_limits.hpp"
#include "stored.hpp"
#include "wire/hash.hpp"

namespace wardline {

act invitation_act(const e2ee::signed_invitation& object, const rows::invitation& row,
                   const std::vector<wire::device::party_name>& names,
                   const std::optional<public_key>& link_key, time_ms now) {
  act a;
  a.entry.kind = rules::audit_kind::invited;
  a.entry.time = now;
  a.entry.user = object.user;
  a.entry.object = object.invitation.value;
  a.entry.hash = object.hash();
  a.changes.push_back(put_row(ports::table::invitation, to_bytes(object.invitation.view()), row));
  a.changes.push_back(put_object(object.hash(), object.raw()));
  for (const auto& n : names)
    a.changes.push_back(put_row(ports::table::party, to_bytes(n.party.view()),
                                rows::party{static_cast<rules::party_kind>(n.kind), n.name, 0, {}}));
  if (link_key)
    a.changes.push_back(put_row(ports::table::link_key, to_bytes(sha256(*link_key)),
                                rows::link_key{*link_key, std::string{cli_plugin}}));
  return a;
}

void add_first_log_in(act& a, const e2ee::device_certificate& x, const rows::user& person,
                      const bytes& totp_secret, const first_log_in& first, time_ms now) {
  rows::second_factor factor;
  factor.secret = totp_secret;
  factor.used = rules::with_used({}, first.step);
  auto until = now + rules::limits_of(static_cast<rules::device_class>(x.of_class)).whole_ms;
  auto device = to_bytes(x.device.view());
  a.changes.push_back(put_row(ports::table::user, to_bytes(x.user.view()), person));
  a.changes.push_back(put_row(ports::table::user, rows::key_of_factor(x.user), factor));
  a.changes.push_back(put_row(ports::table::session, device, rows::session{x.user, now, until, now, {}}));
  rows::lock_share share{1, first.share.value, {}};
  a.changes.push_back(put_row(ports::table::device, rows::key_of_share(x.device), share));
  wipe(share.share);
  wipe(factor.secret);
}

} // namespace wardline
