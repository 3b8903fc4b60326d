#pragma once
// Other ways to write something, as the words that patterns know: contractions, abbreviations, Spanish. Texts
// and the patterns themselves are rewritten alike, so that rule data may spell a word either way.
#include "clinical/tokens.hpp"
#include <unordered_map>

namespace wardline::clinical {

/// How often rewrites run over a text: the words that one makes may be the source of another.
inline constexpr int rewrite_passes = 2;

struct rewrite {
  std::vector<token> from;
  std::vector<std::string> to;
};

/// By first word, longest first.
using rewrite_table = std::unordered_map<std::string, std::vector<rewrite>>;

/// Left to right, the longest source first, each place once a pass. What a rewrite makes stands where its
/// source stood.
std::vector<token> rewritten(const rewrite_table& table, std::vector<token> tokens);

} // namespace wardline::clinical
