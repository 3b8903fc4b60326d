#include "founding.hpp"
#include "admission.hpp"
#include "e2ee/chains.hpp"
#include "stored.hpp"

namespace wardline {

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

  rows::clinic clinic{f.clinic, incarnation, root->hash(), server->hash()};
  act opened;
  opened.entry.kind = rules::audit_kind::incarnation_opened;
  opened.entry.time = now;
  opened.entry.object = incarnation.value;
  opened.changes.push_back(put_row(ports::table::meta, to_bytes(view(rows::clinic_key)), clinic));
  auto accept = [&](const hash32& hash, const bytes& raw) {
    act a;
    a.entry.kind = rules::audit_kind::object_accepted;
    a.entry.time = now;
    a.entry.hash = hash;
    a.changes.push_back(put_object(hash, raw));
    return a;
  };
  rows::invitation row{invitation->hash(), f.code_salt, f.code_hash, 0, rows::invitation_state::waiting, {}};
  write all;
  all.acts.push_back(std::move(opened));
  all.acts.push_back(accept(root->hash(), f.root));
  all.acts.push_back(accept(server->hash(), f.server));
  all.acts.push_back(invitation_act(*invitation, row, f.names, f.link_key, now));
  return decision{std::move(all),
                  [=, root = *root, server = *server, invitation = *invitation,
                   names = f.names](registry& r, const committed& at) {
                    r.found(clinic, root, server);
                    r.trust_to_extend().adopt(invitation, {at.stamps.back().leaf, now});
                    for (const auto& n : names)
                      r.put(n.party, rows::party{static_cast<rules::party_kind>(n.kind), n.name, 0, {}});
                  },
                  [](const committed& at) { return outcome{wire::device::done{at.stamps.back().leaf}}; }};
}

} // namespace wardline
