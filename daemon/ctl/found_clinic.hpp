#pragma once
// What the identity key signs when a clinic is made and when a device becomes a registrar. No files here:
// set-up, the simulation and the bench all found their clinics with it.
#include "e2ee/certificates.hpp"
#include "e2ee/signing.hpp"
#include "founding.hpp"
#include "identity_file.hpp"

namespace wardline::ctl {

/// The box's keys that get certified.
struct box_public_keys {
  public_key noise{};
  public_key log{};
  public_key daemon{};
};

/// What the daemon ingests, and what the first person's invitation holds beside it.
struct founded_clinic {
  founding first;
  e2ee::signing_key invitation_key; ///< its seed travels in the invitation
  e2ee::x25519_pair link;           ///< CURVE key of the first person's `ward`
  invitation_id invitation;
  std::string second_code; ///< 8 digits
};

/// What the emergency role is called unless the clinic says otherwise.
inline constexpr const char* emergency_role_default = "Emergency";

/// Fresh ids and keys, everything signed. Nothing can fail: names were checked before.
founded_clinic found_clinic(const identity& who, const box_public_keys& box, const std::string& clinic_name,
                            const std::string& first_person, time_ms now,
                            const std::string& emergency_role = emergency_role_default);

/// A registrar's certificate for one year, all scopes; or why the device's certificate is none.
/// `with_second`: bits of e2ee::scope for which another person's registrar has to cosign (e2ee 5.2).
expected<bytes> certify_registrar(const identity& who, bytes_view device_certificate, std::uint32_t serial,
                                  time_ms now, std::uint8_t with_second = 0);

} // namespace wardline::ctl
