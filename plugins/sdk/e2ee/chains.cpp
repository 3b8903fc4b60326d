#include "e2ee/chains.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>
#include <limits>

namespace wardline::e2ee {

namespace {

bool signed_by(const framed& frame, std::size_t i, const public_key& key, std::string_view label) {
  return verify_signature(key, label, frame.signed_bytes(), frame.signature(i));
}

/// Every party of the act that belongs to a unit lies in one of the registrar's. Parties known as a person's
/// have no unit; where the act may name a person's own party, so has one of a kind that is not known yet (its
/// first link comes after its first device).
bool within_units(const registrar_certificate& by, const registrar_act& act, const trust& t) {
  if (by.units.empty())
    return true;
  std::size_t unknown_left = act.own_party ? 1 : 0;
  for (const auto& party : *act.parties) {
    if (std::binary_search(by.units.begin(), by.units.end(), party))
      continue;
    auto k = t.kind_of(party);
    if (k == party_kind::user || k == party_kind::patient)
      continue;
    if (k || unknown_left == 0)
      return false;
    --unknown_left;
  }
  return true;
}

bool newer_stands_before(const registrar_certificate& by, const trust& t, std::uint64_t position) {
  auto seen = t.registrar_serial(by.device);
  if (!seen || seen->serial <= by.serial)
    return false;
  auto* newer = t.registrar(seen->hash);
  return newer != nullptr && newer->where.position < position;
}

/// A cosignature over the act by another user's registrar who holds the same bit and was one at that time, by
/// the newest certificate of then.
refusal check_cosign(const registrar_certificate& by, const registrar_act& act, const trust& t,
                     const evidence& e) {
  if (!e.cosigned)
    return refusal::second_registrar_missing;
  const auto& c = *e.cosigned;
  auto* second = t.registrar(c.registrar);
  if (second == nullptr)
    return refusal::needs;
  if (!signed_by(c.frame, 0, second->what.signing_key, labels::cosign))
    return refusal::bad_signature;
  bool fits = c.of_object == act.object && (second->what.scope & act.scope_bit) != 0 &&
              second->what.user != by.user && second->where.position < position_of(e) &&
              !newer_stands_before(second->what, t, position_of(e)) &&
              !t.registrar_revoked_before(second->what.device, position_of(e)) &&
              !(e.in_log && e.in_log->time > second->what.until);
  return fits ? refusal::none : refusal::second_registrar_missing;
}

/// 5.3: a patient's invitation names at most the patient's own party, and nobody else's names a patient's.
refusal check_class(const signed_invitation& x, const trust& t) {
  bool patient = x.of_class == device_class::personal_patient;
  if (patient && x.parties.size() > 1)
    return refusal::class_not_for_party;
  for (const auto& party : x.parties) {
    auto k = t.kind_of(party);
    if (k && (*k == party_kind::patient) != patient)
      return refusal::class_not_for_party;
    auto owner = t.patient_of(party);
    if (owner && *owner != x.user)
      return refusal::class_not_for_party;
  }
  return refusal::none;
}

refusal check_inviter(const signed_invitation& x, const trust& t, const evidence& e) {
  if (is_zero(x.registrar)) {
    if (!signed_by(x.frame, 0, t.identity(), labels::invitation))
      return refusal::bad_signature;
    // The identity key invites the very first device only.
    return t.any_device_before(position_of(e)) ? refusal::registrar_out_of_scope : refusal::none;
  }
  const auto& by = t.registrar(x.registrar)->what;
  if (!signed_by(x.frame, 0, by.signing_key, labels::invitation))
    return refusal::bad_signature;
  bool own = x.of_class == device_class::personal_staff || x.of_class == device_class::personal_patient;
  return check_act(by, {scope_for(x.of_class), &x.parties, own, x.hash()}, t, e);
}

} // namespace

std::uint64_t position_of(const evidence& e) {
  return e.in_log ? e.in_log->position : std::numeric_limits<std::uint64_t>::max();
}

std::uint8_t scope_for(device_class c) {
  switch (c) {
  case device_class::personal_staff:
    return scope::staff;
  case device_class::personal_patient:
    return scope::patients;
  case device_class::station:
    return scope::stations;
  case device_class::service:
    return scope::services;
  }
  return 0; // no class: no registrar has it
}

expiry expiry_of(time_ms until, time_ms now) {
  if (now >= until)
    return expiry::expired;
  return until - now <= renewal_ahead_ms ? expiry::renewal_due : expiry::valid;
}

refusal check_serial(const std::optional<serial_seen>& seen, std::uint32_t serial, const hash32& hash) {
  if (!seen || serial > seen->serial)
    return refusal::none;
  if (serial < seen->serial)
    return refusal::serial_went_back;
  return hash == seen->hash ? refusal::none : refusal::serial_reused;
}

refusal verify(const root_certificate& x, const trust& t) {
  if (!signed_by(x.frame, 0, x.identity, labels::root))
    return refusal::bad_signature;
  bool replaces = x.frame.signature_count() == 2;
  if (x.identity == t.identity())
    return replaces ? refusal::wrong_signature_count : refusal::none;
  bool known_key_agrees = replaces && signed_by(x.frame, 1, t.identity(), labels::root);
  return known_key_agrees ? refusal::none : refusal::wrong_identity_key;
}

refusal verify(const server_certificate& x, const trust& t) {
  if (!signed_by(x.frame, 0, t.identity(), labels::server))
    return refusal::bad_signature;
  if (x.noise_key == x.log_key || x.noise_key == x.daemon_key || x.log_key == x.daemon_key)
    return refusal::key_reused;
  std::optional<serial_seen> seen;
  if (auto* known = t.server())
    seen = {known->serial, known->hash()};
  return check_serial(seen, x.serial, x.hash());
}

refusal check_responder(const trust& t, const public_key& responder) {
  auto* server = t.server();
  return server != nullptr && server->noise_key == responder ? refusal::none : refusal::wrong_server_key;
}

refusal verify(const registrar_certificate& x, const trust& t, const evidence& e) {
  if (!signed_by(x.frame, 0, t.identity(), labels::registrar))
    return refusal::bad_signature;
  auto certificates = t.certificates_of(x.device);
  if (certificates.empty())
    return refusal::needs;
  // Any of them: a late joiner meets the registrar's certificate after the device has renewed its key.
  bool own_key = std::any_of(certificates.begin(), certificates.end(),
                             [&](auto* c) { return c->what.signing_key == x.signing_key; });
  if (!own_key)
    return refusal::registrar_key_mismatch;
  if (auto why = check_serial(t.registrar_serial(x.device), x.serial, x.hash()); why != refusal::none)
    return why;
  return e.in_log ? refusal::none : refusal::not_in_log;
}

refusal check_act(const registrar_certificate& by, const registrar_act& act, const trust& t,
                  const evidence& e) {
  auto position = position_of(e);
  if (t.registrar_revoked_before(by.device, position))
    return refusal::registrar_revoked;
  if (newer_stands_before(by, t, position))
    return refusal::stale_certificate;
  if ((by.scope & act.scope_bit) == 0 || !within_units(by, act, t))
    return refusal::registrar_out_of_scope;
  if ((by.alone & act.scope_bit) == 0)
    if (auto why = check_cosign(by, act, t, e); why != refusal::none)
      return why;
  if (e.in_log && e.in_log->time > by.until)
    return refusal::registrar_expired;
  return refusal::none;
}

std::optional<hash32> missing(const std::optional<cosignature>& second, const trust& t) {
  return second && t.registrar(second->registrar) == nullptr ? std::optional{second->registrar}
                                                             : std::nullopt;
}

std::optional<hash32> missing(const invitation_fields& x, const trust& t) {
  if (!is_zero(x.registrar) && t.registrar(x.registrar) == nullptr)
    return x.registrar;
  return std::nullopt;
}

refusal verify(const signed_invitation& x, const trust& t, const evidence& e) {
  if (missing(x, t))
    return refusal::needs;
  if (auto why = check_inviter(x, t, e); why != refusal::none)
    return why;
  if (auto why = check_class(x, t); why != refusal::none)
    return why;
  if (x.until < x.from || x.until - x.from > invitation_life_max_ms)
    return refusal::invitation_too_long;
  if (x.purpose == invitation_purpose::replacement && x.history_from == 0)
    return refusal::reset_not_allowed;
  return e.in_log ? refusal::none : refusal::not_in_log;
}

} // namespace wardline::e2ee
