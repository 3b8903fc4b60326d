#pragma once
// Patterns over tokens: how rule data says what people write (README.md, "Patterns"). Compiled once; matching
// neither allocates per try nor backtracks without bound: a pattern has at most elements_max elements and
// gap_max free words.
#include "clinical/tokens.hpp"
#include <map>
#include <span>
#include <unordered_map>

namespace wardline::clinical {

inline constexpr std::size_t elements_max = 12;
inline constexpr unsigned gap_max = 8;
inline constexpr unsigned fillers_max = 4; ///< filler words that are skipped between two elements

using word_id = std::uint32_t;

/// Words and beginnings of words ("vomit*") that patterns know, as numbers.
class vocabulary {
public:
  word_id exact(const std::string& word);
  word_id beginning(const std::string& letters);
  /// The word itself, its form without a plural s if the word itself is not known, and every known beginning
  /// of it.
  void ids_of(std::string_view word, std::vector<word_id>& out) const;
  /// Spelt as some pattern spells it.
  [[nodiscard]] bool knows(std::string_view word) const;
  [[nodiscard]] const std::unordered_map<std::string, word_id>& words() const { return exact_; }

private:
  std::unordered_map<std::string, word_id> exact_;
  std::unordered_map<std::string, word_id> beginnings_;
  std::size_t longest_ = 0;
  word_id next_ = 0;
};

struct element {
  enum class kind : unsigned char { word, number, pair };
  kind what = kind::word;
  bool optional = false;
  unsigned gap = 0;           ///< free words that may stand before it
  std::vector<word_id> words; ///< sorted
};

struct pattern {
  std::vector<element> elements;
  std::uint32_t owner = 0;
};

/// A word class: what <name> in a pattern means.
using classes = std::map<std::string, std::vector<word_id>, std::less<>>;

/// One pattern out of its text. Empty elements and a sentence in `problem` if it cannot be read.
pattern read_pattern(std::string_view text, vocabulary& words, const classes& known, std::string& problem);
/// The words of a class: "a", "b*".
word_id read_word(std::string_view text, vocabulary& words);

/// A text made ready: tokens and what the vocabulary says of each.
struct prepared {
  std::vector<token> tokens;
  std::vector<std::vector<word_id>> ids;
  std::vector<bool> filler;   ///< may be skipped between elements
  std::vector<bool> gap_stop; ///< may not stand in a gap ("no", "but")
};

struct match {
  std::uint32_t owner = 0;
  std::uint32_t begin = 0; ///< tokens
  std::uint32_t end = 0;
  std::vector<std::uint32_t> literal; ///< tokens that the pattern names, not those in its gaps
  std::optional<std::int64_t> number; ///< what <n> took; thousandths
  std::optional<std::int64_t> second; ///< of <n/n>
};

/// All patterns, found by their first element.
class pattern_index {
public:
  void add(pattern p);
  /// Every place where a pattern matches: at most one match for each pattern and place.
  [[nodiscard]] std::vector<match> find(const prepared& text) const;
  [[nodiscard]] std::size_t size() const { return patterns_.size(); }

private:
  std::vector<pattern> patterns_;
  std::unordered_map<word_id, std::vector<std::uint32_t>> by_word_;
  std::vector<std::uint32_t> by_number_;
};

} // namespace wardline::clinical
