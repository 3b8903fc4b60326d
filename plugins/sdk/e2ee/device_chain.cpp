// Device certificates (e2ee 5.4), and admitting whole objects.
#include "e2ee/chains.hpp"
#include "e2ee/keys.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {

bool signed_by(const framed& frame, std::size_t i, const public_key& key, std::string_view label) {
  return verify_signature(key, label, frame.signed_bytes(), frame.signature(i));
}

bool owns_its_key(const device_certificate& x) {
  return signed_by(x.frame, 1, x.signing_key, labels::device_possession);
}

refusal check_first(const device_certificate& x, const trust& t, const evidence& e) {
  const auto& from = t.invited(x.invitation)->what;
  if (!signed_by(x.frame, 0, from.invitation_key, labels::device))
    return refusal::bad_signature;
  // The log's time, not the device's dates: those are somebody's word.
  if (e.in_log && e.in_log->time > from.until && e.in_log->time - from.until > invitation_grace_ms)
    return refusal::invitation_expired;
  if (!owns_its_key(x))
    return refusal::no_proof_of_possession;
  bool within = x.user == from.user && x.of_class == from.of_class && x.display_name == from.display_name &&
                std::includes(from.parties.begin(), from.parties.end(), x.parties.begin(), x.parties.end());
  if (!within)
    return refusal::certificate_exceeds_invitation;
  if (!is_zero(x.previous))
    return refusal::successor_mismatch;
  if (auto* other = t.spent_on(from.invitation); other != nullptr && other->what.hash() != x.hash())
    return refusal::invitation_used_twice;
  return refusal::none;
}

/// The old key agrees to a new one; a third signature is never left unchecked.
bool old_key_agrees(const device_certificate& x, const device_certificate& previous) {
  if (x.frame.signature_count() == 3)
    return signed_by(x.frame, 2, previous.signing_key, labels::device_possession);
  return x.signing_key == previous.signing_key;
}

/// What the registrar signed, and may.
refusal check_renewer(const device_fields& x, const framed& frame, const trust& t, const evidence& e) {
  const auto& by = t.registrar(x.registrar)->what;
  if (!signed_by(frame, 0, by.signing_key, labels::device))
    return refusal::bad_signature;
  bool own = x.of_class == device_class::personal_staff || x.of_class == device_class::personal_patient;
  return check_act(by, {scope_for(x.of_class), &x.parties, own, frame.hash()}, t, e);
}

refusal check_renewal(const device_certificate& x, const trust& t, const evidence& e) {
  const auto& previous = t.certificate(x.previous)->what;
  if (auto why = check_renewer(x, x.frame, t, e); why != refusal::none)
    return why;
  if (!owns_its_key(x))
    return refusal::no_proof_of_possession;
  bool same = x.device == previous.device && x.user == previous.user && x.of_class == previous.of_class;
  if (!same || !old_key_agrees(x, previous))
    return refusal::successor_mismatch;
  if (x.of_class == device_class::personal_patient && x.parties != previous.parties)
    return refusal::class_not_for_party;
  return refusal::none;
}

refusal check_keys_differ(const device_fields& x, const trust& t) {
  if (x.signing_key == x.noise_key || x.signing_key == x.sealing_key || x.noise_key == x.sealing_key)
    return refusal::key_reused;
  auto owner = t.owner_of(x.signing_key);
  return owner && *owner != x.device ? refusal::key_reused : refusal::none;
}

/// A first certificate starts a device, a renewal continues its newest: otherwise who is invited could take
/// the id of somebody else's device, or an old key could speak again.
bool continues_its_device(const device_fields& x, const hash32& hash, const trust& t) {
  auto* newest = t.newest(x.device);
  if (newest == nullptr || newest->what.hash() == hash)
    return true;
  return x.issuer == certificate_issuer::registrar && x.previous == newest->what.hash();
}

/// What holds for every certificate, whoever issued it.
refusal check_place(const device_fields& x, const hash32& hash, const trust& t, const evidence& e) {
  if (auto why = check_keys_differ(x, t); why != refusal::none)
    return why;
  if (auto why = check_serial(t.device_serial(x.device), x.serial, hash); why != refusal::none)
    return why;
  if (t.device_revoked_before(x.device, position_of(e)))
    return refusal::device_revoked;
  if (!continues_its_device(x, hash, t))
    return refusal::successor_mismatch;
  return e.in_log ? refusal::none : refusal::not_in_log;
}

template <class Object, class Held, class Verify, class Adopt>
expected<Object> admit(bytes_view raw, trust& t, Held held_already, Verify check, Adopt adopt) {
  auto x = Object::decode(raw, t.clinic());
  if (!x)
    return x;
  // The hash leaves signatures out: other bytes under a known hash are judged like any other.
  auto* known = held_already(x->hash());
  if (known != nullptr && known->what.raw() == x->raw())
    return known->what;
  if (auto why = check(*x); why != refusal::none)
    return why;
  adopt(*x);
  return x;
}

} // namespace

std::optional<hash32> missing(const device_fields& x, const trust& t) {
  if (x.issuer == certificate_issuer::invitation)
    return t.invited(x.invitation) == nullptr ? std::optional{x.invitation} : std::nullopt;
  if (t.registrar(x.registrar) == nullptr)
    return x.registrar;
  return t.certificate(x.previous) == nullptr ? std::optional{x.previous} : std::nullopt;
}

refusal verify(const device_certificate& x, const trust& t, const evidence& e) {
  if (missing(x, t))
    return refusal::needs;
  auto why = x.issuer == certificate_issuer::invitation ? check_first(x, t, e) : check_renewal(x, t, e);
  return why == refusal::none ? check_place(x, x.hash(), t, e) : why;
}

refusal verify(const renewal_offer& x, const trust& t, const evidence& e) {
  if (missing(x, t))
    return refusal::needs;
  if (auto why = check_renewer(x, x.frame, t, e); why != refusal::none)
    return why;
  const auto& previous = t.certificate(x.previous)->what;
  bool same = x.device == previous.device && x.user == previous.user && x.of_class == previous.of_class &&
              x.signing_key == previous.signing_key;
  if (!same)
    return refusal::successor_mismatch;
  if (x.of_class == device_class::personal_patient && x.parties != previous.parties)
    return refusal::class_not_for_party;
  return check_place(x, x.hash(), t, e);
}

expected<registrar_certificate> admit_registrar(bytes_view raw, trust& t, const evidence& e) {
  return admit<registrar_certificate>(
      raw, t, [&](const hash32& h) { return t.registrar(h); }, [&](const auto& x) { return verify(x, t, e); },
      [&](const auto& x) { t.adopt(x, *e.in_log); });
}

expected<signed_invitation> admit_invitation(bytes_view raw, trust& t, const evidence& e) {
  return admit<signed_invitation>(
      raw, t, [&](const hash32& h) { return t.invited(h); }, [&](const auto& x) { return verify(x, t, e); },
      [&](const auto& x) { t.adopt(x, *e.in_log); });
}

expected<device_certificate> admit_device(bytes_view raw, trust& t, const evidence& e) {
  return admit<device_certificate>(
      raw, t, [&](const hash32& h) { return t.certificate(h); },
      [&](const auto& x) { return verify(x, t, e); }, [&](const auto& x) { t.adopt(x, *e.in_log); });
}

expected<root_certificate> admit_root(bytes_view raw, trust& t) {
  auto x = root_certificate::decode(raw, t.clinic());
  if (!x)
    return x;
  if (auto why = verify(*x, t); why != refusal::none)
    return why;
  t.adopt(*x);
  return x;
}

expected<server_certificate> admit_server(bytes_view raw, trust& t) {
  auto x = server_certificate::decode(raw, t.clinic());
  if (!x)
    return x;
  if (auto why = verify(*x, t); why != refusal::none)
    return why;
  t.adopt(*x);
  return x;
}

} // namespace wardline::e2ee
