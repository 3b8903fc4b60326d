#pragma once
// How rule data is read into a rule set: one pass over all files for each part, so that files may be in any
// order and a later part names what an earlier one made. Internal to rule_set.cpp.
#include "clinical/rule_set.hpp"
#include "clinical/yaml.hpp"

namespace wardline::clinical {

class loader {
public:
  explicit loader(rule_set& out) : out_{out} {}

  std::vector<std::string> load(const rule_files& files);

private:
  using step = void (loader::*)(const yaml::node&);

  void each(std::string_view key, step read);
  void problem(const yaml::node& at, const std::string& what);

  // loader_words.cpp
  void word_class(const yaml::node& n);
  void dotted_word(const yaml::node& n);
  void common_words(const yaml::node& n);
  void spelling_words(const yaml::node& n);
  void rewrites(const yaml::node& n);
  void add_patterns(const yaml::node& n, std::uint32_t owner);
  [[nodiscard]] std::string as_texts_have_it(std::string_view words) const;
  [[nodiscard]] std::string pattern_as_texts_have_it(std::string_view text) const;
  [[nodiscard]] std::string alternatives_as_texts_have_them(std::string_view piece) const;

  // loader.cpp
  void heading(const yaml::node& root);
  void concept_names(const yaml::node& n);
  void concept_patterns(const yaml::node& n);
  void measure(const yaml::node& n);
  void context_cue(const yaml::node& n);
  void close_groups();
  void term(const yaml::node& n);
  void one_rule(const yaml::node& n);
  void finish();
  concept_entry& entry_of(const yaml::node& n);

  rule_set& out_;
  std::vector<std::pair<std::string, yaml::node>> documents_;
  std::vector<std::string> problems_;
  const std::string* file_ = nullptr;
  const yaml::node* defaults_ = nullptr;
  std::string key_;                                      ///< of a map's field
  std::map<std::string, expression, std::less<>> terms_; ///< concepts, measures and named expressions
  const resolver names_ = [this](std::string_view id) {
    auto at = terms_.find(id);
    return at == terms_.end() ? nullptr : &at->second;
  };
};

/// "a | b | c", in one scalar or in each of a list.
std::vector<std::string_view> alternatives(const yaml::node* n);
/// Of a field; empty if there is none.
std::string text_of(const yaml::node& n, std::string_view key);
/// A decimal as thousandths; nothing if it is none.
std::optional<std::int64_t> decimal(std::string_view s);

} // namespace wardline::clinical
