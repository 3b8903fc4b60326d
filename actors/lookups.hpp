#pragma once
// Questions about identity that change nothing: people, roles, parties, objects, conversations. Answers whose
// objects need proofs are completed by `audit`.
#include "registry.hpp"
#include "verdict.hpp"

namespace wardline {

/// Links of one party in one answer; a device that is further behind asks again from where it got to.
inline constexpr std::size_t cores_per_answer_max = 2'048;
/// Conversations in one list.
inline constexpr std::size_t conversations_listed_max = 1'024;

outcome find_person(const circumstances& c, const wire::device::find_person& m);
outcome list_parties(const circumstances& c);
/// Proofs are still missing.
outcome get_party(const circumstances& c, const wire::device::get_party& m);
/// Certificates, invitations, grants, revocations and links: what everybody who verifies has to see. Others
/// are left out as if they were not there. Proofs are still missing.
outcome get_objects(const circumstances& c, const wire::device::get_objects& m);
outcome list_conversations(const circumstances& c, const caller& who);

} // namespace wardline
