#include "search_words.hpp"
#include "characters.hpp"
#include <algorithm>
#include <cwctype>

namespace wardline::cli {

std::wstring folded(std::string_view text) {
  auto out = wide(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](wchar_t c) { return static_cast<wchar_t>(std::towlower(static_cast<std::wint_t>(c))); });
  return out;
}

bool all_found(const std::vector<std::string>& words, const std::vector<std::string>& texts) {
  std::vector<std::wstring> in;
  std::transform(texts.begin(), texts.end(), std::back_inserter(in), folded);
  return std::all_of(words.begin(), words.end(), [&](const std::string& word) {
    auto sought = folded(word);
    return std::any_of(in.begin(), in.end(),
                       [&](const auto& text) { return text.find(sought) != std::wstring::npos; });
  });
}

std::string excerpt(const std::string& text, const std::vector<std::string>& words, std::size_t characters) {
  auto all = wide(text);
  std::replace(all.begin(), all.end(), L'\n', L' ');
  auto in = folded(text);
  auto at = std::wstring::npos;
  for (const auto& word : words)
    at = std::min(at, in.find(folded(word)));
  if (at == std::wstring::npos)
    at = 0;
  auto first = at > characters / 3 ? at - characters / 3 : 0;
  auto shown = all.substr(first, characters);
  return (first > 0 ? "..." : "") + narrow(shown) + (first + shown.size() < all.size() ? "..." : "");
}

} // namespace wardline::cli
