#include "clinical/spelling.hpp"
#include <algorithm>
#include <array>
#include <bit>

namespace wardline::clinical {

namespace {

std::uint32_t letters_of(std::string_view word) {
  std::uint32_t out = 0;
  for (char c : word)
    out |= 1u << (c >= 'a' && c <= 'z' ? static_cast<unsigned>(c - 'a') : 26u);
  return out;
}

} // namespace

unsigned edits(std::string_view a, std::string_view b, unsigned max) {
  std::array<std::array<unsigned, corrected_letters_max + 3>, 3> rows{};
  if (a.size() > corrected_letters_max + 2 || b.size() > corrected_letters_max + 2)
    return max + 1;
  for (unsigned j = 0; j <= b.size(); ++j)
    rows[1][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto& two_up = rows[(i + 2) % 3];
    auto& up = rows[i % 3];
    auto& row = rows[(i + 1) % 3];
    row[0] = static_cast<unsigned>(i);
    auto best = row[0];
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({up[j] + 1, row[j - 1] + 1, up[j - 1] + (a[i - 1] == b[j - 1] ? 0u : 1u)});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        row[j] = std::min(row[j], two_up[j - 2] + 1);
      best = std::min(best, row[j]);
    }
    if (best > max)
      return max + 1;
  }
  return rows[(a.size() + 1) % 3][b.size()];
}

void spelling::add(const std::string& word) {
  bool letters = std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
  if (letters && word.size() >= corrected_letters_min && word.size() <= corrected_letters_max)
    words_.push_back({word, letters_of(word)});
}

void spelling::ready() {
  auto by_word = [](const entry& a, const entry& b) { return a.word < b.word; };
  std::sort(words_.begin(), words_.end(), by_word);
  words_.erase(std::unique(words_.begin(), words_.end(),
                           [](const entry& a, const entry& b) { return a.word == b.word; }),
               words_.end());
}

std::string_view spelling::nearest(std::string_view word) const {
  if (word.size() < corrected_letters_min || word.size() > corrected_letters_max)
    return {};
  auto mine = letters_of(word);
  std::string_view best;
  unsigned fewest = 3;
  for (const auto& e : words_) {
    auto allowed =
        std::min(e.word.size(), word.size()) >= two_edits_letters_min && e.word[0] == word[0] ? 2u : 1u;
    auto apart = e.word.size() > word.size() ? e.word.size() - word.size() : word.size() - e.word.size();
    auto differing = static_cast<unsigned>(std::popcount(mine ^ e.letters));
    if (apart > allowed || differing > 2 * allowed || allowed >= fewest + 1)
      continue;
    auto n = edits(word, e.word, allowed);
    if (n <= allowed && n < fewest) {
      fewest = n;
      best = e.word;
    }
  }
  return best;
}

} // namespace wardline::clinical
