#pragma once
// Characters as a terminal has them: out of bytes that come one by one, into bytes again, and how much room
// they take on its screen.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace wardline::cli {

/// Takes the first character off `waiting`. Nothing: its bytes are not all there yet. What is no UTF-8
/// becomes U+FFFD, byte by byte.
std::optional<wchar_t> take_character(std::string& waiting);

std::wstring wide(std::string_view text);
std::string narrow(std::wstring_view text);

/// For a screen: control characters but line ends become U+FFFD, and what turns the direction of the text
/// behind it is left out. The wire refuses the former in messages and names already; a screen does not rely
/// on it.
std::string harmless(std::string_view text);

/// Where a cursor stands after `text` on a screen of so many columns, as libedit writes it: row and column
/// from where the text began. Needs LC_CTYPE of a UTF-8 locale.
struct screen_place {
  std::size_t row = 0;
  std::size_t column = 0;
};
screen_place place_after(std::wstring_view text, std::size_t columns);

} // namespace wardline::cli
