#include "clinical/rewriting.hpp"
#include <utility>

namespace wardline::clinical {

namespace {

bool begins_with(const std::vector<token>& tokens, std::size_t at, const std::vector<token>& from) {
  if (at + from.size() > tokens.size())
    return false;
  for (std::size_t i = 0; i < from.size(); ++i) {
    const auto& t = tokens[at + i];
    if (t.word != from[i].word)
      return false;
    if (i > 0 &&
        (t.sentence != tokens[at].sentence || t.comma_before || t.slash_before != from[i].slash_before))
      return false;
  }
  return true;
}

const rewrite* longest_at(const rewrite_table& table, const std::vector<token>& tokens, std::size_t at) {
  auto found = table.find(tokens[at].word);
  if (found != table.end())
    for (const auto& r : found->second)
      if (begins_with(tokens, at, r.from))
        return &r;
  return nullptr;
}

std::vector<token> once(const rewrite_table& table, const std::vector<token>& tokens) {
  std::vector<token> out;
  out.reserve(tokens.size());
  for (std::size_t i = 0; i < tokens.size();) {
    const auto* chosen = longest_at(table, tokens, i);
    if (chosen == nullptr) {
      out.push_back(tokens[i++]);
      continue;
    }
    for (std::size_t k = 0; k < chosen->to.size(); ++k) {
      auto t = tokens[i];
      t.word = chosen->to[k];
      t.end = tokens[i + chosen->from.size() - 1].end;
      t.number.reset();
      t.second.reset();
      t.comma_before = t.comma_before && k == 0;
      t.slash_before = t.slash_before && k == 0;
      if (t.word[0] >= '0' && t.word[0] <= '9') // "two" is 2
        t.number = tokenise(t.word, {})[0].number;
      out.push_back(std::move(t));
    }
    i += chosen->from.size();
  }
  return out;
}

} // namespace

std::vector<token> rewritten(const rewrite_table& table, std::vector<token> tokens) {
  for (int i = 0; i < rewrite_passes; ++i)
    tokens = once(table, tokens);
  return tokens;
}

} // namespace wardline::clinical
