#include "e2ee/entitlement.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

bool signed_by(const framed& frame, const public_key& key, std::string_view label) {
  return verify_signature(key, label, frame.signed_bytes(), frame.signature(0));
}

bool patient_subject(const grant_fields& x, const trust& t) {
  if (x.of_subject == subject_kind::user)
    return t.user_has_class(user_id{x.subject.value}, device_class::personal_patient);
  auto* device = t.newest(device_id{x.subject.value});
  return device != nullptr && device->what.of_class == device_class::personal_patient;
}

refusal check_grantable(const role_grant& x, const registrar_certificate& by, const trust& t) {
  auto k = t.kind_of(x.party);
  bool to_patient = patient_subject(x, t);
  if (k == party_kind::user)
    return refusal::party_not_grantable;
  if (k == party_kind::patient && (!to_patient || (by.scope & scope::patients) == 0))
    return refusal::party_not_grantable;
  if (to_patient && k != party_kind::patient)
    return refusal::class_not_for_party;
  if (k == party_kind::patient && x.state == grant_state::granted && x.until == 0)
    return refusal::class_not_for_party;
  return refusal::none;
}

/// The grant or withdrawal that speaks about this device and party.
const held<role_grant>* word_about(const trust& t, const device_certificate& device, const party_id& party,
                                   std::uint64_t position) {
  if (device.of_class == device_class::station)
    return t.grant_before({subject_kind::device, subject_of(device.device), party}, position);
  if (!device.user)
    return nullptr; // "none" is nobody's user
  return t.grant_before({subject_kind::user, subject_of(device.user), party}, position);
}

bool class_fits(const trust& t, const device_certificate& device, const party_id& party) {
  auto k = t.kind_of(party);
  bool patient = device.of_class == device_class::personal_patient;
  return k ? (*k == party_kind::patient) == patient : !patient;
}

/// Who may take a device out (5.5), its signature checked.
refusal check_revoker(const signed_revocation& x, const device_certificate& subject, const trust& t,
                      const log_place& at) {
  if (auto* registrar = t.registrar(x.signer)) {
    const auto& by = registrar->what;
    if (!signed_by(x.frame, by.signing_key, labels::revocation))
      return refusal::bad_signature;
    if (by.device != x.signer_device)
      return refusal::signer_may_not_revoke;
    // Taking out never waits for a second registrar.
    auto alone = by;
    alone.alone = scope::all;
    bool own = subject.of_class == device_class::personal_staff ||
               subject.of_class == device_class::personal_patient;
    auto why = check_act(alone, {scope_for(subject.of_class), &subject.parties, own, x.hash()}, t,
                         evidence{at, std::nullopt});
    return why == refusal::registrar_out_of_scope ? refusal::signer_may_not_revoke : why;
  }
  const auto& by = t.certificate(x.signer)->what;
  if (!signed_by(x.frame, by.signing_key, labels::revocation))
    return refusal::bad_signature;
  bool itself = by.device == subject.device;
  bool same_user = by.user && by.user == subject.user && !t.device_revoked_before(by.device, at.position);
  bool may = by.device == x.signer_device && (itself || same_user);
  return may ? refusal::none : refusal::signer_may_not_revoke;
}

} // namespace

std::optional<hash32> missing(const grant_fields& x, const trust& t) {
  return t.registrar(x.registrar) == nullptr ? std::optional{x.registrar} : std::nullopt;
}

refusal verify(const role_grant& x, const trust& t, const evidence& e) {
  if (missing(x, t))
    return refusal::needs;
  const auto& by = t.registrar(x.registrar)->what;
  if (!signed_by(x.frame, by.signing_key, labels::grant))
    return refusal::bad_signature;
  std::vector<party_id> parties{x.party};
  if (auto why = check_act(by, {scope::role_grants, &parties, false, x.hash()}, t, e); why != refusal::none)
    return why;
  if (auto why = check_grantable(x, by, t); why != refusal::none)
    return why;
  auto seen = t.grant_serial({x.of_subject, x.subject, x.party});
  if (auto why = check_serial(seen, x.serial, x.hash()); why != refusal::none)
    return why;
  return e.in_log ? refusal::none : refusal::not_in_log;
}

std::optional<hash32> missing(const revocation_fields& x, const trust& t) {
  bool known = is_zero(x.signer) || t.registrar(x.signer) != nullptr || t.certificate(x.signer) != nullptr;
  return known ? std::nullopt : std::optional{x.signer};
}

refusal verify(const signed_revocation& x, const trust& t, const log_place& at) {
  if (missing(x, t))
    return refusal::needs;
  bool by_identity = is_zero(x.signer);
  if (by_identity)
    return signed_by(x.frame, t.identity(), labels::revocation) ? refusal::none : refusal::bad_signature;
  auto* subject = t.newest(x.subject);
  if (subject == nullptr)
    return refusal::needs;
  if (auto why = check_revoker(x, subject->what, t, at); why != refusal::none)
    return why;
  // Registrars are made and unmade by the identity key alone (5.1).
  return x.of_subject == subject_kind::registrar ? refusal::signer_may_not_revoke : refusal::none;
}

std::optional<hash32> entitling_grant(const trust& t, const device_certificate& device, const party_id& party,
                                      const log_place& at) {
  auto* word = word_about(t, device, party, at.position);
  if (word == nullptr || word->what.state != grant_state::granted)
    return std::nullopt;
  bool open = word->what.until == 0 || at.time < word->what.until;
  return open ? std::optional{word->what.hash()} : std::nullopt;
}

bool entitled(const trust& t, const device_certificate& device, const party_id& party, const log_place& at) {
  auto* accepted = t.certificate(device.hash());
  if (accepted == nullptr || accepted->where.position >= at.position ||
      t.device_revoked_before(device.device, at.position) || !class_fits(t, device, party))
    return false;
  auto* word = word_about(t, device, party, at.position);
  bool withdrawn = word != nullptr && word->what.state == grant_state::withdrawn;
  bool certified = std::find(device.parties.begin(), device.parties.end(), party) != device.parties.end();
  return (certified && !withdrawn) || entitling_grant(t, device, party, at).has_value();
}

expected<role_grant> admit_grant(bytes_view raw, trust& t, const evidence& e) {
  auto x = role_grant::decode(raw, t.clinic());
  if (!x)
    return x;
  if (auto why = verify(*x, t, e); why != refusal::none)
    return why;
  t.adopt(*x, *e.in_log);
  return x;
}

expected<signed_revocation> admit_revocation(bytes_view raw, trust& t, const log_place& at) {
  auto x = signed_revocation::decode(raw, t.clinic());
  if (!x)
    return x;
  if (auto why = verify(*x, t, at); why != refusal::none)
    return why;
  t.adopt(*x, at);
  return x;
}

refusal admit(bytes_view raw, trust& t, const evidence& e) {
  auto k = peek_kind(raw);
  if (!k)
    return k.why();
  switch (*k) {
  case kind::root:
    return admit_root(raw, t).why();
  case kind::server:
    return admit_server(raw, t).why();
  case kind::registrar:
    return admit_registrar(raw, t, e).why();
  case kind::invitation:
    return admit_invitation(raw, t, e).why();
  case kind::device:
    return admit_device(raw, t, e).why();
  case kind::grant:
    return admit_grant(raw, t, e).why();
  case kind::revocation:
    return e.in_log ? admit_revocation(raw, t, *e.in_log).why() : refusal::not_in_log;
  default:
    return refusal::unknown_kind;
  }
}

} // namespace wardline::e2ee
