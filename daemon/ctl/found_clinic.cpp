#include "found_clinic.hpp"
#include "../credentials.hpp"
#include "admission.hpp"
#include "wire/limits.hpp"
#include <sodium.h>

namespace wardline::ctl {

namespace {

constexpr time_ms day_ms = 86'400'000;
constexpr time_ms year_ms = 365 * day_ms;
constexpr time_ms server_certificate_ms = 2 * year_ms; // its end alarms, it never locks out (e2ee 5.1)
constexpr time_ms invitation_ms = 3 * day_ms;          // 72 h (e2ee 5.3)

template <class Id>
Id fresh() {
  Id out;
  randombytes_buf(out.value.data(), out.value.size());
  return out;
}

std::string eight_digits() {
  auto number = std::to_string(randombytes_uniform(100'000'000));
  return std::string(wire::code_digits - number.size(), '0') + number;
}

bytes sign_server(const clinic_id& clinic, const e2ee::signing_key& key, const box_public_keys& box,
                  time_ms now) {
  e2ee::server_fields server;
  server.serial = 1;
  server.noise_key = box.noise;
  server.log_key = box.log;
  server.daemon_key = box.daemon;
  server.from = now;
  server.until = now + server_certificate_ms;
  return e2ee::sign_object(clinic, server, {{key, e2ee::labels::server}});
}

} // namespace

founded_clinic found_clinic(const identity& who, const box_public_keys& box, const std::string& clinic_name,
                            const std::string& first_person, time_ms now, const std::string& emergency_role) {
  auto key = e2ee::signing_key::from_seed(who.seed.copy());
  founded_clinic out{
      {}, e2ee::signing_key::random(), e2ee::x25519_pair::random(), fresh<invitation_id>(), eight_digits()};
  auto& f = out.first;
  f.clinic = who.clinic;
  f.root = e2ee::sign_object(f.clinic, e2ee::root_fields{key.public_part(), clinic_name, now},
                             {{key, e2ee::labels::root}});
  f.server = sign_server(f.clinic, key, box, now);
  auto own_party = fresh<party_id>();
  e2ee::invitation_fields invitation;
  invitation.invitation = out.invitation;
  invitation.invitation_key = out.invitation_key.public_part();
  invitation.user = fresh<user_id>();
  invitation.parties = {own_party};
  invitation.display_name = first_person;
  invitation.from = now;
  invitation.until = now + invitation_ms;
  f.invitation = e2ee::sign_object(f.clinic, invitation, {{key, e2ee::labels::invitation}});
  randombytes_buf(f.code_salt.data(), f.code_salt.size());
  f.code_hash = code_hash(f.code_salt, out.second_code);
  f.link_key = out.link.public_part;
  f.names = {{own_party, static_cast<std::uint8_t>(e2ee::party_kind::user), first_person}};
  f.emergency = fresh<party_id>();
  f.emergency_name = emergency_role;
  return out;
}

expected<bytes> certify_registrar(const identity& who, bytes_view device_certificate, std::uint32_t serial,
                                  time_ms now, std::uint8_t with_second) {
  auto device = e2ee::device_certificate::decode(device_certificate, who.clinic);
  if (!device)
    return device.why();
  e2ee::registrar_fields r;
  r.serial = serial;
  r.device = device->device;
  r.user = device->user;
  r.signing_key = device->signing_key;
  r.scope = e2ee::scope::all;
  r.alone = static_cast<std::uint8_t>(e2ee::scope::all & ~with_second);
  r.from = now;
  r.until = now + year_ms;
  auto key = e2ee::signing_key::from_seed(who.seed.copy());
  return e2ee::sign_object(who.clinic, r, {{key, e2ee::labels::registrar}});
}

} // namespace wardline::ctl
