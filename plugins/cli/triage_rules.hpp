#pragma once
// The triage rules of this machine, for commands that score.
#include "clinical/rule_folder.hpp"
#include "clinical/scorer.hpp"
#include "wire/refusals.hpp"
#include <memory>

namespace wardline::cli {

enum class approval_state : std::uint8_t { none, unchecked, good, bad };

struct triage_rules {
  clinical::rule_set set;
  std::filesystem::path folder;
  std::optional<signature64> approval;
  std::string problem; ///< empty = whole; else why nothing can be scored
};

/// `given`: a folder; empty = the installed one, or the one of the source tree that this program was built
/// in. Never null. A rule set is large and stays where it is.
std::unique_ptr<triage_rules> read_triage_rules(const std::string& given);

/// Whether the clinic's identity key signed this rule set.
approval_state approval_of(const triage_rules& rules, const clinic_id& clinic,
                           const public_key& identity_key);

/// What every patient reads above a message that may be urgent (clinical guide 0.4): the same static words.
inline constexpr std::string_view emergency_sentence =
    "Emergency: call your local emergency number. This inbox is not watched in real time.";

} // namespace wardline::cli
