#include "clinical/loader.hpp"
#include <algorithm>
#include <functional>

namespace wardline::clinical {

namespace {

void words_in(std::string_view line, const std::function<void(std::string)>& take) {
  for (const auto& t : tokenise(line, {}))
    take(t.word);
}

} // namespace

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

void loader::word_class(const yaml::node& n) {
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
std::string loader::as_texts_have_it(std::string_view words) const {
  if (words.find_first_of("*<>()/") != std::string_view::npos)
    return std::string{words};
  std::string out;
  for (const auto& t : rewritten(out_.rewrites, tokenise(words, out_.dotted)))
    out += (out.empty() ? "" : " ") + t.word;
  return out;
}

/// The same for a whole pattern: runs of plain words, and words of an alternative that become one word.
std::string loader::pattern_as_texts_have_it(std::string_view text) const {
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

std::string loader::alternatives_as_texts_have_them(std::string_view piece) const {
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

void loader::dotted_word(const yaml::node& n) {
  out_.dotted.insert(fold(n.text));
}

void loader::common_words(const yaml::node& n) {
  words_in(n.text, [&](std::string w) { out_.common.insert(std::move(w)); });
}
void loader::spelling_words(const yaml::node& n) {
  words_in(n.text, [&](const std::string& w) { out_.corrections.add(w); });
}

/// "target = source | source": what people write becomes the words that patterns know.
void loader::rewrites(const yaml::node& n) {
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
    for (const auto& t : r.from) {
      out_.corrections.add(t.word);
      out_.common.insert(t.word);
    }
    auto& all = out_.rewrites[r.from[0].word];
    all.push_back(std::move(r));
  }
}

void loader::add_patterns(const yaml::node& n, std::uint32_t owner) {
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

} // namespace wardline::clinical
