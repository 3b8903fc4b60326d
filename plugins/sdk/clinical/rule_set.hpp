#pragma once
// The rule data, compiled: word classes, rewrites, cues of context, concepts, measures and rules. All
// clinical knowledge is in the files (etc/triage); this is only their shape. README.md beside this file
// specifies it.
#include "clinical/expression.hpp"
#include "clinical/patterns.hpp"
#include "clinical/rewriting.hpp"
#include "clinical/spelling.hpp"
#include "wire/ids.hpp"
#include <array>
#include <unordered_set>

namespace wardline::clinical {

inline constexpr std::size_t files_max = 64;
inline constexpr std::size_t patterns_max = 50'000;
inline constexpr std::size_t names_max = 4'096; ///< concepts, groups and measures
inline constexpr std::size_t rules_max = 1'024;

/// What a mention turned out to be. Everything but `current` is discarded unless its concept keeps it.
enum class standing : std::uint8_t { current, negated, historical, hypothetical, other, resolved, idiom };
inline constexpr std::size_t standings = 7;
std::string_view name_of(standing s);
std::optional<standing> read_standing(std::string_view name);

/// A word or phrase that says how to take what stands near it (NegEx, ConText: clinical guide 2.2).
struct cue {
  enum class role : std::uint8_t { sets, masks, stops, current };
  enum class reach : std::uint8_t { after, before, sentence, self };
  enum class carry : std::uint8_t { none, list, all };
  role what = role::sets;
  standing sets = standing::negated;
  reach where = reach::after;
  unsigned tokens = 0;            ///< how far; 0 = to the end of the sentence
  carry over = carry::none;       ///< across commas and "and": never, in "a, b or c", always
  carry over_staff = carry::none; ///< the same in what staff write
  bool yields = false;            ///< not where the sentence says that it is happening now
};

struct concept_entry {
  std::string id;
  std::array<bool, standings> keeps{}; ///< besides current
  bool measure = false;
  std::int64_t times = 1'000; ///< thousandths: what a measure's number is multiplied with
  std::int64_t least = 0;     ///< of a measure, after that; others are not taken
  std::int64_t most = 0;
  bool second = false;                ///< a measure that takes the second number of a pair
  std::vector<std::uint32_t> part_of; ///< groups it belongs to, also through others
};

struct rule {
  std::string id, version, title, logic, inputs, population, source, basis, reviewed_by, reviewed_on, limits;
  unsigned level = 0; ///< 1 to 5
  std::vector<expression> when;
};

struct rule_set {
  std::string name, version, limits;
  hash32 hash{}; ///< over all files, byte for byte
  vocabulary words;
  classes groups_of_words;
  std::set<std::string, std::less<>> dotted;
  std::unordered_set<std::string> common; ///< never corrected
  spelling corrections;
  rewrite_table rewrites;
  std::vector<cue> cues;
  std::vector<concept_entry> concepts;
  std::unordered_map<std::string, std::uint32_t> concept_numbers;
  pattern_index index; ///< owners: concepts, then cues
  std::vector<rule> rules;
  std::vector<word_id> fillers, gap_stops; ///< sorted
};

/// File name -> content. Problems, one a line with its file, or none and `out` is whole.
using rule_files = std::map<std::string, std::string, std::less<>>;
std::vector<std::string> load(const rule_files& files, rule_set& out);

/// H over each file's name, length and bytes, in order of names.
hash32 hash_of(const rule_files& files);

} // namespace wardline::clinical
