#pragma once
// The objects of identity: root, server, registrar, invitation, device certificate, grant, revocation,
// cosignature (e2ee 5.1-5.5). Form only; chains.hpp and entitlement.hpp say what makes them true.
// Dates are milliseconds since 1970 UTC; they decide alarms, validity counts by position in the log (e2ee 5).
#include "e2ee/codec.hpp"

namespace wardline::e2ee {

/// What a registrar may do; bits of one byte (5.2).
namespace scope {
inline constexpr std::uint8_t patients = 1;
inline constexpr std::uint8_t staff = 2;
inline constexpr std::uint8_t stations = 4;
inline constexpr std::uint8_t services = 8;
inline constexpr std::uint8_t role_grants = 16;
inline constexpr std::uint8_t records_officers = 32;
inline constexpr std::uint8_t all = 63;
} // namespace scope

enum class device_class : std::uint8_t { personal_staff = 1, personal_patient = 2, station = 3, service = 4 };
enum class invitation_purpose : std::uint8_t { first = 1, further = 2, replacement = 3 };
enum class certificate_issuer : std::uint8_t { invitation = 1, registrar = 2 };
enum class subject_kind : std::uint8_t { user = 1, device = 2, registrar = 3 };
enum class grant_state : std::uint8_t { granted = 1, withdrawn = 2 };
enum class revocation_reason : std::uint8_t { lost = 1, stolen = 2, left = 3, replaced = 4, compromised = 5 };
/// 5.6.
enum class party_kind : std::uint8_t { user = 1, role = 2, patient = 3, service = 4 };

inline constexpr std::size_t clinic_name_bytes_max = 64;
inline constexpr std::size_t display_name_bytes_max = 96;
inline constexpr std::size_t registrar_units_max = 64;
inline constexpr std::size_t certificate_parties_max = 64;

/// A subject of a grant or revocation: a user's id or a device's id, as its kind says.
using subject_id = id<struct subject_tag>;
inline subject_id subject_of(const user_id& x) {
  return {x.value};
}
inline subject_id subject_of(const device_id& x) {
  return {x.value};
}

/// 5.1a, self-signed; two signatures when it replaces another identity key: the new key's, then the old
/// key's.
struct root_fields {
  static constexpr kind of = kind::root;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 2;
  public_key identity{}; ///< Ed25519
  std::string clinic_name;
  time_ms created = 0;
  bool operator==(const root_fields&) const = default;
  void write(writer& out) const;
  static root_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const;
};

/// 5.1b, signed by the identity key.
struct server_fields {
  static constexpr kind of = kind::server;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;
  std::uint32_t serial = 0;
  public_key noise_key{};  ///< X25519: the channel's responder key
  public_key log_key{};    ///< Ed25519: checkpoints
  public_key daemon_key{}; ///< Ed25519: heartbeats and wipe orders
  time_ms from = 0;
  time_ms until = 0;
  bool operator==(const server_fields&) const = default;
  void write(writer& out) const;
  static server_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const;
};

/// 5.2, signed by the identity key.
struct registrar_fields {
  static constexpr kind of = kind::registrar;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;
  std::uint32_t serial = 0;
  device_id device;
  user_id user;
  public_key signing_key{};
  std::uint8_t scope = 0; ///< bits of namespace scope
  std::uint8_t alone = 0; ///< those that need no second registrar
  /// A unit is named by its role's party. Empty = all. A set: ascending.
  std::vector<party_id> units;
  time_ms from = 0;
  time_ms until = 0;
  bool operator==(const registrar_fields&) const = default;
  void write(writer& out) const;
  static registrar_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const;
};

/// 5.3, signed by a registrar, or (registrar hash 0^32) by the identity key for the very first device.
struct invitation_fields {
  static constexpr kind of = kind::invitation;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;
  invitation_id invitation;
  public_key invitation_key{}; ///< Ed25519; its seed travels in the QR
  hash32 registrar{};          ///< object hash of the registrar's certificate
  user_id user;                ///< none for a station
  device_class of_class = device_class::personal_staff;
  std::vector<party_id> parties; ///< a set
  std::string display_name;
  invitation_purpose purpose = invitation_purpose::first;
  time_ms history_from = 0; ///< 0 = none
  time_ms from = 0;
  time_ms until = 0;
  bool operator==(const invitation_fields&) const = default;
  void write(writer& out) const;
  static invitation_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const;
};

/// 5.4. First certificate: signatures of the invitation key and of the device's own signing key. Renewal: of
/// a registrar and the device, and, where the signing key changes, of the old key as third.
struct device_fields {
  static constexpr kind of = kind::device;
  static constexpr std::uint8_t signatures_min = 2, signatures_max = 3;
  device_id device;
  std::uint32_t serial = 0;
  certificate_issuer issuer = certificate_issuer::invitation;
  hash32 invitation{}; ///< object hash; 0^32 in a renewal
  hash32 previous{};   ///< object hash of the certificate it renews; 0^32 in the first
  hash32 registrar{};  ///< object hash; renewals only
  user_id user;        ///< none for a station
  device_class of_class = device_class::personal_staff;
  std::vector<party_id> parties; ///< a set
  std::string display_name;
  public_key signing_key{}; ///< Ed25519
  public_key noise_key{};   ///< X25519, Noise only
  public_key sealing_key{}; ///< X25519, HPKE seals of seeds, packs and replies
  time_ms from = 0;
  time_ms until = 0;
  bool operator==(const device_fields&) const = default;
  void write(writer& out) const;
  static device_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const;
  [[nodiscard]] bool signature_count_ok(std::uint8_t s) const {
    return s == 2 || issuer == certificate_issuer::registrar;
  }
};

/// 5.4: a renewal that its registrar has signed and its device has not: the same signed bytes and hash. The
/// registrar cannot know another signing key than the device's, so it never changes one.
struct renewal_offer_fields : device_fields {
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;
  static renewal_offer_fields read(reader& in) { return {device_fields::read(in)}; }
  [[nodiscard]] bool signature_count_ok(std::uint8_t) const {
    return issuer == certificate_issuer::registrar;
  }
};

/// 5.5, signed by a registrar.
struct grant_fields {
  static constexpr kind of = kind::grant;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;
  subject_kind of_subject = subject_kind::user; ///< user or device
  subject_id subject;
  party_id party;
  std::uint32_t serial = 0; ///< rises per (subject, party)
  grant_state state = grant_state::granted;
  hash32 registrar{};
  time_ms from = 0;
  time_ms until = 0; ///< 0 = open
  bool operator==(const grant_fields&) const = default;
  void write(writer& out) const;
  static grant_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }
};

/// 5.5. Signer: the identity key (signer device none, hash 0^32), a registrar (hash of its registrar
/// certificate), another device of the same user or the device itself (hash of its device certificate).
struct revocation_fields {
  static constexpr kind of = kind::revocation;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;
  subject_kind of_subject = subject_kind::device; ///< device or registrar
  device_id subject;                              ///< the device, or the registrar's device
  revocation_reason reason = revocation_reason::lost;
  time_ms time = 0;
  device_id signer_device;
  hash32 signer{};
  bool operator==(const revocation_fields&) const = default;
  void write(writer& out) const;
  static revocation_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }
};

/// 5.2: a second registrar's word on an object whose scope bit its signer may not use alone.
struct cosign_fields {
  static constexpr kind of = kind::cosign;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;
  hash32 of_object{};
  hash32 registrar{}; ///< of the cosigner
  time_ms time = 0;
  bool operator==(const cosign_fields&) const = default;
  void write(writer& out) const;
  static cosign_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }
};

using root_certificate = object<root_fields>;
using server_certificate = object<server_fields>;
using registrar_certificate = object<registrar_fields>;
using signed_invitation = object<invitation_fields>;
using device_certificate = object<device_fields>;
using renewal_offer = object<renewal_offer_fields>;
using role_grant = object<grant_fields>;
using signed_revocation = object<revocation_fields>;
using cosignature = object<cosign_fields>;

} // namespace wardline::e2ee
