#pragma once
// Text into tokens: folded to plain lower-case letters, cut at sentence ends, numbers read, every token with
// its place in the text as it was written (clinical guide 2.1). No clinical word is known here.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace wardline::clinical {

/// Text beyond this many bytes is not read; such a message is at least level 3 (it counts as not scored
/// whole). A message's content holds no more (wire/limits.hpp, content_bytes_max).
inline constexpr std::size_t text_bytes_max = 65'532;
/// Decimals are integers of thousandths: 38.3 is 38 300. Larger numbers are words.
inline constexpr std::int64_t number_max = 1'000'000'000;

struct token {
  std::string word;        ///< folded; a number keeps its digits
  std::uint32_t begin = 0; ///< bytes of the original text
  std::uint32_t end = 0;
  std::uint32_t sentence = 0;
  std::optional<std::int64_t> number; ///< thousandths
  std::optional<std::int64_t> second; ///< of a pair, "120/80"
  bool comma_before = false;          ///< a comma, bracket, colon or lone dash stands before it
  bool slash_before = false;
};

/// `dotted`: words whose full stop ends no sentence ("dr", "temp").
std::vector<token> tokenise(std::string_view text, const std::set<std::string, std::less<>>& dotted);

/// What folding makes of a text, for words of rule data.
std::string fold(std::string_view text);

} // namespace wardline::clinical
