#pragma once
// Questions about identity that change nothing: people, roles, parties, objects, conversations. Answers whose
// objects need proofs are completed by `audit`, which whoever asks has to ask next.
#include "registry.hpp"
#include "verdict.hpp"
#include "wire/limits.hpp"

namespace wardline {

/// Bytes of one party's answer with its proofs to come, so that it fits one device message.
inline constexpr std::size_t party_bytes_max = wire::open_bytes_max;
/// What a logged object takes beside its own bytes: salt, entry, frames, and a proof of 24 hashes (16 million
/// leaves).
inline constexpr std::size_t logged_bytes = 1'024;

/// not_found: nobody has this name.
outcome find_person(const circumstances& c, const wire::device::find_person& m);
/// The first parties_listed_max roles by id.
outcome list_parties(const circumstances& c);
/// Links from `from_n` on. If they are more than fit, the ones that do and nothing else: the device asks
/// again from where it got to. With the head come its members, their seals and certificates; certificates
/// that do not fit are left out and asked for by hash. Proofs are still missing.
outcome get_party(const circumstances& c, const wire::device::get_party& m);
/// Certificates, invitations, grants, revocations and links: what everybody who verifies has to see. Others
/// are left out as if they were not there. Proofs are still missing.
outcome get_objects(const circumstances& c, const wire::device::get_objects& m);
/// The first conversations_listed_max by id.
outcome list_conversations(const circumstances& c, const caller& who);

/// A registrar's certificate and everything it hangs on, what is relied on before what relies on it; nothing
/// for the identity key (0^32).
std::vector<wire::device::logged> chain_of_registrar(const registry& known, const hash32& registrar);

} // namespace wardline
