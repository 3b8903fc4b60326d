#pragma once
// How people and devices come in: invitations by registrars, the second code, the device's certificate
// (e2ee 5.3, 5.4, 6.1). Decisions over what is known; `directory` commits them one at a time.
#include "ports/second_factor.hpp"
#include "verdict.hpp"

namespace wardline {

/// Wrong second codes until an invitation is dead (e2ee 5.3).
inline constexpr std::uint8_t wrong_codes_max = 5;
/// Bytes of a password; NIST SP 800-63B-4: 8 at least beside a second factor, 64 at least must be possible.
inline constexpr std::size_t password_bytes_min = 8;
/// The plugin whose CURVE keys come with invitations.
inline constexpr std::string_view cli_plugin = "cli";

/// SHA-256(salt | code), as it stands in the invitation's row.
hash32 code_hash(const std::array<std::uint8_t, 16>& salt, std::string_view code);

/// Enrolling channel, step 1. not_found, wrong_code (counted, one leaf), invitation_dead,
/// invitation_used_twice.
verdict decide_show(const circumstances& c, const wire::device::show_invitation& m);

/// What is left of an enrolment before it is decided.
struct enrol_precheck {
  std::optional<verdict> done;       ///< nothing = go on
  std::optional<std::uint32_t> step; ///< a person's first device: her password is to be hashed, her code fits
};

/// Everything that decide_enrol checks, without the work of hashing: nobody makes this box hash a password
/// without the invitation's second code. password_too_short, second_factor_needed, wrong_second_factor.
enrol_precheck precheck_enrol(const circumstances& c, const wire::device::enrol& m,
                              const public_key& noise_key, ports::second_factor& factors);

/// What a person's first device brings beside its certificate: it is her first log-in as well, because a code
/// is good once.
struct first_log_in {
  std::string password_phc;
  std::uint32_t step = 0; ///< of the code that was given
  wiped_bytes share;      ///< 32 fresh bytes, the first half for the device's store
};

/// Adds person, second factor, session and lock share of an enrolment to its act.
void add_first_log_in(act& a, const e2ee::device_certificate& x, const rows::user& person,
                      const bytes& totp_secret, const first_log_in& first, time_ms now);

/// Step 2: certificate, person, device, session, spent invitation and leaf in one write. `first` is set if
/// the precheck gave a step. handshake_failed if the channel's key is not the certified one;
/// certificate_exceeds_invitation for a certificate of another invitation; those of e2ee 5.4.
verdict decide_enrol(const circumstances& c, const wire::device::enrol& m, const public_key& noise_key,
                     const std::optional<first_log_in>& first);

/// A registrar's invitation: verified, logged, its parties named. not_found for parties nobody named,
/// already_exists, name_taken, and those of e2ee 5.3.
verdict decide_invite(const circumstances& c, const caller& who, const wire::device::invite& m,
                      const std::array<std::uint8_t, 16>& code_salt);

/// Form of an invitation, and kinds and names of the parties in it. malformed_request: a user missing or too
/// many, a name nobody is invited to, a party named twice; not_found: a party nobody named; already_exists:
/// named otherwise before; class_not_for_party: somebody else's own party, two own ones, or one of the wrong
/// class. Shared with founding.
refusal check_invited(const registry& known, const e2ee::signed_invitation& x,
                      const std::vector<wire::device::party_name>& names);

/// Rows and act of an accepted invitation; shared with founding. `object` is verified.
act invitation_act(const e2ee::signed_invitation& object, const rows::invitation& row,
                   const std::vector<wire::device::party_name>& names,
                   const std::optional<public_key>& link_key, time_ms now);

} // namespace wardline
