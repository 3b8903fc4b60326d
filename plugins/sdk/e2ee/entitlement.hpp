#pragma once
// Role grants, revocations, and the one answer to "does this device belong to that party" (e2ee 5.5). Daemon,
// clients and tests all ask here.
#include "e2ee/chains.hpp"

namespace wardline::e2ee {

/// 5.5. needs (the registrar), bad_signature, those of check_act, party_not_grantable, class_not_for_party,
/// serial_went_back, serial_reused, not_in_log. What kind a party is, and what class a user, is judged by
/// what is known now and again by `entitled`: a role's first grant stands before its first link.
[[nodiscard]] refusal verify(const role_grant& x, const trust& t, const evidence& e);

/// 5.5. needs (the signer's certificate, or the subject's), bad_signature, registrar_revoked,
/// registrar_expired, signer_may_not_revoke. Needs no proof from the log: a revocation that is withheld from
/// it must still stop. `at` is its leaf's place, or the tree's size and time now.
[[nodiscard]] refusal verify(const signed_revocation& x, const trust& t, const log_place& at);

/// The hash that `verify` answered `needs` for, if it names one.
[[nodiscard]] std::optional<hash32> missing(const grant_fields& x, const trust& t);
[[nodiscard]] std::optional<hash32> missing(const revocation_fields& x, const trust& t);

/// Entitled(device, party) := the certificate is accepted and the device not revoked, and the party stands in
/// its certificate and is not withdrawn, or an open grant names its user or, for stations, its device. Judged
/// for an object at `at`: only what stands before it in the log counts. Patients' parties admit only
/// patient-class devices, and those nothing else.
bool entitled(const trust& t, const device_certificate& device, const party_id& party, const log_place& at);

/// The grant that entitles the device, if it is by a grant: its hash stands in the members of a link (5.6).
std::optional<hash32> entitling_grant(const trust& t, const device_certificate& device, const party_id& party,
                                      const log_place& at);

/// See chains.hpp, admit_*.
expected<role_grant> admit_grant(bytes_view raw, trust& t, const evidence& e);
expected<signed_revocation> admit_revocation(bytes_view raw, trust& t, const log_place& at);

/// Any object of 5.1-5.5 but a cosignature (which comes with another object): how a store is replayed, in log
/// order, into an empty trust. unknown_kind for the rest, else the refusals of the kind.
[[nodiscard]] refusal admit(bytes_view raw, trust& t, const evidence& e);

} // namespace wardline::e2ee
