#pragma once
// A valid clinic for everybody's tests: identity key, server certificate, registrars, invitations, devices,
// grants, all really signed and admitted, in the order of a real audit log. Deterministic: every key and id
// comes from the clinic's name and its own name, so a failing test replays.
//
//   build::clinic c;                                          // "admin": first device, registrar for
//   everything auto triage = c.party("triage"); auto& nurse = c.person("nurse1", {c.party("nurse1")});    //
//   invited by admin, certified, in the log auto& pc = c.station("front desk", {triage}); c.grant(nurse.user,
//   triage);                              // c.withdraw(nurse.user, triage) takes it back
//   c.revoke(nurse.device);
//   e2ee::entitled(c.trust, nurse.certificate, triage, c.now())
//
// A step that is refused ends the process with the refusal's name: a builder makes valid things only. For
// invalid ones take the fields (`invitation_for`, `certificate_for`, `grant_of`), change them, and
// `sign_object` them. References to devices stay valid as long as the clinic.
#include "e2ee/entitlement.hpp"
#include "e2ee/signing.hpp"
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <deque>

namespace wardline::e2ee::build {

inline constexpr time_ms minute = 60'000;
inline constexpr time_ms hour = 60 * minute;
inline constexpr time_ms day = 24 * hour;
/// When the clinic is founded: 2026-09-21.
inline constexpr time_ms founded = 1'790'000'000'000;

inline hash32 drawn(std::string_view from) {
  return sha256(view(from));
}

/// An id that depends on the name alone.
template <class Id>
Id named(std::string_view what) {
  return *Id::from(bytes_view{drawn(std::string{"id of "} + std::string{what})}.first(Id::size));
}

inline signing_key signing_key_of(std::string_view name) {
  return signing_key::from_seed(secret32{drawn(std::string{name} + " signing")});
}

inline x25519_pair pair_of(std::string_view name) {
  return x25519_pair::from_secret(secret32{drawn(std::string{name} + " x25519")});
}

inline void must(refusal why, std::string_view what) {
  if (why == refusal::none)
    return;
  std::fprintf(stderr, "builders: %.*s was refused: %s\n", static_cast<int>(what.size()), what.data(),
               to_string(why).c_str());
  std::abort();
}

/// A device with its secrets. The certificate is the newest.
struct enrolled {
  std::string name;
  device_id device;
  user_id user; ///< none for a station
  device_class of_class = device_class::personal_staff;
  signing_key invitation_key;
  signing_key signing;
  x25519_pair noise;
  x25519_pair sealing;
  signed_invitation invited;
  device_certificate certificate;
};

/// An object as it stands in the log.
struct logged {
  bytes raw;
  evidence with;
};

class clinic {
public:
  explicit clinic(std::string name = "Clinic at the Lake")
      : name_{std::move(name)}, id{named<clinic_id>(name_)}, identity{key("identity")},
        server_noise{pair("server")}, log_key{key("log")},
        daemon_key{key("daemon")}, trust{id, identity.public_part()} {
    put(sign_object(id, root_fields{identity.public_part(), name_, founded}, {{identity, labels::root}}),
        "root");
    put(sign_object(id, server_certificate_fields(), {{identity, labels::server}}), "server certificate");
    auto& admin_device =
        enrol("admin", device_class::personal_staff, user("admin"), {party("admin")}, nullptr);
    make_registrar(admin_device, scope::all, scope::all);
  }
  clinic(const clinic&) = delete;
  clinic& operator=(const clinic&) = delete;

  [[nodiscard]] user_id user(std::string_view who) const { return named<user_id>(who); }
  [[nodiscard]] party_id party(std::string_view what) const { return named<party_id>(what); }
  /// The first device: registrar for everything, alone.
  enrolled& admin() { return devices.front(); }
  /// The device of this name.
  enrolled& operator[](std::string_view who) {
    auto at = std::find_if(devices.begin(), devices.end(), [&](auto& d) { return d.name == who; });
    if (at == devices.end())
      must(refusal::not_found, who);
    return *at;
  }

  /// Where the next leaf will stand: what is judged now is judged there. One leaf a minute.
  [[nodiscard]] log_place now() const { return {log.size(), founded + log.size() * minute + skipped_}; }
  /// Lets time pass in the log.
  void skip(time_ms duration) { skipped_ += duration; }

  /// A person's device; `who` names device and user alike. A second device: give `owner`, the user's name.
  enrolled& person(std::string_view who, std::vector<party_id> parties, std::string_view owner = {}) {
    return enrol(who, device_class::personal_staff, user(owner.empty() ? who : owner), std::move(parties),
                 &admin());
  }
  enrolled& station(std::string_view what, std::vector<party_id> parties) {
    return enrol(what, device_class::station, user_id{}, std::move(parties), &admin());
  }
  /// With a party of the patient's own; a proxy has none and gets grants.
  enrolled& patient(std::string_view who) {
    return enrol(who, device_class::personal_patient, user(who), {party(who)}, &admin());
  }
  enrolled& proxy(std::string_view who) {
    return enrol(who, device_class::personal_patient, user(who), {}, &admin());
  }

  /// Signed by the identity key; replaces an earlier certificate of the same registrar.
  const registrar_certificate& make_registrar(const enrolled& who, std::uint8_t may, std::uint8_t alone,
                                              std::vector<party_id> units = {}) {
    put(sign_object(id, registrar_for(who, may, alone, std::move(units)), {{identity, labels::registrar}}),
        "registrar");
    return registrar_of(who);
  }
  const registrar_certificate& registrar_of(const enrolled& who) {
    return trust.registrar(trust.registrar_serial(who.device)->hash)->what;
  }

  /// By admin. `until` 0 = open.
  role_grant grant(const user_id& to, const party_id& p, time_ms until = 0) {
    return put_grant(grant_of(subject_kind::user, subject_of(to), p, grant_state::granted, until));
  }
  role_grant grant(const device_id& to, const party_id& p, time_ms until = 0) {
    return put_grant(grant_of(subject_kind::device, subject_of(to), p, grant_state::granted, until));
  }
  role_grant withdraw(const user_id& from, const party_id& p) {
    return put_grant(grant_of(subject_kind::user, subject_of(from), p, grant_state::withdrawn, 0));
  }
  role_grant withdraw(const device_id& from, const party_id& p) {
    return put_grant(grant_of(subject_kind::device, subject_of(from), p, grant_state::withdrawn, 0));
  }
  /// By admin.
  void revoke(const device_id& d, revocation_reason why = revocation_reason::lost) {
    revocation_fields x{subject_kind::device,        d, why, now().time, admin().device,
                        registrar_of(admin()).hash()};
    put(sign_object(id, x, {{admin().signing, labels::revocation}}), "revocation");
  }

  // Fields of valid objects, to be changed by negative tests.
  [[nodiscard]] server_fields server_certificate_fields(std::uint32_t serial = 1) const {
    return {serial,  server_noise.public_part, log_key.public_part(), daemon_key.public_part(),
            founded, founded + 365 * day};
  }
  [[nodiscard]] registrar_fields registrar_for(const enrolled& who, std::uint8_t may, std::uint8_t alone,
                                               std::vector<party_id> units = {}) const {
    auto seen = trust.registrar_serial(who.device);
    return {seen ? seen->serial + 1 : 1, who.device, who.user,
            who.signing.public_part(),   may,        alone,
            sorted(std::move(units)),    now().time, now().time + 365 * day};
  }
  /// `by` null: the identity key.
  [[nodiscard]] invitation_fields invitation_for(std::string_view who, device_class c, const user_id& of,
                                                 std::vector<party_id> parties, const enrolled* by) {
    return {named<invitation_id>(who),
            key(std::string{who} + " invitation").public_part(),
            by == nullptr ? hash32{} : registrar_of(*by).hash(),
            of,
            c,
            sorted(std::move(parties)),
            std::string{who},
            invitation_purpose::first,
            0,
            now().time,
            now().time + 72 * hour};
  }
  /// The first certificate of a device named `who`, as its invitation says.
  [[nodiscard]] device_fields certificate_for(std::string_view who, const signed_invitation& from) const {
    device_fields x;
    x.device = named<device_id>(who);
    x.serial = 1;
    x.issuer = certificate_issuer::invitation;
    x.invitation = from.hash();
    x.user = from.user;
    x.of_class = from.of_class;
    x.parties = from.parties;
    x.display_name = from.display_name;
    x.signing_key = key(who).public_part();
    x.noise_key = pair(std::string{who} + " noise").public_part;
    x.sealing_key = pair(std::string{who} + " sealing").public_part;
    x.from = now().time;
    x.until = now().time + 365 * day;
    return x;
  }
  [[nodiscard]] device_fields renewal_for(const enrolled& who, const enrolled& by) {
    device_fields x = who.certificate;
    ++x.serial;
    x.issuer = certificate_issuer::registrar;
    x.invitation = {};
    x.previous = who.certificate.hash();
    x.registrar = registrar_of(by).hash();
    x.until = now().time + 365 * day;
    return x;
  }
  [[nodiscard]] grant_fields grant_of(subject_kind k, const subject_id& to, const party_id& p,
                                      grant_state state, time_ms until) {
    auto seen = trust.grant_serial({k, to, p});
    return {k, to, p, seen ? seen->serial + 1 : 1, state, registrar_of(admin()).hash(), now().time, until};
  }

  /// Admits an object as the next leaf.
  void put(const bytes& raw, std::string_view what, std::optional<cosignature> cosigned = std::nullopt) {
    evidence with{now(), std::move(cosigned)};
    must(admit(raw, trust, with), what);
    log.push_back({raw, std::move(with)});
  }

  /// Keys of this clinic by name.
  [[nodiscard]] signing_key key(std::string_view of) const {
    return signing_key_of(name_ + "/" + std::string{of});
  }
  [[nodiscard]] x25519_pair pair(std::string_view of) const { return pair_of(name_ + "/" + std::string{of}); }

private:
  std::string name_;

public:
  clinic_id id;
  signing_key identity;
  x25519_pair server_noise;
  signing_key log_key;
  signing_key daemon_key;
  /// What every device that has read the whole log trusts.
  e2ee::trust trust;
  std::vector<logged> log;
  std::deque<enrolled> devices;

private:
  template <class Id>
  static std::vector<Id> sorted(std::vector<Id> ids) {
    std::sort(ids.begin(), ids.end());
    return ids;
  }

  enrolled& enrol(std::string_view who, device_class c, const user_id& of, std::vector<party_id> parties,
                  enrolled* by) {
    auto invitation_key = key(std::string{who} + " invitation");
    auto asked = invitation_for(who, c, of, std::move(parties), by);
    auto invitation_raw =
        sign_object(id, asked, {{by == nullptr ? identity : by->signing, labels::invitation}});
    put(invitation_raw, "invitation");
    auto invited = *signed_invitation::decode(invitation_raw, id);
    auto signing = key(who);
    auto raw = sign_object(id, certificate_for(who, invited),
                           {{invitation_key, labels::device}, {signing, labels::device_possession}});
    put(raw, "device certificate");
    devices.push_back(enrolled{std::string{who}, named<device_id>(who), of, c, std::move(invitation_key),
                               std::move(signing), pair(std::string{who} + " noise"),
                               pair(std::string{who} + " sealing"), invited,
                               *device_certificate::decode(raw, id)});
    return devices.back();
  }

  role_grant put_grant(const grant_fields& x) {
    auto raw = sign_object(id, x, {{admin().signing, labels::grant}});
    put(raw, "grant");
    return *role_grant::decode(raw, id);
  }

  time_ms skipped_ = 0;
};

} // namespace wardline::e2ee::build
