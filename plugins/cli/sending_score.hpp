#pragma once
// The score of a text that `ward send` sends.
#include "commands.hpp"
#include "triage_rules.hpp"

namespace wardline::cli {

/// What the rules on this device said of a text that is being sent.
struct sending_score {
  std::optional<clinical::score> score; ///< none: a person gave the level, or there are no rules
  std::unique_ptr<triage_rules> rules;  ///< what `score` points into
  bool patient = false;
  bool unusable = false; ///< there are rules to be used and they cannot be: `unusable_rules_sentence`
};

inline constexpr std::string_view unusable_rules_sentence =
    "The triage rules of this machine cannot be used: the message is sent unscored, as today.";

/// Scores the text if no level was given. No rules, or rules that the clinic's key did not sign although they
/// claim it: the message goes out unscored, which is shown and timed as today; the caller says that, and
/// nothing is held back.
sending_score score_for_sending(const client::device& d, const send_words& order, client::draft& what);

/// Lines behind the result. Staff see which rules fired. A patient is shown no reading of what she wrote
/// (clinical guide 0.4): the same sentence for everybody, if it may be urgent.
/// `other_level`: how a person gives another one.
std::string score_lines(const sending_score& s, client::urgency level,
                        std::string_view other_level = "--level");
nlohmann::json rules_json(const sending_score& s);

} // namespace wardline::cli
