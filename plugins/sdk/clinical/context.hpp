#pragma once
// What a mention turned out to be: here and now, or denied, past, possible, somebody else's, over, a manner
// of speaking. NegEx and ConText with the changes of clinical guide 2.3 and 2.4; the cues are rule data.
#include "clinical/scorer.hpp"

namespace wardline::clinical {

/// For each of `matches` that belongs to a concept, its standing (others are left `current`). `found` is what
/// the rule set's index found in `text`.
std::vector<standing> standings_of(const rule_set& rules, const prepared& text,
                                   const std::vector<match>& found, sender who);

} // namespace wardline::clinical
