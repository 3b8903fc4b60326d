#pragma once
// Misspelt words to words of the lexicon (clinical guide 2.5): one edit for 5 to 7 letters, two for 8 and
// more, only against the lexicon, never words of up to four letters, never a common word of English or
// Spanish.
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardline::clinical {

inline constexpr std::size_t corrected_letters_min = 5;
inline constexpr std::size_t corrected_letters_max = 24;
inline constexpr std::size_t two_edits_letters_min = 8;

class spelling {
public:
  /// Words that others are corrected to; shorter and longer ones are left out.
  void add(const std::string& word);
  /// Call once, behind the last add.
  void ready();
  /// The nearest word, or nothing: fewest edits (insertion, deletion, change, swap of neighbours), then first
  /// in the alphabet. Two edits need the same first letter.
  [[nodiscard]] std::string_view nearest(std::string_view word) const;

private:
  struct entry {
    std::string word;
    std::uint32_t letters; ///< one bit for each letter in it
  };
  std::vector<entry> words_;
};

/// Edits from one word to the other, or more than `max`.
unsigned edits(std::string_view a, std::string_view b, unsigned max);

} // namespace wardline::clinical
