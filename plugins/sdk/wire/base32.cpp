#include "wire/base32.hpp"

namespace wardline {

namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// 0..31, or nothing. By comparisons alone: no table is read at a place that depends on a secret.
std::optional<unsigned> value_of(char c) {
  if (c >= 'A' && c <= 'Z')
    return static_cast<unsigned>(c - 'A');
  if (c >= 'a' && c <= 'z')
    return static_cast<unsigned>(c - 'a');
  if (c >= '2' && c <= '7')
    return static_cast<unsigned>(c - '2' + 26);
  return std::nullopt;
}

} // namespace

std::string to_base32(bytes_view raw, std::size_t group) {
  std::string out;
  std::size_t letters = 0;
  auto letter = [&](unsigned five) {
    if (group != 0 && letters != 0 && letters % group == 0)
      out += '-';
    out += alphabet[five & 31u];
    ++letters;
  };
  unsigned held = 0;
  unsigned bits = 0;
  for (auto b : raw) {
    held = (held << 8 | b) & 0xfffu;
    bits += 8;
    for (; bits >= 5; bits -= 5)
      letter(held >> (bits - 5));
  }
  if (bits != 0)
    letter(held << (5 - bits));
  return out;
}

std::optional<wiped_bytes> from_base32(std::string_view text) {
  wiped_bytes out;
  out.value.reserve(text.size()); // no copy is left behind by growing
  unsigned held = 0;
  unsigned bits = 0;
  for (char c : text) {
    if (c == ' ' || c == '-')
      continue;
    auto five = value_of(c);
    if (!five)
      return std::nullopt;
    held = (held << 5 | *five) & 0xfffu;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.value.push_back(static_cast<std::uint8_t>(held >> bits));
    }
  }
  bool whole = bits < 5 && (held & ((1u << bits) - 1)) == 0;
  if (!whole)
    return std::nullopt;
  return out;
}

} // namespace wardline
