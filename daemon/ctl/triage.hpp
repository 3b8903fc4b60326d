#pragma once
// `wardctl triage`: how well the rules do on messages with known levels, and the clinic's approval of a rule
// set. Runs where the administrator sits; the daemon never scores.
#include "clinical/scorer.hpp"
#include <array>
#include <filesystem>
#include <string>

namespace wardline::ctl {

/// Messages by the level they should have (rows) and got (columns), 1 to 5.
struct evaluation {
  std::array<std::array<std::uint64_t, 6>, 6> counts{};
  std::vector<std::string>
      missed; ///< ids of level 1 not found, of level 1-2 below 2, of level 4-5 raised to 1-2
  std::uint64_t microseconds_max = 0;
  std::uint64_t microseconds = 0; ///< of all messages together

  [[nodiscard]] std::uint64_t messages(unsigned first,
                                       unsigned last) const; ///< that should have these levels
  [[nodiscard]] std::uint64_t placed(unsigned first, unsigned last, unsigned got_first,
                                     unsigned got_last) const;
  /// The four gates of clinical guide 1.7.
  [[nodiscard]] bool passes() const;
};

/// One object a line: id, sender_role, text, level. A problem, or none.
std::string evaluate_file(const clinical::rule_set& rules, const std::filesystem::path& file,
                          evaluation& out);

/// The matrix, every rate with its one-sided 95 % bound, and what so many messages can and cannot prove.
std::string shown(const evaluation& e);

struct approval_order {
  std::filesystem::path identity_file;
  std::filesystem::path rules;
  std::string passphrase;
};

/// Signs the rule set of the folder with the clinic's identity key and writes `approval` beside the rules, in
/// place of an older one. A problem, or none.
std::string approve_rules(const approval_order& order, hash32& approved);

} // namespace wardline::ctl
