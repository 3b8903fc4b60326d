#include "clinical/loader.hpp"
#include "clinical/yaml.hpp"
#include <algorithm>

namespace wardline::clinical {

std::string text_of(const yaml::node& n, std::string_view key) {
  const auto* found = n.find(key);
  return found == nullptr ? std::string{} : found->text;
}

std::optional<std::int64_t> decimal(std::string_view s) {
  std::string problem;
  const expression any;
  auto e = read_expression(
      "x = " + std::string{s}, [&](std::string_view) { return &any; }, problem);
  if (!problem.empty() || e.what != expression::kind::compare)
    return std::nullopt;
  return e.number;
}

std::vector<std::string> loader::load(const rule_files& files) {
  if (files.empty() || files.size() > files_max)
    problems_.push_back("a rule set is 1 to 64 files");
  for (const auto& [name, text] : files) {
    auto read = yaml::read(text);
    if (!read.problem.empty())
      problems_.push_back(name + ": " + read.problem);
    else
      documents_.emplace_back(name, std::move(read.root));
  }
  if (!problems_.empty())
    return problems_;
  // Classes first, rules last: a later step names what an earlier one made.
  each("", &loader::heading);
  each("dotted", &loader::dotted_word);
  each("rewrites", &loader::rewrites);
  for (auto& [first, all] : out_.rewrites)
    std::stable_sort(all.begin(), all.end(),
                     [](const rewrite& a, const rewrite& b) { return a.from.size() > b.from.size(); });
  each("classes", &loader::word_class);
  each("common", &loader::common_words);
  each("spelling", &loader::spelling_words);
  each("concepts", &loader::concept_names);
  each("measures", &loader::concept_names);
  each("concepts", &loader::concept_patterns);
  each("measures", &loader::measure);
  each("cues", &loader::context_cue);
  close_groups();
  for (const auto& [id, number] : out_.concept_numbers)
    terms_[id].name = number;
  each("terms", &loader::term);
  each("rules", &loader::one_rule);
  finish();
  out_.hash = hash_of(files);
  return problems_;
}

void loader::each(std::string_view key, step read) {
  for (const auto& [name, root] : documents_) {
    file_ = &name;
    defaults_ = root.find("defaults");
    if (key.empty()) {
      (this->*read)(root);
    } else if (const auto* part = root.find(key)) {
      if (part->what == yaml::node::kind::scalar)
        problem(*part, "a list was expected");
      for (const auto& item : part->items)
        (this->*read)(item);
      for (const auto& [field, value] : part->fields) {
        key_ = field;
        (this->*read)(value);
      }
    }
  }
}

void loader::problem(const yaml::node& at, const std::string& what) {
  problems_.push_back(*file_ + ": line " + std::to_string(at.line) + ": " + what);
}

void loader::heading(const yaml::node& root) {
  static const std::set<std::string_view> keys{"rule_set", "version", "limits",   "defaults", "classes",
                                               "dotted",   "common",  "rewrites", "spelling", "concepts",
                                               "measures", "cues",    "terms",    "rules"};
  for (const auto& [key, value] : root.fields)
    if (!keys.contains(key))
      problem(value, "an unknown part: " + key);
  if (!text_of(root, "rule_set").empty()) {
    out_.name = text_of(root, "rule_set");
    out_.version = text_of(root, "version");
    out_.limits = text_of(root, "limits");
  }
}

void loader::concept_names(const yaml::node& n) {
  auto id = text_of(n, "id");
  if (id.empty() ||
      !out_.concept_numbers.emplace(id, static_cast<std::uint32_t>(out_.concepts.size())).second)
    problem(n, "an id that is missing or stands twice: " + id);
  concept_entry c;
  c.id = id;
  for (auto kept : alternatives(n.find("keep"))) {
    auto stands = read_standing(kept);
    if (!stands)
      problem(n, "keep names what a mention can be, not " + std::string{kept});
    else
      c.keeps[static_cast<std::size_t>(*stands)] = true;
  }
  out_.concepts.push_back(std::move(c));
}

concept_entry& loader::entry_of(const yaml::node& n) {
  return out_.concepts[out_.concept_numbers[text_of(n, "id")]];
}

void loader::concept_patterns(const yaml::node& n) {
  auto number = out_.concept_numbers[text_of(n, "id")];
  add_patterns(n, number);
  for (auto part : alternatives(n.find("any_of"))) {
    auto at = out_.concept_numbers.find(std::string{part});
    if (at == out_.concept_numbers.end())
      problem(n, "no such concept: " + std::string{part});
    else
      out_.concepts[at->second].part_of.push_back(number);
  }
}

void loader::measure(const yaml::node& n) {
  auto& c = entry_of(n);
  c.measure = true;
  auto times = n.find("times") == nullptr ? std::optional<std::int64_t>{1'000} : decimal(text_of(n, "times"));
  auto least = decimal(text_of(n, "least")), most = decimal(text_of(n, "most"));
  if (!times || !least || !most || *least > *most)
    problem(n, "a measure has numbers: least, most, and perhaps times");
  else {
    c.times = *times;
    c.least = *least;
    c.most = *most;
  }
  c.second = text_of(n, "takes") == "second";
  add_patterns(n, out_.concept_numbers[c.id]);
}

/// A name for a whole expression; later ones and rules may use it.
void loader::term(const yaml::node& n) {
  std::string wrong;
  auto e = read_expression(n.text, names_, wrong);
  if (!wrong.empty())
    problem(n, wrong);
  if (!terms_.emplace(key_, std::move(e)).second)
    problem(n, "a name that stands twice: " + key_);
}

void loader::context_cue(const yaml::node& n) {
  static const std::map<std::string_view, cue::role> roles{
      {"masks", cue::role::masks}, {"stops", cue::role::stops}, {"current", cue::role::current}};
  static const std::map<std::string_view, cue::reach> reaches{{"after", cue::reach::after},
                                                              {"before", cue::reach::before},
                                                              {"sentence", cue::reach::sentence},
                                                              {"self", cue::reach::self}};
  static const std::map<std::string_view, cue::carry> carries{{"", cue::carry::none},
                                                              {"none", cue::carry::none},
                                                              {"list", cue::carry::list},
                                                              {"all", cue::carry::all}};
  cue c;
  auto says = text_of(n, "as");
  auto stands = read_standing(says);
  if (auto role = roles.find(says); role != roles.end())
    c.what = role->second;
  else if (stands)
    c.sets = *stands;
  else
    problem(n, "a cue is as: one of the standings, masks, stops or current");
  auto reach = text_of(n, "reach");
  auto where = reaches.find(reach.empty() ? "self" : reach);
  auto over = carries.find(text_of(n, "carry"));
  auto staff = carries.find(text_of(n, n.find("carry_staff") == nullptr ? "carry" : "carry_staff"));
  auto tokens = n.find("tokens") == nullptr ? std::optional<std::int64_t>{0} : decimal(text_of(n, "tokens"));
  if (where == reaches.end() || over == carries.end() || staff == carries.end() || !tokens) {
    problem(n, "reach, carry or tokens is not one of its list");
    return;
  }
  c.where = where->second;
  c.over = over->second;
  c.over_staff = staff->second;
  c.tokens = static_cast<unsigned>(*tokens / 1'000);
  c.yields = text_of(n, "yields") == "yes";
  auto owner = static_cast<std::uint32_t>(names_max + out_.cues.size());
  out_.cues.push_back(c);
  add_patterns(n, owner);
}

/// Groups of groups: everything above a concept, once.
void loader::close_groups() {
  for (auto& c : out_.concepts)
    for (std::size_t i = 0; i < c.part_of.size(); ++i)
      for (auto above : out_.concepts[c.part_of[i]].part_of)
        if (std::find(c.part_of.begin(), c.part_of.end(), above) == c.part_of.end())
          c.part_of.push_back(above);
}

void loader::one_rule(const yaml::node& n) {
  rule r;
  auto field = [&](std::string_view key) {
    auto own = text_of(n, key);
    return own.empty() && defaults_ != nullptr ? text_of(*defaults_, key) : own;
  };
  r.id = text_of(n, "id");
  r.version = field("version");
  r.title = text_of(n, "title");
  r.logic = text_of(n, "logic");
  r.inputs = field("inputs");
  r.population = field("population");
  r.source = field("source");
  r.basis = field("basis");
  r.reviewed_by = field("reviewed_by");
  r.reviewed_on = field("reviewed_on");
  r.limits = field("limits");
  auto level = decimal(text_of(n, "level"));
  if (r.id.empty() || r.version.empty() || r.title.empty() || r.logic.empty() || r.inputs.empty() ||
      r.population.empty() || r.basis.empty() || r.limits.empty() || !level || *level < 1'000 ||
      *level > 5'000 || *level % 1'000 != 0)
    problem(n, "a rule has id, version, level 1 to 5, title, logic, inputs, population, basis and limits: " +
                   r.id);
  else
    r.level = static_cast<unsigned>(*level / 1'000);
  const auto* when = n.find("when");
  if (when == nullptr || when->items.empty()) {
    problem(n, "a rule says when it fires: " + r.id);
    return;
  }
  for (const auto& one : when->items) {
    std::string wrong;
    r.when.push_back(read_expression(one.text, names_, wrong));
    if (!wrong.empty())
      problem(one, wrong);
  }
  out_.rules.push_back(std::move(r));
}

void loader::finish() {
  auto words_of = [&](std::string_view name) {
    auto at = out_.groups_of_words.find(name);
    auto words = at == out_.groups_of_words.end() ? std::vector<word_id>{} : at->second;
    std::sort(words.begin(), words.end());
    return words;
  };
  out_.fillers = words_of("filler");
  out_.gap_stops = words_of("gap_stop");
  for (const auto& [word, number] : out_.words.words())
    out_.corrections.add(word);
  out_.corrections.ready();
  if (out_.name.empty() || out_.version.empty() || out_.limits.empty())
    problems_.push_back("no file gives rule_set, version and limits");
  if (out_.concepts.size() > names_max || out_.index.size() > patterns_max || out_.rules.size() > rules_max)
    problems_.push_back("more concepts, patterns or rules than a rule set may have");
}

} // namespace wardline::clinical
