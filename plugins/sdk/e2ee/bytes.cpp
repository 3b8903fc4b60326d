#include "e2ee/bytes.hpp"
#include <algorithm>
#include <cstdlib>

namespace wardline::e2ee {

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
