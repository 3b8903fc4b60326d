#include "e2ee/safety_code.hpp"
#include "e2ee/bytes.hpp"
#include "e2ee/labels.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline::e2ee {

namespace {
constexpr std::size_t groups = 6;
constexpr std::size_t digits_per_group = 5;
constexpr std::size_t bytes_per_group = 5;
constexpr std::uint64_t group_values = 100'000;
} // namespace

std::string safety_code(const hash32& head, const hash32& own_head) {
  writer both;
  both.put(std::min(head, own_head)).put(std::max(head, own_head));
  auto hash = labelled_hash(labels::safety_code, both.so_far());
  std::string out;
  for (std::size_t i = 0; i < groups; ++i) {
    std::uint64_t value = 0;
    for (std::size_t b = 0; b < bytes_per_group; ++b)
      value = value << 8 | hash[i * bytes_per_group + b];
    auto digits = std::to_string(value % group_values);
    out += std::string(digits_per_group - digits.size(), '0') + digits;
  }
  return out;
}

std::string in_groups(const std::string& code) {
  std::string out;
  for (std::size_t i = 0; i < code.size(); ++i) {
    if (i != 0 && i % digits_per_group == 0)
      out += ' ';
    out += code[i];
  }
  return out;
}

} // namespace wardline::e2ee
