#include "characters.hpp"
#include <algorithm>
#include <cstdint>
#include <cwchar>

namespace wardline::cli {

namespace {

constexpr wchar_t replacement = 0xfffd;

std::size_t length_by_lead(unsigned char lead) {
  return lead < 0x80                   ? 1
         : lead >= 0xc2 && lead < 0xe0 ? 2
         : lead >= 0xe0 && lead < 0xf0 ? 3
         : lead >= 0xf0 && lead < 0xf5 ? 4
                                       : 0;
}

/// Overlong forms, halves of UTF-16 pairs, and what lies behind Unicode's end.
bool is_ill_formed(std::uint32_t c, std::size_t size) {
  return (size == 3 && c < 0x800) || (size == 4 && c < 0x10000) || (c >= 0xd800 && c <= 0xdfff) ||
         c > 0x10ffff;
}

bool is_control(wchar_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

bool turns_direction(wchar_t c) {
  return (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

} // namespace

std::optional<wchar_t> take_character(std::string& waiting) {
  if (waiting.empty())
    return std::nullopt;
  auto byte = [&](std::size_t at) { return static_cast<unsigned char>(waiting[at]); };
  auto size = length_by_lead(byte(0));
  std::uint32_t c = size <= 1 ? byte(0) : byte(0) & (0x7fU >> size);
  bool broken = size == 0;
  for (std::size_t i = 1; i < size && !broken; ++i) {
    if (i >= waiting.size())
      return std::nullopt;
    broken = (byte(i) & 0xc0U) != 0x80U;
    c = (c << 6) | (byte(i) & 0x3fU);
  }
  broken = broken || is_ill_formed(c, size);
  waiting.erase(0, broken ? 1 : size);
  return broken ? replacement : static_cast<wchar_t>(c);
}

std::wstring wide(std::string_view text) {
  std::wstring out;
  std::string rest{text};
  std::reverse(rest.begin(), rest.end()); // taken from the end below: one pass, however long the text
  std::string sequence;
  while (!rest.empty() || !sequence.empty()) {
    while (!rest.empty() && sequence.size() < 4) {
      sequence.push_back(rest.back());
      rest.pop_back();
    }
    if (auto c = take_character(sequence))
      out.push_back(*c);
    else { // the text ends within a character
      out.push_back(replacement);
      sequence.erase(0, 1);
    }
  }
  return out;
}

std::string narrow(std::wstring_view text) {
  std::string out;
  for (auto wide_character : text) {
    auto c = static_cast<std::uint32_t>(wide_character);
    if (c < 0x80) {
      out.push_back(static_cast<char>(c));
      continue;
    }
    std::size_t behind = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
    constexpr unsigned leads[] = {0, 0xc0, 0xe0, 0xf0};
    out.push_back(static_cast<char>(leads[behind] | (c >> (6 * behind))));
    for (; behind > 0; --behind)
      out.push_back(static_cast<char>(0x80U | ((c >> (6 * (behind - 1))) & 0x3fU)));
  }
  return out;
}

std::string harmless(std::string_view text) {
  auto all = wide(text);
  std::erase_if(all, turns_direction);
  std::replace_if(
      all.begin(), all.end(), [](wchar_t c) { return c != L'\n' && is_control(c); }, replacement);
  return narrow(all);
}

screen_place place_after(std::wstring_view text, std::size_t columns) {
  screen_place at;
  for (auto c : text) {
    if (c == L'\n') {
      at = {at.row + 1, 0};
      continue;
    }
    auto known = ::wcwidth(c);
    std::size_t width = known >= 0 ? static_cast<std::size_t>(known) : c > 0xffff ? 8 : 7; // as \\U+1F600
    if (at.column + width > columns) // half of a wide character is not written
      at = {at.row + 1, 0};
    at.column += width;
    if (at.column >= columns)
      at = {at.row + 1, 0};
  }
  return at;
}

} // namespace wardline::cli
