#include "rules/nearest_word.hpp"
#include <algorithm>
#include <array>

namespace wardline::rules {

std::size_t edit_distance(std::string_view a, std::string_view b) {
  using row = std::array<std::size_t, compared_word_bytes_max + 1>;
  row before_last{};
  row last{};
  row now{};
  for (std::size_t j = 0; j <= b.size(); ++j)
    now[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last = last;
    last = now;
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
  }
  return now[b.size()];
}

std::string_view nearest_word(std::string_view written, std::span<const std::string_view> known) {
  std::string_view out;
  std::size_t nearest = compared_word_bytes_max;
  for (auto word : known) {
    if (written.size() > compared_word_bytes_max || word.size() > compared_word_bytes_max)
      continue;
    auto distance = edit_distance(written, word);
    if (distance < nearest && distance <= std::max<std::size_t>(1, word.size() / 3)) {
      nearest = distance;
      out = word;
    }
  }
  return out;
}

} // namespace wardline::rules
