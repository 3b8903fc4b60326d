#pragma once
// Finding words in names and texts. Pure.
#include <string>
#include <string_view>
#include <vector>

namespace wardline::cli {

/// Capitals and small letters are the same, in every alphabet that has both. Needs LC_CTYPE of a UTF-8
/// locale for others than ASCII.
std::wstring folded(std::string_view text);

/// Each of the words stands somewhere in one of the texts. True for no words.
bool all_found(const std::vector<std::string>& words, const std::vector<std::string>& texts);

/// About so many characters around the first of the words, on one line; the beginning if none is there.
std::string excerpt(const std::string& text, const std::vector<std::string>& words, std::size_t characters);

} // namespace wardline::cli
