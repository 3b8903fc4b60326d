#include "clinical/tokens.hpp"
#include <algorithm>
#include <iterator>
#include <utility>

namespace wardline::clinical {

namespace {

struct folding {
  std::uint32_t point;
  std::string_view text;
};

constexpr folding fold_table[] = {
#include "clinical/fold_table.inc"
};

/// One character as it was written: its code point and length. Damaged UTF-8 reads as one byte of no letter.
struct character {
  std::uint32_t point = 0xfffd;
  std::size_t bytes = 1;
};

character decode(std::string_view s) {
  auto lead = static_cast<unsigned char>(s[0]);
  if (lead < 0x80)
    return {lead, 1};
  std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || s.size() < length)
    return {};
  std::uint32_t point = lead & (0xffu >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    auto next = static_cast<unsigned char>(s[i]);
    if ((next & 0xc0u) != 0x80u)
      return {};
    point = (point << 6u) | (next & 0x3fu);
  }
  return {point, length};
}

/// Folded text, and for each of its bytes where it came from.
struct folded_text {
  std::string text;
  std::vector<std::uint32_t> from; ///< one more than bytes: the end
};

folded_text fold_with_places(std::string_view s) {
  folded_text out;
  out.text.reserve(s.size());
  out.from.reserve(s.size() + 1);
  for (std::size_t i = 0; i < s.size();) {
    auto c = decode(s.substr(i));
    std::string_view becomes = s.substr(i, c.bytes);
    char lower = 0;
    if (c.point < 0x80) {
      lower = static_cast<char>(c.point >= 'A' && c.point <= 'Z' ? c.point + 32 : c.point);
      becomes = {&lower, 1};
    } else {
      auto at = std::lower_bound(std::begin(fold_table), std::end(fold_table), c.point,
                                 [](const folding& f, std::uint32_t p) { return f.point < p; });
      if (at != std::end(fold_table) && at->point == c.point)
        becomes = at->text;
    }
    out.text += becomes;
    out.from.insert(out.from.end(), becomes.size(), static_cast<std::uint32_t>(i));
    i += c.bytes;
  }
  out.from.push_back(static_cast<std::uint32_t>(s.size()));
  return out;
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || static_cast<unsigned char>(c) >= 0x80;
}

class cutter {
public:
  cutter(std::string_view original, const std::set<std::string, std::less<>>& dotted)
      : folded_{fold_with_places(original)}, s_{folded_.text}, dotted_{dotted} {}

  std::vector<token> cut() {
    while (at_ < s_.size()) {
      char c = s_[at_];
      if (is_digit(c) || (c == '.' && next_is_digit() && !after_word()))
        number();
      else if (is_letter(c))
        word();
      else
        mark(c);
    }
    return std::move(out_);
  }

private:
  [[nodiscard]] char look(std::size_t ahead) const {
    return at_ + ahead < s_.size() ? s_[at_ + ahead] : '\0';
  }
  [[nodiscard]] bool next_is_digit() const { return is_digit(look(1)); }
  [[nodiscard]] bool after_word() const {
    return at_ > 0 && (is_letter(s_[at_ - 1]) || is_digit(s_[at_ - 1]));
  }

  void add(std::size_t begin, std::size_t end, std::string word) {
    token t;
    t.word = std::move(word);
    t.begin = folded_.from[begin];
    t.end = end < folded_.from.size() ? folded_.from[end] : folded_.from.back();
    if (end > begin && end < folded_.from.size() && t.end == folded_.from[end - 1])
      t.end = folded_.from.back(); // inside one written character
    t.sentence = sentence_;
    t.comma_before = std::exchange(comma_, false);
    t.slash_before = std::exchange(slash_, false);
    out_.push_back(std::move(t));
  }

  /// Digits with one decimal mark, thousands without their commas.
  std::optional<std::int64_t> read_number(std::size_t& i) const {
    std::int64_t whole = 0, part = 0, unit = 1000;
    auto start = i;
    for (; i < s_.size() && (is_digit(s_[i]) || (s_[i] == ',' && thousands(i))); ++i)
      if (s_[i] != ',')
        whole = std::min<std::int64_t>(whole * 10 + (s_[i] - '0'), number_max);
    if (i + 1 < s_.size() && (s_[i] == '.' || s_[i] == ',') && is_digit(s_[i + 1]) && !listed(i))
      for (++i; i < s_.size() && is_digit(s_[i]); ++i)
        if (unit > 1)
          part += (s_[i] - '0') * (unit /= 10);
    if (i == start || whole >= number_max / 1000)
      return std::nullopt;
    return whole * 1000 + part;
  }
  [[nodiscard]] bool thousands(std::size_t i) const {
    return i > 0 && is_digit(s_[i - 1]) && i + 3 < s_.size() && is_digit(s_[i + 1]) && is_digit(s_[i + 2]) &&
           is_digit(s_[i + 3]) && (i + 4 >= s_.size() || !is_digit(s_[i + 4]));
  }
  /// "110,118,105": a comma with two or more digits on its right is no decimal mark.
  [[nodiscard]] bool listed(std::size_t i) const {
    return s_[i] == ',' && i + 2 < s_.size() && is_digit(s_[i + 2]);
  }

  void number() {
    auto start = at_, i = at_;
    auto first = read_number(i);
    std::optional<std::int64_t> second;
    if (first && i + 1 < s_.size() && s_[i] == '/' && is_digit(s_[i + 1])) {
      auto j = i + 1;
      second = read_number(j);
      if (second)
        i = j;
    }
    i = std::max(i, start + 1);
    add(start, i, std::string{s_.substr(start, i - start)});
    out_.back().number = first;
    out_.back().second = second;
    at_ = i;
  }

  /// Letters and digits behind them ("g1p0", "a1c"); an apostrophe inside is dropped ("can't" is "cant"),
  /// except that 's becomes a word of its own. Letters directly behind a number are a word of their own, too
  /// ("5wks").
  void word() {
    auto start = at_;
    std::string text;
    auto i = at_;
    for (; i < s_.size(); ++i) {
      if (is_letter(s_[i]) || (is_digit(s_[i]) && !after_number(start)))
        text += s_[i];
      else if (s_[i] == '\'' && i + 1 < s_.size() && is_letter(s_[i + 1])) {
        if (s_[i + 1] == 's' && (i + 2 >= s_.size() || !is_letter(s_[i + 2])))
          break;
      } else
        break;
    }
    add(start, i, std::move(text));
    at_ = i;
  }
  [[nodiscard]] bool after_number(std::size_t start) const { return start > 0 && is_digit(s_[start - 1]); }

  void mark(char c) {
    bool spaced = at_ == 0 || s_[at_ - 1] == ' ';
    bool ends_abbreviation = c == '.' && !out_.empty() && dotted_.contains(out_.back().word) && after_word();
    bool initial = c == '.' && !out_.empty() && out_.back().word.size() == 1 && is_letter(look(1));
    if (c == '\n' || c == '!' || c == '?' || c == ';' || (c == '.' && !ends_abbreviation && !initial))
      end_sentence();
    else if (c == ',' || c == '(' || c == ')' || c == ':' || (c == '-' && spaced && look(1) == ' ') ||
             c == '"')
      comma_ = true;
    else if (c == '/')
      slash_ = true;
    ++at_;
  }

  void end_sentence() {
    if (!out_.empty() && out_.back().sentence == sentence_)
      ++sentence_;
    comma_ = slash_ = false;
  }

  folded_text folded_;
  std::string_view s_;
  const std::set<std::string, std::less<>>& dotted_;
  std::vector<token> out_;
  std::size_t at_ = 0;
  std::uint32_t sentence_ = 0;
  bool comma_ = false;
  bool slash_ = false;
};

} // namespace

std::vector<token> tokenise(std::string_view text, const std::set<std::string, std::less<>>& dotted) {
  return cutter{text.substr(0, text_bytes_max), dotted}.cut();
}

std::string fold(std::string_view text) {
  return fold_with_places(text).text;
}

} // namespace wardline::clinical
