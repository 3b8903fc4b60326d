#pragma once
// What a verifier has accepted so far (e2ee 4): a value, the same for daemon, clients and tests. Verifying
// reads it, adopting changes it, and it only moves forward. It holds no clock and no store: its owner replays
// the objects it keeps, in log order, after a start.
#include "e2ee/certificates.hpp"
#include <map>

namespace wardline::e2ee {

/// Where the audit log holds an object: leaf number from 0, and the leaf's time. Who verifies sets it after
/// the inclusion proof held (merkle.hpp), the daemon when it is about to write the leaf.
struct log_place {
  std::uint64_t position = 0;
  time_ms time = 0;
};

/// An accepted object and its place.
template <class Object>
struct held {
  Object what;
  log_place where;
};

/// Highest serial seen of one subject, and the object that carries it.
struct serial_seen {
  std::uint32_t serial = 0;
  hash32 hash{};
};

/// A grant's key: subject and party.
struct grant_key {
  subject_kind of_subject = subject_kind::user;
  subject_id subject;
  party_id party;
  auto operator<=>(const grant_key&) const = default;
};

class trust {
public:
  /// The pins of an enrolment: from the QR, or from the set-up.
  trust(const clinic_id& clinic, const public_key& identity) : clinic_{clinic}, identity_{identity} {}

  [[nodiscard]] const clinic_id& clinic() const { return clinic_; }
  [[nodiscard]] const public_key& identity() const { return identity_; }

  /// Nothing, or the held object. Pointers live until the next adopt.
  [[nodiscard]] const server_certificate* server() const { return server_ ? &*server_ : nullptr; }
  [[nodiscard]] const held<registrar_certificate>* registrar(const hash32& hash) const;
  [[nodiscard]] const held<signed_invitation>* invited(const hash32& hash) const;
  [[nodiscard]] const held<device_certificate>* certificate(const hash32& hash) const;
  /// The certificate of the device with the highest serial.
  [[nodiscard]] const held<device_certificate>* newest(const device_id& device) const;
  /// The certificate of the device that was the newest for an object at `position`.
  [[nodiscard]] const held<device_certificate>* newest_before(const device_id& device,
                                                              std::uint64_t position) const;
  /// All certificates of a device, rising serials.
  [[nodiscard]] std::vector<const held<device_certificate>*> certificates_of(const device_id& device) const;
  /// The newest certificate of each device, by device id.
  [[nodiscard]] std::vector<const held<device_certificate>*> newest_certificates() const;
  /// The grant or withdrawal in force for an object at `position`: the highest serial that stands before it.
  [[nodiscard]] const held<role_grant>* grant_before(const grant_key& key, std::uint64_t position) const;

  [[nodiscard]] std::optional<serial_seen> registrar_serial(const device_id& device) const;
  [[nodiscard]] std::optional<serial_seen> device_serial(const device_id& device) const;
  [[nodiscard]] std::optional<serial_seen> grant_serial(const grant_key& key) const;

  /// The one certificate this invitation made.
  [[nodiscard]] const held<device_certificate>* spent_on(const invitation_id& invitation) const;
  /// Whose certificates carry this signing key.
  [[nodiscard]] std::optional<device_id> owner_of(const public_key& signing_key) const;
  /// A device of this class has been invited or certified for the user.
  [[nodiscard]] bool user_has_class(const user_id& user, device_class c) const;
  [[nodiscard]] std::optional<party_kind> kind_of(const party_id& party) const;
  /// Whose own party this is; for patient parties, from the first certificate that names them.
  [[nodiscard]] std::optional<user_id> patient_of(const party_id& party) const;
  [[nodiscard]] bool any_device_before(std::uint64_t position) const;

  /// The leaf of a revocation stands before `position`. Tombstones never expire.
  [[nodiscard]] bool device_revoked_before(const device_id& device, std::uint64_t position) const;
  /// So does one of the registrar, or of its device.
  [[nodiscard]] bool registrar_revoked_before(const device_id& device, std::uint64_t position) const;

  // Adopting: only what verify() in chains.hpp and entitlement.hpp let pass, in log order. Again = no change.
  void adopt(const root_certificate& x);
  void adopt(const server_certificate& x);
  void adopt(const registrar_certificate& x, const log_place& at);
  void adopt(const signed_invitation& x, const log_place& at);
  void adopt(const device_certificate& x, const log_place& at);
  void adopt(const role_grant& x, const log_place& at);
  void adopt(const signed_revocation& x, const log_place& at);
  /// From a party's verified first link (5.6). The first word stays.
  void learn(const party_id& party, party_kind k);

private:
  void learn_patient(device_class c, const std::vector<party_id>& parties, const user_id& user);

  clinic_id clinic_;
  public_key identity_{};
  std::optional<server_certificate> server_;
  std::map<hash32, held<registrar_certificate>> registrars_;
  std::map<device_id, serial_seen> registrar_serials_;
  std::map<hash32, held<signed_invitation>> invitations_;
  std::map<hash32, held<device_certificate>> certificates_;
  std::map<device_id, std::map<std::uint32_t, hash32>> by_device_; ///< serial -> certificate
  std::map<invitation_id, hash32> spent_;
  std::map<public_key, device_id> signing_keys_;
  std::map<user_id, std::uint8_t> user_classes_; ///< bit 1 << class
  std::map<grant_key, std::map<std::uint32_t, held<role_grant>>> grants_;
  std::map<device_id, std::uint64_t> revoked_devices_; ///< lowest position
  std::map<device_id, std::uint64_t> revoked_registrars_;
  std::map<party_id, party_kind> party_kinds_;
  std::map<party_id, user_id> patients_;
  std::optional<std::uint64_t> first_device_;
};

} // namespace wardline::e2ee
