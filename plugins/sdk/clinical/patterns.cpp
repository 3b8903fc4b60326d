#include "clinical/patterns.hpp"
#include <algorithm>
#include <utility>

namespace wardline::clinical {

namespace {

std::vector<std::string_view> split(std::string_view s, char mark) {
  std::vector<std::string_view> out;
  while (!s.empty()) {
    auto end = std::min(s.find(mark), s.size());
    if (end != 0)
      out.push_back(s.substr(0, end));
    s.remove_prefix(std::min(end + 1, s.size()));
  }
  return out;
}

/// One try of one pattern at one place.
class attempt {
public:
  attempt(const pattern& p, const prepared& text) : p_{p}, text_{text} {}

  std::optional<match> at(std::uint32_t place) {
    begin_ = place;
    if (!fits(p_.elements[0], place))
      return std::nullopt;
    take(p_.elements[0], place);
    if (!rest(1, place + 1, 0))
      return std::nullopt;
    found_.owner = p_.owner;
    found_.begin = begin_;
    return std::move(found_);
  }

private:
  [[nodiscard]] bool fits(const element& e, std::uint32_t place) const {
    const auto& t = text_.tokens[place];
    if (e.what == element::kind::number)
      return t.number && !t.second;
    if (e.what == element::kind::pair)
      return t.number && t.second;
    const auto& ids = text_.ids[place];
    return std::any_of(ids.begin(), ids.end(),
                       [&](word_id id) { return std::binary_search(e.words.begin(), e.words.end(), id); });
  }

  void take(const element& e, std::uint32_t place) {
    found_.literal.push_back(place);
    if (e.what != element::kind::word) {
      found_.number = text_.tokens[place].number;
      found_.second = text_.tokens[place].second;
    }
  }

  bool rest(std::size_t next, std::uint32_t place, unsigned carried_gap) {
    if (next == p_.elements.size()) {
      found_.end = place;
      return true;
    }
    const auto& e = p_.elements[next];
    auto gap = e.gap + carried_gap;
    unsigned fillers = 0;
    for (auto i = place; i < text_.tokens.size(); ++i) {
      if (text_.tokens[i].sentence != text_.tokens[begin_].sentence)
        break;
      if (fits(e, i)) {
        auto before = found_.literal.size();
        auto number = found_.number, second = found_.second;
        take(e, i);
        if (rest(next + 1, i + 1, 0))
          return true;
        found_.literal.resize(before);
        found_.number = number;
        found_.second = second;
      }
      if (text_.filler[i] && fillers < fillers_max)
        ++fillers;
      else if (gap > 0 && !text_.gap_stop[i] && !(e.what != element::kind::word && text_.tokens[i].number))
        --gap;
      else
        break;
    }
    return e.optional && rest(next + 1, place, e.gap + carried_gap);
  }

  const pattern& p_;
  const prepared& text_;
  std::uint32_t begin_ = 0;
  match found_;
};

} // namespace

word_id vocabulary::exact(const std::string& word) {
  auto [at, fresh] = exact_.emplace(word, next_);
  next_ += fresh ? 1 : 0;
  return at->second;
}

word_id vocabulary::beginning(const std::string& letters) {
  auto [at, fresh] = beginnings_.emplace(letters, next_);
  next_ += fresh ? 1 : 0;
  longest_ = std::max(longest_, letters.size());
  return at->second;
}

void vocabulary::ids_of(std::string_view word, std::vector<word_id>& out) const {
  std::string key{word};
  auto at = exact_.find(key);
  if (at == exact_.end() && key.size() > 3 && key.back() == 's' && key[key.size() - 2] != 's') {
    key.pop_back();
    at = exact_.find(key);
  }
  if (at != exact_.end())
    out.push_back(at->second);
  for (auto n = std::min(word.size(), longest_); n >= 2; --n)
    if (auto known = beginnings_.find(std::string{word.substr(0, n)}); known != beginnings_.end())
      out.push_back(known->second);
}

bool vocabulary::knows(std::string_view word) const {
  std::vector<word_id> ids;
  ids_of(word, ids);
  return !ids.empty();
}

word_id read_word(std::string_view text, vocabulary& words) {
  auto folded = fold(text);
  if (folded.ends_with('*')) {
    folded.pop_back();
    return words.beginning(folded);
  }
  return words.exact(folded);
}

pattern read_pattern(std::string_view text, vocabulary& words, const classes& known, std::string& problem) {
  pattern out;
  unsigned gap = 0;
  for (auto piece : split(text, ' ')) {
    element e;
    if (piece.starts_with("..")) {
      auto digits = piece.substr(2);
      gap = digits.size() == 1 && digits[0] >= '1' && digits[0] <= '8'
                ? static_cast<unsigned>(digits[0] - '0')
                : 99;
      if (gap > gap_max || out.elements.empty())
        problem = "a gap is ..1 to ..8 and stands between two words: " + std::string{text};
      continue;
    }
    if (piece.starts_with("(") && piece.ends_with(")") && piece.size() > 2) {
      e.optional = true;
      piece = piece.substr(1, piece.size() - 2);
    }
    e.gap = std::exchange(gap, 0u);
    if (piece == "<n>")
      e.what = element::kind::number;
    else if (piece == "<n/n>")
      e.what = element::kind::pair;
    else
      for (auto word : split(piece, '/')) {
        if (!word.starts_with("<")) {
          if (word.size() < 2 && word.ends_with('*'))
            problem = "a beginning needs letters: " + std::string{text};
          e.words.push_back(read_word(word, words));
          continue;
        }
        auto at = word.ends_with(">") ? known.find(word.substr(1, word.size() - 2)) : known.end();
        if (at == known.end())
          problem = "no such class: " + std::string{word};
        else
          e.words.insert(e.words.end(), at->second.begin(), at->second.end());
      }
    std::sort(e.words.begin(), e.words.end());
    out.elements.push_back(std::move(e));
  }
  if (out.elements.empty() || out.elements[0].optional || out.elements.size() > elements_max || gap != 0)
    problem = "a pattern has 1 to 12 elements and begins and ends with a word that must be there: " +
              std::string{text};
  return out;
}

void pattern_index::add(pattern p) {
  auto number = static_cast<std::uint32_t>(patterns_.size());
  if (p.elements[0].what == element::kind::word)
    for (auto id : p.elements[0].words)
      by_word_[id].push_back(number);
  else
    by_number_.push_back(number);
  patterns_.push_back(std::move(p));
}

std::vector<match> pattern_index::find(const prepared& text) const {
  std::vector<match> out;
  std::vector<std::uint32_t> tried;
  for (std::uint32_t i = 0; i < text.tokens.size(); ++i) {
    tried.clear();
    if (text.tokens[i].number)
      tried = by_number_;
    for (auto id : text.ids[i])
      if (auto at = by_word_.find(id); at != by_word_.end())
        tried.insert(tried.end(), at->second.begin(), at->second.end());
    std::sort(tried.begin(), tried.end());
    tried.erase(std::unique(tried.begin(), tried.end()), tried.end());
    for (auto number : tried)
      if (auto found = attempt{patterns_[number], text}.at(i))
        out.push_back(std::move(*found));
  }
  return out;
}

} // namespace wardline::clinical
