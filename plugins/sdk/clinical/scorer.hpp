#pragma once
// The text scorer: how soon a message should be read, by rules as data (clinical guide 2). It runs on
// devices, never in the daemon; it is deterministic and knows no clock. It orders a work queue; it is no
// diagnosis, and nobody who is a clinician has reviewed the rules unless they say so themselves.
#include "clinical/rule_set.hpp"

namespace wardline::clinical {

/// Of a message in which no rule says anything: shown and timed as today.
inline constexpr unsigned unscored_level = 3;

enum class sender : std::uint8_t { patient, staff };
/// Of a role's name: nurse, physician, frontdesk and other staff write as staff do. Everybody else, also a
/// role that is not known here, is read as a patient, which raises more.
sender sender_of(std::string_view role);

struct span {
  std::uint32_t begin = 0; ///< bytes of the message
  std::uint32_t end = 0;
};

struct fired_rule {
  const rule* which = nullptr; ///< of the rule set
  std::vector<span> evidence;  ///< in order of the text
};

/// A mention that did not count, and why.
struct discarded_mention {
  const concept_entry* what = nullptr;
  span where;
  standing why = standing::negated;
};

struct score {
  unsigned level = unscored_level; ///< 1 now to 5 for information
  bool scored = false;             ///< false: no rule fired, or the text was cut
  std::vector<fired_rule> rules;   ///< most urgent first
  std::vector<discarded_mention> discarded;
};

/// The set must have been loaded without a problem. Time grows with the length of the text, which is cut at
/// text_bytes_max.
score score_text(const rule_set& rules, std::string_view text, sender who);

} // namespace wardline::clinical
