#include "clinical/context.hpp"
#include <algorithm>

namespace wardline::clinical {

namespace {

struct placed_cue {
  const cue* what;
  std::uint32_t begin;
  std::uint32_t end;
  std::uint32_t sentence;
};

class context {
public:
  context(const rule_set& rules, const prepared& text, const std::vector<match>& found, sender who)
      : text_{text}, who_{who}, named_(text.tokens.size(), false) {
    for (const auto& m : found)
      if (m.owner < names_max)
        for (auto i : m.literal)
          named_[i] = named_[i] || text.gap_stop[i];
    place(rules, found);
  }

  /// The first that applies and that its concept does not keep, in this order: a manner of speaking, denied,
  /// over, somebody else's, past, possible.
  [[nodiscard]] standing of(const match& m, const std::array<bool, standings>& keeps) const {
    static constexpr standing order[] = {standing::idiom, standing::negated,    standing::resolved,
                                         standing::other, standing::historical, standing::hypothetical};
    for (auto one : order)
      for (const auto& c : cues_)
        if (!keeps[static_cast<std::size_t>(one)] && c.what->what == cue::role::sets && c.what->sets == one &&
            applies(c, m))
          return one;
    return standing::current;
  }

private:
  /// Left to right, the longest first; one that lies in another is masked by it, and so is one whose "no" or
  /// "not" a concept names itself ("no pulse", "not waking"): there it is the symptom.
  void place(const rule_set& rules, const std::vector<match>& found) {
    std::vector<placed_cue> all;
    for (const auto& m : found)
      if (m.owner >= names_max)
        all.push_back({&rules.cues[m.owner - names_max], m.begin, m.end, text_.tokens[m.begin].sentence});
    std::stable_sort(all.begin(), all.end(), [](const placed_cue& a, const placed_cue& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end > b.end;
    });
    std::uint32_t covered_from = 0, covered = 0;
    for (const auto& c : all) {
      if (c.what->where == cue::reach::self && c.what->what == cue::role::sets) {
        cues_.push_back(c); // a manner of speaking covers concepts, not cues
        continue;
      }
      bool same = c.begin == covered_from && c.end == covered; // one phrase may be a cue both ways
      if (c.begin < covered && !same)
        continue;
      covered_from = c.begin;
      covered = c.end;
      bool named = false;
      for (auto i = c.begin; i < c.end; ++i)
        named = named || named_[i];
      if (c.what->what == cue::role::current)
        current_.push_back(c);
      else if (!named)
        (c.what->what == cue::role::stops ? stops_ : cues_).push_back(c);
    }
  }

  [[nodiscard]] bool applies(const placed_cue& c, const match& m) const {
    if (c.sentence != text_.tokens[m.begin].sentence)
      return false;
    if (c.what->where == cue::reach::self)
      return c.begin < m.end && m.begin < c.end;
    if (c.what->yields && happening_now(c))
      return false;
    if (c.what->where == cue::reach::sentence)
      return m.end <= c.begin || c.end <= m.begin;
    if (c.what->where == cue::reach::after)
      return c.begin < m.begin && reaches(c, std::min(c.end, m.begin), m.begin, m.begin);
    return m.end <= c.begin && reaches(c, m.end, c.begin, c.begin);
  }

  [[nodiscard]] bool happening_now(const placed_cue& c) const {
    return std::any_of(current_.begin(), current_.end(), [&](const placed_cue& now) {
      return now.sentence == c.sentence && (now.end <= c.begin || c.end <= now.begin);
    });
  }

  /// Nothing between `from` and `to` ends the reach; `last` is the first token behind what lies between.
  [[nodiscard]] bool reaches(const placed_cue& c, std::uint32_t from, std::uint32_t to,
                             std::uint32_t last) const {
    unsigned words = 0;
    for (auto i = from; i < to; ++i)
      words += text_.filler[i] ? 0 : 1;
    if (c.what->tokens != 0 && words >= c.what->tokens)
      return false;
    if (std::any_of(stops_.begin(), stops_.end(),
                    [&](const placed_cue& s) { return s.begin >= from && s.end <= to; }))
      return false;
    auto carry = who_ == sender::staff ? c.what->over_staff : c.what->over;
    for (auto i = from; i <= last && i < text_.tokens.size(); ++i)
      if (text_.tokens[i].comma_before || is_and(i))
        if (carry == cue::carry::none || (carry == cue::carry::list && !in_list(i)))
          return false;
    return true;
  }

  [[nodiscard]] bool is_and(std::uint32_t i) const {
    return text_.tokens[i].word == "and" || text_.tokens[i].word == "&";
  }

  /// "no chest pain, fainting or sob": further on in this sentence comes an "or", and nothing that says
  /// otherwise before it.
  [[nodiscard]] bool in_list(std::uint32_t i) const {
    constexpr std::uint32_t ahead_max = 10;
    for (auto j = i; j < std::min<std::size_t>(text_.tokens.size(), i + ahead_max); ++j) {
      if (text_.tokens[j].sentence != text_.tokens[i].sentence || text_.gap_stop[j])
        return false;
      if (text_.tokens[j].word == "or" || text_.tokens[j].word == "nor")
        return true;
    }
    return false;
  }

  const prepared& text_;
  sender who_;
  std::vector<bool> named_; ///< words like "no" that a concept's pattern names
  std::vector<placed_cue> cues_, stops_, current_;
};

} // namespace

std::vector<standing> standings_of(const rule_set& rules, const prepared& text,
                                   const std::vector<match>& found, sender who) {
  context around{rules, text, found, who};
  std::vector<standing> out(found.size(), standing::current);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i].owner < names_max)
      out[i] = around.of(found[i], rules.concepts[found[i].owner].keeps);
  return out;
}

} // namespace wardline::clinical
