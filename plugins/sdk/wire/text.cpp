#include "wire/text.hpp"

namespace wardline {

namespace {

/// Length of the well-formed UTF-8 sequence at the start of `s` (Unicode table 3-7), its code point in `out`;
/// 0 if there is none.
std::size_t utf8_sequence(bytes_view s, std::uint32_t& out) {
  auto lead = s[0];
  if (lead < 0x80) {
    out = lead;
    return 1;
  }
  std::size_t size = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || s.size() < size)
    return 0;
  out = lead & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((s[i] & 0xc0) != 0x80)
      return 0;
    out = (out << 6) | (s[i] & 0x3fU);
  }
  bool overlong = (size == 3 && out < 0x800) || (size == 4 && out < 0x10000);
  bool surrogate = out >= 0xd800 && out <= 0xdfff;
  return overlong || surrogate || out > 0x10ffff ? 0 : size;
}

bool is_control(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f);
}

/// Unicode's property Bidi_Control.
bool overrides_direction(std::uint32_t c) {
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

template <class Allowed>
bool every_character(bytes_view text, Allowed allowed) {
  while (!text.empty()) {
    std::uint32_t c = 0;
    auto size = utf8_sequence(text, c);
    if (size == 0 || !allowed(c))
      return false;
    text = text.subspan(size);
  }
  return true;
}

} // namespace

bool text_ok(bytes_view text) {
  return every_character(text, [](std::uint32_t c) { return !is_control(c) && !overrides_direction(c); });
}

bool lines_ok(bytes_view text) {
  return every_character(text, [](std::uint32_t c) { return !is_control(c) || c == '\n'; });
}

} // namespace wardline
