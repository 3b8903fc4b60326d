#pragma once
// Questions about identity that change nothing: people, roles, parties, objects, conversations. Answers whose
// objects need proofs are completed by `audit`, which whoever asks has to ask next.
#include "registry.hpp"
#include "rules/duty_plan.hpp"
#include "verdict.hpp"
#include "wire/limits.hpp"

namespace wardline {

/// Bytes of one party's answer with its proofs to come, so that it fits one device message.
inline constexpr std::size_t party_bytes_max = wire::open_bytes_max;
/// What a logged object takes beside its own bytes: salt, entry, frames, and a proof of 24 hashes (16 million
/// leaves).
inline constexpr std::size_t logged_bytes = 1'024;

/// A person or a station; not_found: neither has this name.
outcome find_person(const circumstances& c, const wire::device::find_person& m);
/// One page of roles by id.
outcome list_parties(const circumstances& c, const wire::device::list_parties& m);
/// Links from `from_n` on. If they are more than fit, the ones that do and nothing else: the device asks
/// again from where it got to. With the head come its members, their seals and certificates; certificates
/// that do not fit are left out and asked for by hash. Proofs are still missing.
/// A member also gets its own seals of the links between: it may have been away for them.
/// `waiting`: devices that wait to be let in; whoever may do that needs their certificates.
outcome get_party(const circumstances& c, const caller& who, const wire::device::get_party& m,
                  const std::vector<device_id>& waiting = {});
/// Certificates, invitations, grants, revocations and links: what everybody who verifies has to see; links of
/// conversations for who is in them. Others are left out as if they were not there. Proofs are still missing.
outcome get_objects(const circumstances& c, const caller& who, const wire::device::get_objects& m);
/// One page by id of the conversations that the caller's parties are in.
outcome list_conversations(const circumstances& c, const caller& who,
                           const wire::device::list_conversations& m);

// ---- lookups_standing.cpp

/// Newest certificates, newest words and revocations of a person's devices, or of one device. For registrars,
/// and for a person about herself; not_found for everybody else and for who is unknown. Proofs are missing.
outcome get_standing(const circumstances& c, const caller& who, const wire::device::get_standing& m);
/// Grants, withdrawals and revocations from a leaf on, as many as fit. Proofs are missing.
outcome get_changes(const circumstances& c, const wire::device::get_changes& m);

/// The device's next certificate, where a registrar has signed one and it has not; empty: none.
bytes renewal_for(const circumstances& c, const device_id& d);
/// Devices whose certificate ends within e2ee::renewal_ahead_ms, or has ended; who ends first stands first.
/// As many as one answer carries.
std::vector<wire::device::renewal_due> renewals_due(const circumstances& c);

// ---- lookups_exposure.cpp

/// Entries of the log that one page about a device looks at.
inline constexpr std::size_t entries_looked_at_max = ports::scan_rows_max;
/// Of a device that was turned out: conversations of its parties, or the log's entries that name it, a page
/// at a time; proofs are missing. not_found: not a registrar, or no such device; device_in_use.
outcome get_exposure(const circumstances& c, const rules::clinic& board, const caller& who,
                     const wire::device::get_exposure& m);

// ---- directory_wakes.cpp

/// Who is on duty for a role, or for each role of the caller's device; not_found: no such role,
/// roster_beyond_horizon: asked for a time that no roster reaches.
outcome get_duty(const circumstances& c, const rules::duty_plan& plan, const caller& who,
                 const wire::device::get_duty& m);

// ---- lookups_history.cpp

/// Packs that were made for the caller's device; not_found for a party it does not belong to.
outcome get_packs(const circumstances& c, const caller& who, const wire::device::get_packs& m);
/// The caller's own seals of links `first`..`last`; none for a party it does not belong to.
std::vector<wire::device::own_seal> own_seals(const circumstances& c, const caller& who, const party_id& p,
                                              std::uint32_t first, std::uint32_t last);
/// Parts of key lists for the caller's device, whole part numbers only, as many as fit.
outcome get_key_lists(const circumstances& c, const caller& who, const wire::device::get_key_lists& m);
/// Devices that replaced all others of their person and have no key list yet, for conversations that the
/// giver is in by another party; then reports about messages of conversations that it reads. Looks at
/// conversations_looked_at_max conversations and reports_looked_at_max reports.
std::vector<wire::device::keys_wanted> keys_wanted(const circumstances& c, const rules::clinic& board,
                                                   const device_id& who);
inline constexpr std::size_t conversations_looked_at_max = 16'384;
inline constexpr std::size_t reports_looked_at_max = 16'384;

/// A registrar's certificate and everything it hangs on, what is relied on before what relies on it; nothing
/// for the identity key (0^32). With the words of second registrars, who stand in it likewise: whoever enrols
/// verifies it without the log. `second`: the one who cosigned the invitation.
std::vector<bytes> chain_of_invitation(const circumstances& c, const hash32& registrar,
                                       const std::optional<e2ee::cosignature>& second);

} // namespace wardline
