#include "admission.hpp"
#include "e2ee/chains.hpp"
#include "stored.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline {

namespace {

/// The leaf about to be written stands behind everything that is in the log.
e2ee::evidence about_to_be_logged(time_ms now) {
  e2ee::evidence e;
  e.in_log = e2ee::log_place{UINT64_MAX, now};
  return e;
}

struct opened_invitation {
  rows::invitation row;
  e2ee::signed_invitation object;
};

/// The invitation and its row; a refusal that says no more than that there is none.
expected<opened_invitation> find_invitation(const circumstances& c, const invitation_id& id) {
  if (!c.known.founded())
    return refusal::not_found;
  auto row = read_row<rows::invitation>(c.rows, ports::table::invitation, id.view());
  if (!row)
    return refusal::not_found;
  const auto* held = c.known.trust().invited(row->row.object);
  if (held == nullptr)
    return refusal::not_found;
  return opened_invitation{row->row, held->what};
}

/// A wrong code is counted and logged before anybody learns that it was wrong.
decision count_wrong_code(const opened_invitation& found, time_ms now) {
  auto row = found.row;
  ++row.wrong_codes;
  if (row.wrong_codes >= wrong_codes_max)
    row.state = rows::invitation_state::dead;
  act a;
  a.entry.kind = rules::audit_kind::refused;
  a.entry.time = now;
  a.entry.object = found.object.invitation.value;
  a.entry.hash = row.object;
  a.changes.push_back(put_row(ports::table::invitation, to_bytes(found.object.invitation.view()), row));
  auto why = row.state == rows::invitation_state::dead ? refusal::invitation_dead : refusal::wrong_code;
  return {write{{std::move(a)}}, [](registry&, const committed&) {},
          [why](const committed&) { return refused(why); }};
}

bool code_fits(const rows::invitation& row, std::string_view code) {
  return code_hash(row.code_salt, code) == row.code_hash; // of hashes: what differs first tells nothing
}

/// The registrar's certificate and what it hangs on, newest last; empty under the identity key.
std::vector<bytes> chain_of(const e2ee::trust& t, const e2ee::signed_invitation& x) {
  std::vector<bytes> out;
  const auto* registrar = t.registrar(x.registrar);
  if (registrar == nullptr)
    return out;
  if (const auto* device = t.newest(registrar->what.device); device != nullptr) {
    if (const auto* invited = t.invited(device->what.invitation); invited != nullptr) {
      out = chain_of(t, invited->what);
      out.push_back(invited->what.raw());
    }
    out.push_back(device->what.raw());
  }
  out.push_back(registrar->what.raw());
  return out;
}

/// Kinds and names of parties that come into being with an invitation.
refusal check_names(const registry& known, const e2ee::signed_invitation& x,
                    const std::vector<wire::device::party_name>& names) {
  auto invited = [&](const party_id& p) {
    return std::find(x.parties.begin(), x.parties.end(), p) != x.parties.end();
  };
  auto named = [&](const party_id& p) {
    return std::any_of(names.begin(), names.end(), [&](const auto& n) { return n.party == p; });
  };
  for (const auto& n : names) {
    if (!invited(n.party))
      return refusal::malformed_request;
    const auto* held = known.party(n.party);
    if (held != nullptr && (static_cast<std::uint8_t>(held->kind) != n.kind || held->name != n.name))
      return refusal::already_exists;
  }
  for (const auto& p : x.parties)
    if (known.party(p) == nullptr && !named(p))
      return refusal::not_found;
  return refusal::none;
}

/// The person's own party: the one of kind user among the invitation's.
party_id own_party(const registry& known, const e2ee::signed_invitation& x) {
  for (const auto& p : x.parties)
    if (const auto* row = known.party(p); row != nullptr && row->kind == rules::party_kind::user)
      return p;
  return {};
}

struct checked_enrolment {
  opened_invitation invitation;
  e2ee::device_certificate certificate;
};

/// All that can be said before the password: a verdict, or what enrols.
std::variant<verdict, checked_enrolment> check_enrol(const circumstances& c, const wire::device::enrol& m,
                                                     const public_key& noise_key) {
  auto found = find_invitation(c, m.invitation);
  if (!found)
    return verdict{refused(found.why())};
  if (found->row.state == rows::invitation_state::dead)
    return verdict{refused(refusal::invitation_dead)};
  if (!code_fits(found->row, m.code))
    return verdict{count_wrong_code(*found, c.now)};
  auto certificate = e2ee::device_certificate::decode(m.certificate, c.known.clinic().id);
  if (!certificate)
    return verdict{refused(certificate.why())};
  if (found->row.state == rows::invitation_state::spent) {
    // A lost answer: the same certificate again is the same answer (e2ee 6.1).
    const auto* held = c.known.trust().certificate(certificate->hash());
    if (held != nullptr && held->what.raw() == m.certificate)
      return verdict{outcome{wire::device::enrolled{held->where.position}}};
    return verdict{refused(refusal::invitation_used_twice)};
  }
  if (certificate->noise_key != noise_key)
    return verdict{refused(refusal::handshake_failed)};
  if (auto why = e2ee::verify(*certificate, c.known.trust(), about_to_be_logged(c.now)); why != refusal::none)
    return verdict{refused(why)};
  if (auto other = c.known.named(certificate->display_name); other && *other != certificate->user)
    return verdict{refused(refusal::name_taken)};
  bool new_person = c.known.person(certificate->user) == nullptr;
  if (new_person && m.password.size() < password_bytes_min)
    return verdict{refused(refusal::password_too_short)};
  return checked_enrolment{std::move(*found), std::move(*certificate)};
}

} // namespace

hash32 code_hash(const std::array<std::uint8_t, 16>& salt, std::string_view code) {
  return sha256({salt, view(code)});
}

verdict decide_show(const circumstances& c, const wire::device::show_invitation& m) {
  auto found = find_invitation(c, m.invitation);
  if (!found)
    return refused(found.why());
  if (found->row.state == rows::invitation_state::dead)
    return refused(refusal::invitation_dead);
  if (!code_fits(found->row, m.code))
    return count_wrong_code(*found, c.now);
  auto root = read_object(c.rows, c.known.clinic().root);
  if (!root)
    return refused(refusal::value_not_openable);
  wire::device::invitation out;
  out.root = std::move(root->raw);
  out.server = c.known.trust().server()->raw();
  out.chain = chain_of(c.known.trust(), found->object);
  out.invitation_object = found->object.raw();
  return outcome{std::move(out)};
}

std::optional<verdict> precheck_enrol(const circumstances& c, const wire::device::enrol& m,
                                      const public_key& noise_key) {
  auto checked = check_enrol(c, m, noise_key);
  if (auto* done = std::get_if<verdict>(&checked))
    return std::move(*done);
  return std::nullopt;
}

verdict decide_enrol(const circumstances& c, const wire::device::enrol& m, const public_key& noise_key,
                     const std::string& password_phc) {
  auto checked = check_enrol(c, m, noise_key);
  if (auto* done = std::get_if<verdict>(&checked))
    return std::move(*done);
  auto& [invitation, certificate] = std::get<checked_enrolment>(checked);
  act a;
  a.entry.kind = rules::audit_kind::enrolled;
  a.entry.time = c.now;
  a.entry.user = certificate.user;
  a.entry.device = certificate.device;
  a.entry.object = certificate.invitation == hash32{} ? std::array<std::uint8_t, 16>{}
                                                      : invitation.object.invitation.value;
  a.entry.hash = certificate.hash();
  auto row = invitation.row;
  row.state = rows::invitation_state::spent;
  row.certificate = certificate.hash();
  a.changes.push_back(put_row(ports::table::invitation, to_bytes(m.invitation.view()), row));
  a.changes.push_back(put_object(certificate.hash(), certificate.raw()));
  a.changes.push_back(put_row(ports::table::device, to_bytes(certificate.device.view()),
                              rows::device{certificate.hash(), false}));
  std::optional<rows::user> person;
  if (certificate.user && c.known.person(certificate.user) == nullptr) {
    person = rows::user{own_party(c.known, invitation.object), certificate.display_name, password_phc};
    a.changes.push_back(put_row(ports::table::user, to_bytes(certificate.user.view()), *person));
  }
  auto now = c.now;
  return decision{
      write{{std::move(a)}},
      [certificate = certificate, person, now](registry& r, const committed& at) {
        r.trust_to_extend().adopt(certificate, {at.stamps.front().leaf, now});
        if (person)
          r.put(certificate.user, *person);
      },
      [](const committed& at) { return outcome{wire::device::enrolled{at.stamps.front().leaf}}; }};
}

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

verdict decide_invite(const circumstances& c, const caller& who, const wire::device::invite& m,
                      const std::array<std::uint8_t, 16>& code_salt) {
  auto object = e2ee::signed_invitation::decode(m.object, c.known.clinic().id);
  if (!object)
    return refused(object.why());
  if (m.code.size() != code_digits)
    return refused(refusal::malformed_request);
  if (const auto* held = c.known.trust().invited(object->hash()); held != nullptr) {
    // The answer got lost: the same invitation again is the same answer.
    return outcome{wire::device::submitted{object->hash(), held->where.position}};
  }
  if (c.rows.read(ports::table::invitation, object->invitation.view()).status != ports::read_status::absent)
    return refused(refusal::already_exists);
  if (auto why = e2ee::verify(*object, c.known.trust(), about_to_be_logged(c.now)); why != refusal::none)
    return refused(why);
  const auto* registrar = c.known.trust().registrar(object->registrar);
  if (registrar == nullptr || registrar->what.device != who.device)
    return refused(refusal::author_not_channel);
  if (auto other = c.known.named(object->display_name); other && *other != object->user)
    return refused(refusal::name_taken);
  if (auto why = check_names(c.known, *object, m.names); why != refusal::none)
    return refused(why);
  std::vector<wire::device::party_name> fresh;
  std::copy_if(m.names.begin(), m.names.end(), std::back_inserter(fresh),
               [&](const auto& n) { return c.known.party(n.party) == nullptr; });
  rows::invitation row{
      object->hash(), code_salt, code_hash(code_salt, m.code), 0, rows::invitation_state::waiting, {}};
  auto a = invitation_act(*object, row, fresh, m.link_key, c.now);
  a.entry.device = who.device; // who invited; the entry's user is who is invited
  auto now = c.now;
  return decision{write{{std::move(a)}},
                  [object = *object, fresh, now](registry& r, const committed& at) {
                    r.trust_to_extend().adopt(object, {at.stamps.front().leaf, now});
                    for (const auto& n : fresh)
                      r.put(n.party, rows::party{static_cast<rules::party_kind>(n.kind), n.name, 0, {}});
                  },
                  [hash = object->hash()](const committed& at) {
                    return outcome{wire::device::submitted{hash, at.stamps.front().leaf}};
                  }};
}

} // namespace wardline
