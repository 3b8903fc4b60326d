#include "founding.hpp"
#include "admission.hpp"
#include "e2ee/chains.hpp"
#include "stored.hpp"
#include "wire/limits.hpp"
#include "wire/text.hpp"
#include <algorithm>

namespace wardline {

namespace {

/// The emergency role is the daemon's word like every role's name: who may be in it, registrars sign.
refusal check_emergency(const founding& f, const e2ee::signed_invitation& first) {
  bool named = f.emergency && !f.emergency_name.empty() && f.emergency_name.size() <= wire::name_bytes_max &&
               text_ok(view(f.emergency_name));
  bool fresh =
      std::none_of(f.names.begin(), f.names.end(), [&](const auto& n) { return n.party == f.emergency; });
  if (!named || !fresh)
    return refusal::malformed_request;
  bool taken =
      f.emergency_name == first.display_name ||
      std::any_of(f.names.begin(), f.names.end(), [&](const auto& n) { return n.name == f.emergency_name; });
  return taken ? refusal::name_taken : refusal::none;
}

} // namespace

verdict decide_founding(const founding& f, const incarnation_id& incarnation, const registry& known,
                        time_ms now) {
  if (known.founded())
    return refused(refusal::already_exists);
  auto root = e2ee::root_certificate::decode(f.root, f.clinic);
  if (!root)
    return refused(root.why());
  e2ee::trust trust{f.clinic, root->identity};
  if (auto why = e2ee::verify(*root, trust); why != refusal::none)
    return refused(why);
  auto server = e2ee::admit_server(f.server, trust);
  if (!server)
    return refused(server.why());
  e2ee::evidence first;
  first.in_log = e2ee::log_place{3, now}; // behind incarnation, root and server
  auto invitation = e2ee::admit_invitation(f.invitation, trust, first);
  if (!invitation)
    return refused(invitation.why());
  if (auto why = check_invited(known, *invitation, f.names); why != refusal::none)
    return refused(why);
  if (auto why = check_emergency(f, *invitation); why != refusal::none)
    return refused(why);

  rows::clinic clinic{f.clinic, incarnation, root->hash(), server->hash(), f.emergency};
  rows::party emergency{rules::party_kind::role, f.emergency_name, 0, {}};
  act opened;
  opened.entry.kind = rules::audit_kind::incarnation_opened;
  opened.entry.time = now;
  opened.entry.object = incarnation.value;
  opened.changes.push_back(put_row(ports::table::meta, to_bytes(view(rows::clinic_key)), clinic));
  opened.changes.push_back(put_row(ports::table::party, to_bytes(f.emergency.view()), emergency));
  auto accept = [&](const hash32& hash, const bytes& raw) {
    act a;
    a.entry.kind = rules::audit_kind::object_accepted;
    a.entry.time = now;
    a.entry.hash = hash;
    a.changes.push_back(put_object(hash, raw));
    return a;
  };
  rows::invitation row{invitation->hash(),
                       f.code_salt,
                       f.code_hash,
                       0,
                       rows::invitation_state::waiting,
                       {},
                       f.link_key.value_or(public_key{})};
  write all;
  all.acts.push_back(std::move(opened));
  all.acts.push_back(accept(root->hash(), f.root));
  all.acts.push_back(accept(server->hash(), f.server));
  all.acts.push_back(invitation_act(*invitation, row, f.names, f.link_key, now));
  return decision{std::move(all),
                  [=, root = *root, server = *server, invitation = *invitation,
                   names = f.names](registry& r, const committed& at) {
                    r.found(clinic, root, server);
                    r.put(clinic.emergency, emergency);
                    r.trust_to_extend().adopt(invitation, {at.stamps.back().leaf, now});
                    for (const auto& n : names)
                      r.put(n.party, rows::party{static_cast<rules::party_kind>(n.kind), n.name, 0, {}});
                  },
                  [](const committed& at) { return outcome{wire::device::done{at.stamps.back().leaf}}; }};
}

} // namespace wardline
