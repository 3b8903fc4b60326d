#include "e2ee/bytes.hpp"
#include <algorithm>
#include <cstdlib>

namespace wardline::e2ee {

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

bool shown_as_it_stands(std::uint32_t c) {
  bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
  bool override_direction = (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return !control && !override_direction;
}

} // namespace

bool text_ok(bytes_view text) {
  while (!text.empty()) {
    std::uint32_t c = 0;
    auto size = utf8_sequence(text, c);
    if (size == 0 || !shown_as_it_stands(c))
      return false;
    text = text.subspan(size);
  }
  return true;
}

bytes_view reader::take(std::size_t n) {
  if (!ok())
    return {};
  if (n > left()) {
    refuse(refusal::truncated);
    return {};
  }
  auto out = all_.subspan(at_, n);
  at_ += n;
  return out;
}

std::uint64_t reader::integer(std::size_t width) {
  std::uint64_t out = 0;
  for (auto b : take(width))
    out = (out << 8) | b;
  return out;
}

bytes_view reader::counted(std::size_t width, std::size_t size_max) {
  auto n = integer(width);
  if (!ok())
    return {};
  if (n > left()) {
    refuse(refusal::length_beyond_end);
    return {};
  }
  if (n > size_max) {
    refuse(refusal::count_too_large);
    return {};
  }
  return take(static_cast<std::size_t>(n));
}

std::string reader::text8(std::size_t size_max) {
  auto raw = v8(size_max);
  if (ok() && !text_ok(raw))
    refuse(refusal::bad_text);
  return ok() ? std::string{text(raw)} : std::string{};
}

void reader::reserved(std::size_t n) {
  for (auto b : take(n))
    if (b != 0)
      refuse(refusal::reserved_not_zero);
}

void reader::check_order(bytes_view before, bytes_view now) {
  if (!std::lexicographical_compare(before.begin(), before.end(), now.begin(), now.end()))
    refuse(refusal::not_sorted);
}

writer& writer::integer(std::uint64_t x, std::size_t width) {
  for (std::size_t i = width; i-- > 0;)
    out_.push_back(static_cast<std::uint8_t>(x >> (8 * i)));
  return *this;
}

writer& writer::length(std::size_t n, std::size_t width) {
  if (width < 8 && (static_cast<std::uint64_t>(n) >> (8 * width)) != 0)
    std::abort(); // the author's own value is longer than its field: nothing sensible can be signed
  return integer(n, width);
}

} // namespace wardline::e2ee
