#include "admission.hpp"
#include "e2ee/chains.hpp"
#include "lookups.hpp"
#include "own_parties.hpp"
#include "second_registrar.hpp"
#include "stored.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline {

namespace {

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

claimed_parties claim_of(const e2ee::signed_invitation& x) {
  return {x.of_class, x.user, x.parties};
}

struct checked_enrolment {
  opened_invitation invitation;
  e2ee::device_certificate certificate;
  bool new_person = false;
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
  // The code that was given belongs to this invitation and to no other: it guards no other one's certificate.
  if (certificate->invitation != found->row.object || !certificate->device)
    return verdict{refused(refusal::certificate_exceeds_invitation)};
  if (auto why = e2ee::verify(*certificate, c.known.trust(), about_to_be_logged(c.now)); why != refusal::none)
    return verdict{refused(why)};
  if (!c.known.name_is_free(certificate->display_name, certificate->user))
    return verdict{refused(refusal::name_taken)};
  // Who was invited to this party by another invitation may have come first.
  if (auto why = check_own_parties(c.known, claim_of(found->object)); why != refusal::none)
    return verdict{refused(why)};
  bool new_person = certificate->user && c.known.person(certificate->user) == nullptr;
  if (new_person && m.password.size() < password_bytes_min)
    return verdict{refused(refusal::password_too_short)};
  if (new_person && (m.second_factor.empty() || m.totp_secret.size() != wire::totp_secret_bytes))
    return verdict{refused(refusal::second_factor_needed)};
  return checked_enrolment{std::move(*found), std::move(*certificate), new_person};
}

/// A role that comes with this invitation carries a name of its own: nobody's, and no other new role's.
bool role_name_taken(const registry& known, const e2ee::signed_invitation& x,
                     const wire::device::party_name& role,
                     const std::vector<wire::device::party_name>& names) {
  auto same = [&](const auto& n) { return n.kind == role.kind && n.name == role.name; };
  return role.name == x.display_name || std::count_if(names.begin(), names.end(), same) > 1 ||
         (known.founded() && known.holder_of(role.name));
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
  auto second = word_at(c, c.known.trust().invited(found->row.object)->where.position);
  out.chain = chain_of_invitation(c, found->object.registrar, second);
  out.invitation_object = found->object.raw();
  return outcome{std::move(out)};
}

enrol_precheck precheck_enrol(const circumstances& c, const wire::device::enrol& m,
                              const public_key& noise_key, ports::second_factor& factors) {
  auto checked = check_enrol(c, m, noise_key);
  if (auto* done = std::get_if<verdict>(&checked))
    return {std::move(*done), std::nullopt};
  if (!std::get<checked_enrolment>(checked).new_person)
    return {};
  auto step = factors.matched_step(m.totp_secret, m.second_factor, rules::step_at(c.now));
  return step ? enrol_precheck{std::nullopt, step}
              : enrol_precheck{refused(refusal::wrong_second_factor), std::nullopt};
}

verdict decide_enrol(const circumstances& c, const wire::device::enrol& m, const public_key& noise_key,
                     const std::optional<first_log_in>& first) {
  auto checked = check_enrol(c, m, noise_key);
  if (auto* done = std::get_if<verdict>(&checked))
    return std::move(*done);
  auto& [invitation, certificate, new_person] = std::get<checked_enrolment>(checked);
  act a;
  a.entry.kind = rules::audit_kind::enrolled;
  a.entry.time = c.now;
  a.entry.user = certificate.user;
  a.entry.device = certificate.device;
  a.entry.object = invitation.object.invitation.value;
  a.entry.hash = certificate.hash();
  auto row = invitation.row;
  row.state = rows::invitation_state::spent;
  row.certificate = certificate.hash();
  a.changes.push_back(put_row(ports::table::invitation, to_bytes(m.invitation.view()), row));
  a.changes.push_back(put_object(certificate.hash(), certificate.raw()));
  a.changes.push_back(put_row(ports::table::device, to_bytes(certificate.device.view()),
                              rows::device{certificate.hash(), false}));
  std::optional<rows::user> person;
  if (new_person && first) {
    person = rows::user{own_party(c.known, claim_of(invitation.object)), certificate.display_name,
                        first->password_phc};
    add_first_log_in(a, certificate, *person, m.totp_secret, *first, c.now);
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

refusal check_invited(const registry& known, const e2ee::signed_invitation& x,
                      const std::vector<wire::device::party_name>& names) {
  bool station = x.of_class == e2ee::device_class::station;
  if (!x.invitation || station == static_cast<bool>(x.user) || x.display_name.empty())
    return refusal::malformed_request;
  std::set<party_id> named;
  for (const auto& n : names) {
    bool invited = std::binary_search(x.parties.begin(), x.parties.end(), n.party);
    bool storable = n.kind >= 1 && n.kind <= 4 && !n.name.empty() && n.name.size() <= wire::name_bytes_max;
    if (!invited || !storable || !named.insert(n.party).second)
      return refusal::malformed_request;
    if (known.damaged(n.party))
      return refusal::value_not_openable;
    const auto* held = known.party(n.party);
    if (held != nullptr && (static_cast<std::uint8_t>(held->kind) != n.kind || held->name != n.name))
      return refusal::already_exists;
    if (held == nullptr && n.kind == static_cast<std::uint8_t>(rules::party_kind::role) &&
        role_name_taken(known, x, n, names))
      return refusal::name_taken;
  }
  for (const auto& p : x.parties)
    if (known.party(p) == nullptr && !named.contains(p))
      return refusal::not_found;
  return check_own_parties(known, claim_of(x), names);
}

verdict decide_invite(const circumstances& c, const caller& who, const wire::device::invite& m,
                      const std::array<std::uint8_t, 16>& code_salt) {
  auto object = e2ee::signed_invitation::decode(m.object, c.known.clinic().id);
  if (!object)
    return refused(object.why());
  if (m.code.size() != wire::code_digits)
    return refused(refusal::malformed_request);
  if (const auto* held = c.known.trust().invited(object->hash()); held != nullptr) {
    // The answer got lost: the same invitation again is the same answer.
    return outcome{wire::device::submitted{object->hash(), held->where.position}};
  }
  if (c.rows.read(ports::table::invitation, object->invitation.view()).status != ports::read_status::absent)
    return refused(refusal::already_exists);
  auto checked = check_with_second(c, m.cosignature, [&](const auto& second) {
    return e2ee::verify(*object, c.known.trust(), about_to_be_logged(c.now, second));
  });
  if (checked.why != refusal::none)
    return refused(checked.why);
  if (!may_submit(c, object->registrar, checked, who.device))
    return refused(refusal::author_not_channel);
  if (!c.known.name_is_free(object->display_name, object->user))
    return refused(refusal::name_taken);
  if (auto why = check_invited(c.known, *object, m.names); why != refusal::none)
    return refused(why);
  if (chain_of_invitation(c, object->registrar, checked.word).size() > wire::chain_certificates_max)
    return refused(refusal::count_too_large);
  std::vector<wire::device::party_name> fresh;
  std::copy_if(m.names.begin(), m.names.end(), std::back_inserter(fresh),
               [&](const auto& n) { return c.known.party(n.party) == nullptr; });
  rows::invitation row{object->hash(),
                       code_salt,
                       code_hash(code_salt, m.code),
                       0,
                       rows::invitation_state::waiting,
                       {},
                       m.link_key.value_or(public_key{})};
  auto a = invitation_act(*object, row, fresh, m.link_key, c.now);
  a.entry.device = who.device; // who invited; the entry's user is who is invited
  keep(checked, a);
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
