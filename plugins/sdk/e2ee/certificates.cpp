#include "e2ee/certificates.hpp"
#include "e2ee/keys.hpp"

namespace wardline::e2ee {

namespace {

refusal key_refusal(bool safe) {
  return safe ? refusal::none : refusal::bad_public_key;
}

} // namespace

void root_fields::write(writer& out) const {
  out.put(identity).text8(clinic_name).u64(created);
}

root_fields root_fields::read(reader& in) {
  root_fields out;
  out.identity = in.b32();
  out.clinic_name = in.text8(clinic_name_bytes_max);
  out.created = in.u64();
  return out;
}

refusal root_fields::check_keys() const {
  return key_refusal(check_ed25519(identity));
}

void server_fields::write(writer& out) const {
  out.u32(serial).put(noise_key).put(log_key).put(daemon_key).u64(from).u64(until);
}

server_fields server_fields::read(reader& in) {
  server_fields out;
  out.serial = in.u32();
  out.noise_key = in.b32();
  out.log_key = in.b32();
  out.daemon_key = in.b32();
  out.from = in.u64();
  out.until = in.u64();
  return out;
}

refusal server_fields::check_keys() const {
  return key_refusal(check_x25519(noise_key) && check_ed25519(log_key) && check_ed25519(daemon_key));
}

void registrar_fields::write(writer& out) const {
  out.u32(serial).put(device).put(user).put(signing_key).u8(scope).u8(alone).ids8(units).u64(from).u64(until);
}

registrar_fields registrar_fields::read(reader& in) {
  registrar_fields out;
  out.serial = in.u32();
  out.device = in.id<device_id>();
  out.user = in.id<user_id>();
  out.signing_key = in.b32();
  out.scope = in.bits(scope::all);
  out.alone = in.bits(scope::all);
  out.units = in.id_set8<party_id>(registrar_units_max);
  out.from = in.u64();
  out.until = in.u64();
  return out;
}

refusal registrar_fields::check_keys() const {
  return key_refusal(check_ed25519(signing_key));
}

void invitation_fields::write(writer& out) const {
  out.put(invitation).put(invitation_key).put(registrar).put(user).value(of_class).ids8(parties);
  out.text8(display_name).value(purpose).u64(history_from).u64(from).u64(until);
}

invitation_fields invitation_fields::read(reader& in) {
  invitation_fields out;
  out.invitation = in.id<invitation_id>();
  out.invitation_key = in.b32();
  out.registrar = in.b32();
  out.user = in.id<user_id>();
  out.of_class = in.one_of(device_class::personal_staff, device_class::service);
  out.parties = in.id_set8<party_id>(certificate_parties_max);
  out.display_name = in.text8(display_name_bytes_max);
  out.purpose = in.one_of(invitation_purpose::first, invitation_purpose::replacement);
  out.history_from = in.u64();
  out.from = in.u64();
  out.until = in.u64();
  return out;
}

refusal invitation_fields::check_keys() const {
  return key_refusal(check_ed25519(invitation_key));
}

void device_fields::write(writer& out) const {
  out.put(device).u32(serial).value(issuer).put(invitation).put(previous).put(registrar).put(user);
  out.value(of_class).ids8(parties).text8(display_name);
  out.put(signing_key).put(noise_key).put(sealing_key).u64(from).u64(until);
}

device_fields device_fields::read(reader& in) {
  device_fields out;
  out.device = in.id<device_id>();
  out.serial = in.u32();
  out.issuer = in.one_of(certificate_issuer::invitation, certificate_issuer::registrar);
  out.invitation = in.b32();
  out.previous = in.b32();
  out.registrar = in.b32();
  out.user = in.id<user_id>();
  out.of_class = in.one_of(device_class::personal_staff, device_class::service);
  out.parties = in.id_set8<party_id>(certificate_parties_max);
  out.display_name = in.text8(display_name_bytes_max);
  out.signing_key = in.b32();
  out.noise_key = in.b32();
  out.sealing_key = in.b32();
  out.from = in.u64();
  out.until = in.u64();
  return out;
}

refusal device_fields::check_keys() const {
  return key_refusal(check_ed25519(signing_key) && check_x25519(noise_key) && check_x25519(sealing_key));
}

void grant_fields::write(writer& out) const {
  out.value(of_subject).put(subject).put(party).u32(serial).value(state).put(registrar).u64(from).u64(until);
}

grant_fields grant_fields::read(reader& in) {
  grant_fields out;
  out.of_subject = in.one_of(subject_kind::user, subject_kind::device);
  out.subject = in.id<subject_id>();
  out.party = in.id<party_id>();
  out.serial = in.u32();
  out.state = in.one_of(grant_state::granted, grant_state::withdrawn);
  out.registrar = in.b32();
  out.from = in.u64();
  out.until = in.u64();
  return out;
}

void revocation_fields::write(writer& out) const {
  out.value(of_subject).put(subject).value(reason).u64(time).put(signer_device).put(signer);
}

revocation_fields revocation_fields::read(reader& in) {
  revocation_fields out;
  out.of_subject = in.one_of(subject_kind::device, subject_kind::registrar);
  out.subject = in.id<device_id>();
  out.reason = in.one_of(revocation_reason::lost, revocation_reason::compromised);
  out.time = in.u64();
  out.signer_device = in.id<device_id>();
  out.signer = in.b32();
  return out;
}

void cosign_fields::write(writer& out) const {
  out.put(of_object).put(registrar).u64(time);
}

cosign_fields cosign_fields::read(reader& in) {
  cosign_fields out;
  out.of_object = in.b32();
  out.registrar = in.b32();
  out.time = in.u64();
  return out;
}

} // namespace wardline::e2ee
