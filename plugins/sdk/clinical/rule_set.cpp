#include "clinical/rule_set.hpp"
#include "clinical/yaml.hpp"
#include "wire/hash.hpp"
#include <algorithm>

namespace wardline::clinical {

namespace {

constexpr std::string_view standing_names[standings] = {"current",      "negated", "historical",
                                                        "hypothetical", "other",   "resolved",
                                                        "idiom"};

/// "a | b | c", in one scalar or in each of a list.
std::vector<std::string_view> alternatives(const yaml::node* n) {
  std::vector<std::string_view> out;
  if (n == nullptr)
    return out;
  auto cut = [&](std::string_view s) {
    while (!s.empty()) {
      auto end = std::min(s.find(" | "), s.size());
      if (end != 0)
        out.push_back(s.substr(0, end));
      s.remove_prefix(std::min(end + 3, s.size()));
    }
  };
  if (n->what == yaml::node::kind::scalar)
    cut(n->text);
  for (const auto& item : n->items)
    cut(item.text);
  return out;
}

std::string text_of(const yaml::node& n, std::string_view key) {
  const auto* found = n.find(key);
  return found == nullptr ? std::string{} : found->text;
}

/// A decimal as thousandths; nothing if it is none.
std::optional<std::int64_t> decimal(std::string_view s) {
  std::string problem;
  const expression any;
  auto e = read_expression("x = " + std::string{s}, [&](std::string_view) { return &any; }, problem);
  if (!problem.empty() || e.what != expression::kind::compare)
    return std::nullopt;
  return e.number;
}

class loader {
public:
  explicit loader(rule_set& out) : out_{out} {}

  std::vector<std::string> load(const rule_files& files) {
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

private:
  using step = void (loader::*)(const yaml::node&);

  void each(std::string_view key, step read) {
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

  void problem(const yaml::node& at, const std::string& what) {
    problems_.push_back(*file_ + ": line " + std::to_string(at.line) + ": " + what);
  }

  void heading(const yaml::node& root) {
    static const std::set<std::string_view> keys{"rule_set", "version",  "limits",   "defaults", "classes",
                                                 "dotted",   "common",   "rewrites", "spelling", "concepts",
                                                 "measures", "cues",     "terms",    "rules"};
    for (const auto& [key, value] : root.fields)
      if (!keys.contains(key))
        problem(value, "an unknown part: " + key);
    if (!text_of(root, "rule_set").empty()) {
      out_.name = text_of(root, "rule_set");
      out_.version = text_of(root, "version");
      out_.limits = text_of(root, "limits");
    }
  }

  void word_class(const yaml::node& n) {
    auto& words = out_.groups_of_words[key_];
    for (auto line : alternatives(&n))
      for (std::size_t i = 0; i < line.size();) {
        auto end = std::min(line.find(' ', i), line.size());
        auto word = line.substr(i, end - i);
        i = end + 1;
        auto other = word.starts_with("<") ? out_.groups_of_words.find(word.substr(1, word.size() - 2))
                                           : out_.groups_of_words.end();
        if (other != out_.groups_of_words.end())
          words.insert(words.end(), other->second.begin(), other->second.end());
        else if (word.starts_with("<"))
          problem(n, "no such class before it: " + std::string{word});
        else
          words.push_back(read_word(as_texts_have_it(word), out_.words));
      }
  }

  /// A text never has the word "throw" if rewrites make "vomiting" of it: nor may a pattern.
  std::string as_texts_have_it(std::string_view words) const {
    if (words.find_first_of("*<>()/") != std::string_view::npos)
      return std::string{words};
    std::string out;
    for (const auto& t : rewritten(out_.rewrites, tokenise(words, out_.dotted)))
      out += (out.empty() ? "" : " ") + t.word;
    return out;
  }

  /// The same for a whole pattern: runs of plain words, and words of an alternative that become one word.
  std::string pattern_as_texts_have_it(std::string_view text) const {
    std::string out, run;
    auto end_run = [&] {
      if (!run.empty())
        out += (out.empty() ? "" : " ") + as_texts_have_it(run);
      run.clear();
    };
    for (std::size_t i = 0; i < text.size();) {
      auto end = std::min(text.find(' ', i), text.size());
      auto piece = text.substr(i, end - i);
      i = end + 1;
      if (!piece.starts_with("..") && piece.find_first_of("*<>()/") == std::string_view::npos) {
        run += (run.empty() ? "" : " ") + std::string{piece};
        continue;
      }
      end_run();
      out += (out.empty() ? "" : " ") + alternatives_as_texts_have_them(piece);
    }
    end_run();
    return out;
  }

  std::string alternatives_as_texts_have_them(std::string_view piece) const {
    if (piece.find('/') == std::string_view::npos || piece.find_first_of("<(") == 0)
      return std::string{piece};
    std::string out;
    while (!piece.empty()) {
      auto end = std::min(piece.find('/'), piece.size());
      auto word = as_texts_have_it(piece.substr(0, end));
      out += (out.empty() ? "" : "/") +
             (word.find(' ') == std::string::npos ? word : std::string{piece.substr(0, end)});
      piece.remove_prefix(std::min(end + 1, piece.size()));
    }
    return out;
  }

  void dotted_word(const yaml::node& n) { out_.dotted.insert(fold(n.text)); }

  void words_in(std::string_view line, const std::function<void(std::string)>& take) {
    for (const auto& t : tokenise(line, {}))
      take(t.word);
  }
  void common_words(const yaml::node& n) {
    words_in(n.text, [&](std::string w) { out_.common.insert(std::move(w)); });
  }
  void spelling_words(const yaml::node& n) {
    words_in(n.text, [&](const std::string& w) { out_.corrections.add(w); });
  }

  /// "target = source | source": what people write becomes the words that patterns know.
  void rewrites(const yaml::node& n) {
    auto equals = n.text.find(" = ");
    if (equals == std::string::npos) {
      problem(n, "a rewrite is: words = other words | other words");
      return;
    }
    std::vector<std::string> to;
    words_in(std::string_view{n.text}.substr(0, equals), [&](std::string w) { to.push_back(std::move(w)); });
    yaml::node sources;
    sources.text = n.text.substr(equals + 3);
    for (auto source : alternatives(&sources)) {
      rewrite r{tokenise(source, out_.dotted), to};
      if (r.from.empty()) {
        problem(n, "a rewrite of nothing");
        continue;
      }
      for (const auto& t : r.from)
        out_.corrections.add(t.word);
      auto& all = out_.rewrites[r.from[0].word];
      all.push_back(std::move(r));
    }
  }

  void concept_names(const yaml::node& n) {
    auto id = text_of(n, "id");
    if (id.empty() || !out_.concept_numbers.emplace(id, static_cast<std::uint32_t>(out_.concepts.size())).second)
      problem(n, "an id that is missing or stands twice: " + id);
    concept_entry c;
    c.id = id;
    for (auto kept : alternatives(n.find("keep"))) {
      auto at = std::find(std::begin(standing_names), std::end(standing_names), kept);
      if (at == std::end(standing_names))
        problem(n, "keep names what a mention can be, not " + std::string{kept});
      else
        c.keeps[static_cast<std::size_t>(at - std::begin(standing_names))] = true;
    }
    out_.concepts.push_back(std::move(c));
  }

  void add_patterns(const yaml::node& n, std::uint32_t owner) {
    for (auto text : alternatives(n.find("patterns"))) {
      std::string wrong;
      auto p = read_pattern(pattern_as_texts_have_it(text), out_.words, out_.groups_of_words, wrong);
      if (!wrong.empty()) {
        problem(n, wrong);
        continue;
      }
      p.owner = owner;
      out_.index.add(std::move(p));
    }
  }

  concept_entry& entry_of(const yaml::node& n) { return out_.concepts[out_.concept_numbers[text_of(n, "id")]]; }

  void concept_patterns(const yaml::node& n) {
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

  void measure(const yaml::node& n) {
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
  void term(const yaml::node& n) {
    std::string wrong;
    auto e = read_expression(n.text, names_, wrong);
    if (!wrong.empty())
      problem(n, wrong);
    if (!terms_.emplace(key_, std::move(e)).second)
      problem(n, "a name that stands twice: " + key_);
  }

  void context_cue(const yaml::node& n);
  void close_groups();
  void one_rule(const yaml::node& n);
  void finish();

  rule_set& out_;
  std::vector<std::pair<std::string, yaml::node>> documents_;
  std::vector<std::string> problems_;
  const std::string* file_ = nullptr;
  const yaml::node* defaults_ = nullptr;
  std::string key_;
  std::map<std::string, expression, std::less<>> terms_; ///< concepts, measures and named expressions
  const resolver names_ = [this](std::string_view id) {
    auto at = terms_.find(id);
    return at == terms_.end() ? nullptr : &at->second;
  };
};

void loader::context_cue(const yaml::node& n) {
  static const std::map<std::string_view, cue::role> roles{
      {"masks", cue::role::masks}, {"stops", cue::role::stops}, {"current", cue::role::current}};
  static const std::map<std::string_view, cue::reach> reaches{{"after", cue::reach::after},
                                                              {"before", cue::reach::before},
                                                              {"sentence", cue::reach::sentence},
                                                              {"self", cue::reach::self}};
  static const std::map<std::string_view, cue::carry> carries{
      {"", cue::carry::none}, {"none", cue::carry::none}, {"list", cue::carry::list}, {"all", cue::carry::all}};
  cue c;
  auto says = text_of(n, "as");
  auto at = std::find(std::begin(standing_names), std::end(standing_names), says);
  if (auto role = roles.find(says); role != roles.end())
    c.what = role->second;
  else if (at != std::end(standing_names))
    c.sets = static_cast<standing>(at - std::begin(standing_names));
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
      r.population.empty() || r.basis.empty() || r.limits.empty() || !level || *level < 1'000 || *level > 5'000 ||
      *level % 1'000 != 0)
    problem(n, "a rule has id, version, level 1 to 5, title, logic, inputs, population, basis and limits: " + r.id);
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
    if (!out_.common.contains(word))
      out_.corrections.add(word);
  out_.corrections.ready();
  if (out_.name.empty() || out_.version.empty() || out_.limits.empty())
    problems_.push_back("no file gives rule_set, version and limits");
  if (out_.concepts.size() > names_max || out_.index.size() > patterns_max || out_.rules.size() > rules_max)
    problems_.push_back("more concepts, patterns or rules than a rule set may have");
}

} // namespace

std::string_view name_of(standing s) {
  return standing_names[static_cast<std::size_t>(s)];
}

std::vector<std::string> load(const rule_files& files, rule_set& out) {
  return loader{out}.load(files);
}

hash32 hash_of(const rule_files& files) {
  std::string all;
  for (const auto& [name, text] : files)
    all += name + "\n" + std::to_string(text.size()) + "\n" + text;
  return labelled_hash("wardline triage rules v1", view(all));
}

} // namespace wardline::clinical
