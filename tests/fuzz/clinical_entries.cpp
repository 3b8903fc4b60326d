// The rule data's reader, and the scorer on any text with a small rule set that uses every part of it.
#include "clinical/rule_set.hpp"
#include "clinical/scorer.hpp"
#include "entries.hpp"

namespace wardline::fuzz {

namespace {

constexpr std::string_view small_rules = R"(rule_set: small
version: 1
limits: none
classes:
  filler: a the is my
  gap_stop: no not
  pain: hurts ache
dotted: [dr]
rewrites:
  - sob = short of breath
  - 2 = two
spelling:
  - vomiting seizure
concepts:
  - id: chest
    patterns: chest ..3 <pain> | sob | chest (x) ache
  - id: fit
    keep: resolved
    patterns: seizure/fit (again) now* | vomit*
measures:
  - id: temp
    least: 30
    most: 45
    times: 1
    patterns: temp ..2 <n> | <n> c
  - id: low
    takes: second
    least: 10
    most: 300
    patterns: <n/n>
cues:
  - as: negated
    reach: after
    tokens: 6
    carry: list
    carry_staff: all
    patterns: no | not
  - as: resolved
    reach: before
    patterns: gone
  - as: idiom
    patterns: chest of drawers
  - as: stops
    patterns: but
  - as: current
    patterns: now
terms:
  hot: temp >= 38
defaults:
  version: 1
  inputs: text
  population: everyone
  basis: unverified
  limits: none
rules:
  - id: one
    level: 1
    title: t
    logic: l
    when:
      - chest near fit and not low < 50
      - hot or (chest and temp > 20)
  - id: four
    level: 4
    title: t
    logic: l
    when:
      - chest
)";

const clinical::rule_set& small_set() {
  static const auto* set = [] {
    auto* out = new clinical::rule_set; // for the life of the program
    promise(clinical::load({{"small.yaml", std::string{small_rules}}}, *out).empty());
    return out;
  }();
  return *set;
}

} // namespace

bool run_triage_rules(bytes_view input) {
  clinical::rule_set set;
  auto problems = clinical::load({{"fuzz.yaml", std::string{text(input)}}}, set);
  if (!problems.empty())
    return false;
  (void)clinical::score_text(set, "no chest pain but temp 38.3, 120/80 and a seizure now",
                             clinical::sender::patient);
  return true;
}

/// Accepted = some rule fires. Every place lies in the text, and staff and patients both get a level.
bool run_triage_text(bytes_view input) {
  auto said = text(input);
  for (auto who : {clinical::sender::patient, clinical::sender::staff}) {
    auto s = clinical::score_text(small_set(), said, who);
    promise(s.level >= 1 && s.level <= 5);
    for (const auto& r : s.rules)
      for (const auto& e : r.evidence)
        promise(e.begin < e.end && e.end <= said.size());
    for (const auto& d : s.discarded)
      promise(d.where.begin < d.where.end && d.where.end <= said.size());
  }
  return clinical::score_text(small_set(), said, clinical::sender::patient).scored;
}

} // namespace wardline::fuzz
