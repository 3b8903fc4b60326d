#pragma once
// History packs as the daemon checks and keeps them: alone, and along with a link. Included by
// submission*.cpp only.
#include "e2ee/conversation.hpp"
#include "e2ee/keylist.hpp"
#include "e2ee/pack.hpp"
#include "submission_steps.hpp"

namespace wardline::submission {

/// Made by the caller for a member of this head, which the pack does not reach beyond. Refusals as in e2ee
/// 5.7; nobody here can look inside.
refusal check_pack_here(const circumstances& c, const caller& who, const e2ee::history_pack& pack,
                        const e2ee::party_chain& head);

/// One leaf a pack. Of one device's packs the oldest ones make room: a member that gives useless packs can
/// delay a device, but not shut it out.
std::vector<act> acts_of_packs(const circumstances& c, const caller& who,
                               const std::vector<e2ee::history_pack>& packs);

/// The conversation's head.
expected<e2ee::conversation_link> link_of(const circumstances& c, const conversation_id& id);

/// submission_reports.cpp: a key list of one key; `named` is the report that it answers.
submitted_change submit_answer(const circumstances& c, const caller& who, const e2ee::key_list& list,
                               const std::optional<hash32>& named);

/// Packs of a device that leaves the party.
void forget_packs(const circumstances& c, const party_id& p, const device_id& d, act& in);

} // namespace wardline::submission
