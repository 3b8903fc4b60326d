#pragma once
// The first entries of a clinic: made by `wardctl setup` with the identity key, ingested once by an empty
// store.
#include "verdict.hpp"

namespace wardline {

/// What set-up leaves for the daemon. Signed objects only: nothing here lets anybody in without the identity
/// key.
struct founding {
  clinic_id clinic;
  bytes root;
  bytes server;
  bytes invitation; ///< of the first device, signed by the identity key
  std::array<std::uint8_t, 16> code_salt{};
  hash32 code_hash{}; ///< SHA-256(salt | second code)
  std::optional<public_key> link_key;
  std::vector<wire::device::party_name> names; ///< of the parties in the invitation
  party_id emergency{};                        ///< the role that is in every patient's conversation
  std::string emergency_name{};                ///< 1..96 bytes
};

/// Verifies everything and founds the clinic in one write, its log's first leaves. Refusals as in e2ee 5.1
/// and 5.3 and of check_invited, already_exists in a store that has a clinic; malformed_request without an
/// emergency role, name_taken if it bears the first person's name.
verdict decide_founding(const founding& f, const incarnation_id& incarnation, const registry& known,
                        time_ms now);

} // namespace wardline
