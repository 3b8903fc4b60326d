#include "clinical/scorer.hpp"
#include "clinical/context.hpp"
#include "clinical/rewriting.hpp"
#include <algorithm>
#include <iterator>

namespace wardline::clinical {

namespace {

bool any_in(const std::vector<word_id>& ids, const std::vector<word_id>& sorted) {
  return std::any_of(ids.begin(), ids.end(),
                     [&](word_id id) { return std::binary_search(sorted.begin(), sorted.end(), id); });
}

void correct_spelling(const rule_set& rules, std::vector<token>& tokens) {
  std::unordered_map<std::string, std::string> seen;
  for (auto& t : tokens) {
    if (t.number || t.word.size() < corrected_letters_min)
      continue;
    auto [at, fresh] = seen.emplace(t.word, t.word);
    if (fresh && !rules.common.contains(t.word) && !rules.rewrites.contains(t.word) &&
        !rules.words.knows(t.word))
      if (auto better = rules.corrections.nearest(t.word); !better.empty())
        at->second = better;
    t.word = at->second;
  }
}

prepared prepare(const rule_set& rules, std::string_view text) {
  prepared out;
  out.tokens = tokenise(text, rules.dotted);
  correct_spelling(rules, out.tokens);
  out.tokens = rewritten(rules.rewrites, std::move(out.tokens));
  out.ids.resize(out.tokens.size());
  out.filler.resize(out.tokens.size());
  out.gap_stop.resize(out.tokens.size());
  for (std::size_t i = 0; i < out.tokens.size(); ++i) {
    rules.words.ids_of(out.tokens[i].word, out.ids[i]);
    out.filler[i] = any_in(out.ids[i], rules.fillers);
    out.gap_stop[i] = any_in(out.ids[i], rules.gap_stops);
  }
  return out;
}

/// The number of a measure, or nothing if it is out of the range that makes it one.
std::optional<std::int64_t> measured(const concept_entry& c, const match& m) {
  auto raw = c.second ? m.second : m.number;
  if (!raw)
    return std::nullopt;
  auto value = *raw * c.times / 1'000; // at most 10^9 thousandths times 10^9
  if (value < c.least || value > c.most)
    return std::nullopt;
  return value;
}

class scoring {
public:
  scoring(const rule_set& rules, std::string_view text, sender who)
      : rules_{rules}, text_{prepare(rules, text)}, found_{rules.index.find(text_)} {
    look(standings_of(rules, text_, found_, who), who);
  }

  score result(bool whole) {
    score out;
    for (const auto& r : rules_.rules)
      judge(r, out);
    std::stable_sort(out.rules.begin(), out.rules.end(), [](const fired_rule& a, const fired_rule& b) {
      return a.which->level < b.which->level;
    });
    if (!out.rules.empty()) {
      out.level = out.rules[0].which->level;
      out.scored = true;
    }
    if (!whole && out.level > unscored_level)
      out.level = unscored_level;
    out.scored = out.scored && whole;
    out.discarded = outermost(std::move(discarded_));
    return out;
  }

private:
  /// Of mentions that lie in each other and were discarded alike, the longest: "chest pain", not "pain" as
  /// well.
  static std::vector<discarded_mention> outermost(std::vector<discarded_mention> all) {
    std::stable_sort(all.begin(), all.end(), [](const discarded_mention& a, const discarded_mention& b) {
      return a.where.begin != b.where.begin ? a.where.begin < b.where.begin : a.where.end > b.where.end;
    });
    std::vector<discarded_mention> out;
    std::array<std::uint32_t, standings> covered{}; // where the last mention of each standing ended
    for (const auto& d : all) {
      auto& end = covered[static_cast<std::size_t>(d.why)];
      if (d.where.end <= end)
        continue;
      end = d.where.end;
      out.push_back(d);
    }
    return out;
  }

  void look(const std::vector<standing>& stands, sender who) {
    for (const char* name : {who == sender::staff ? "sender_staff" : "sender_patient", "always"})
      if (auto at = rules_.concept_numbers.find(name); at != rules_.concept_numbers.end())
        see(at->second, 0, 0, 0);
    for (std::size_t i = 0; i < found_.size(); ++i) {
      const auto& m = found_[i];
      if (m.owner >= names_max)
        continue;
      const auto& c = rules_.concepts[m.owner];
      std::optional<std::int64_t> value = 0;
      if (c.measure)
        value = measured(c, m);
      if (!value)
        continue;
      if (stands[i] == standing::current || c.keeps[static_cast<std::size_t>(stands[i])]) {
        see(m.owner, m.begin, m.end, *value);
        for (auto group : c.part_of)
          see(group, m.begin, m.end, *value);
      } else {
        discarded_.push_back({&c, place(m.begin, m.end), stands[i]});
      }
    }
  }

  void see(std::uint32_t name, std::uint32_t begin, std::uint32_t end, std::int64_t number) {
    seen_.push_back({name, begin, end, number});
  }

  [[nodiscard]] span place(std::uint32_t begin, std::uint32_t end) const {
    return {text_.tokens[begin].begin, text_.tokens[end - 1].end};
  }

  void judge(const rule& r, score& out) {
    std::vector<std::uint32_t> evidence;
    if (std::none_of(r.when.begin(), r.when.end(), [&](const expression& e) {
          evidence.clear();
          return holds(e, seen_, evidence);
        }))
      return;
    fired_rule fired{&r, {}};
    for (auto i : evidence)
      if (seen_[i].end > seen_[i].begin)
        fired.evidence.push_back(place(seen_[i].begin, seen_[i].end));
    auto in_order = [](const span& a, const span& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
    };
    std::sort(fired.evidence.begin(), fired.evidence.end(), in_order);
    out.rules.push_back(std::move(fired));
  }

  const rule_set& rules_;
  prepared text_;
  std::vector<match> found_;
  std::vector<sighting> seen_;
  std::vector<discarded_mention> discarded_;
};

} // namespace

sender sender_of(std::string_view role) {
  static constexpr std::string_view staff[] = {"nurse",    "physician", "frontdesk",  "front_desk",
                                               "doctor",   "staff",     "pharmacist", "service",
                                               "provider", "clinician", "ma"};
  return std::find(std::begin(staff), std::end(staff), role) != std::end(staff) ? sender::staff
                                                                                : sender::patient;
}

score score_text(const rule_set& rules, std::string_view text, sender who) {
  return scoring{rules, text, who}.result(text.size() <= text_bytes_max);
}

} // namespace wardline::clinical
