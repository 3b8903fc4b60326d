#include "clinical/expression.hpp"
#include <algorithm>
#include <optional>

namespace wardline::clinical {

namespace {

class parser {
public:
  parser(std::string_view text, const resolver& names, std::string& problem)
      : names_{names}, problem_{problem}, whole_{text} {
    for (std::size_t i = 0; i < text.size();) {
      if (text[i] == ' ') {
        ++i;
      } else if (text[i] == '(' || text[i] == ')') {
        words_.push_back(text.substr(i++, 1));
      } else {
        auto end = std::min(text.find_first_of(" ()", i), text.size());
        words_.push_back(text.substr(i, end - i));
        i = end;
      }
    }
  }

  expression read() {
    auto out = any(0);
    if (at_ != words_.size())
      fail("something is left over");
    return out;
  }

private:
  void fail(std::string_view what) {
    if (problem_.empty())
      problem_ = std::string{what} + ": " + std::string{whole_};
  }
  [[nodiscard]] std::string_view look() const {
    return at_ < words_.size() ? words_[at_] : std::string_view{};
  }
  bool accept(std::string_view word) {
    if (look() != word)
      return false;
    ++at_;
    return true;
  }

  expression joined(expression::kind what, std::string_view word, std::size_t depth,
                    expression (parser::*lower)(std::size_t)) {
    auto first = (this->*lower)(depth);
    if (look() != word)
      return first;
    expression out;
    out.what = what;
    out.parts.push_back(std::move(first));
    while (accept(word))
      out.parts.push_back((this->*lower)(depth));
    return out;
  }
  expression any(std::size_t depth) { return joined(expression::kind::any, "or", depth, &parser::all); }
  expression all(std::size_t depth) { return joined(expression::kind::all, "and", depth, &parser::close); }
  expression close(std::size_t depth) { return joined(expression::kind::close, "near", depth, &parser::one); }

  expression one(std::size_t depth) {
    expression out;
    if (depth > expression_depth_max) {
      fail("nested too deep");
      return out;
    }
    if (accept("not")) {
      out.what = expression::kind::no;
      out.parts.push_back(one(depth + 1));
      return out;
    }
    if (accept("(")) {
      out = any(depth + 1);
      if (!accept(")"))
        fail("a bracket is not closed");
      return out;
    }
    auto word = look();
    const auto* known = word.empty() || word == ")" ? nullptr : names_(word);
    if (known == nullptr) {
      fail("no such name as " + std::string{word});
      return out;
    }
    ++at_;
    out = *known;
    if (out.what == expression::kind::name)
      compare(out);
    return out;
  }

  void compare(expression& e) {
    using relation = expression::relation;
    static constexpr std::pair<std::string_view, relation> relations[] = {{"<", relation::less},
                                                                          {"<=", relation::at_most},
                                                                          {">=", relation::at_least},
                                                                          {">", relation::more},
                                                                          {"=", relation::equal}};
    for (const auto& [sign, how] : relations)
      if (accept(sign)) {
        e.what = expression::kind::compare;
        e.how = how;
        read_number(e);
        return;
      }
  }

  void read_number(expression& e) {
    std::int64_t value = 0, unit = 1000;
    bool point = false, good = !look().empty() && look().size() <= 9;
    for (char c : look()) {
      if (c == '.' && !point)
        point = true;
      else if (c < '0' || c > '9' || (point && unit == 1))
        good = false;
      else if (point)
        value += (c - '0') * (unit /= 10);
      else
        value = value * 10 + (c - '0') * 1000;
    }
    if (!good)
      fail("a number was expected");
    else
      ++at_;
    e.number = value;
  }

  const resolver& names_;
  std::string& problem_;
  std::string_view whole_;
  std::vector<std::string_view> words_;
  std::size_t at_ = 0;
};

bool compares(const expression& e, std::int64_t value) {
  switch (e.how) {
  case expression::relation::less:
    return value < e.number;
  case expression::relation::at_most:
    return value <= e.number;
  case expression::relation::at_least:
    return value >= e.number;
  case expression::relation::more:
    return value > e.number;
  case expression::relation::equal:
    return value == e.number;
  }
  return false;
}

/// Every place that could make it hold.
void candidates(const expression& e, const std::vector<sighting>& seen, std::vector<std::uint32_t>& out) {
  for (std::uint32_t i = 0; i < seen.size(); ++i) {
    bool same =
        (e.what == expression::kind::name || e.what == expression::kind::compare) && seen[i].name == e.name;
    if (same && (e.what == expression::kind::name || compares(e, seen[i].number)))
      out.push_back(i);
  }
  if (e.what == expression::kind::any)
    for (const auto& part : e.parts)
      candidates(part, seen, out);
  if (e.what == expression::kind::all || e.what == expression::kind::close)
    (void)holds(e, seen, out);
}

bool all_close(const expression& e, const std::vector<sighting>& seen, std::vector<std::uint32_t>& evidence) {
  std::vector<std::uint32_t> first;
  candidates(e.parts[0], seen, first);
  for (auto a : first) {
    std::vector<std::uint32_t> found{a};
    for (std::size_t i = 1; i < e.parts.size(); ++i) {
      std::vector<std::uint32_t> others;
      candidates(e.parts[i], seen, others);
      auto near = std::find_if(others.begin(), others.end(), [&](auto b) {
        return b != a && seen[b].begin <= seen[a].end + near_tokens_max &&
               seen[a].begin <= seen[b].end + near_tokens_max;
      });
      if (near == others.end())
        break;
      found.push_back(*near);
    }
    if (found.size() == e.parts.size()) {
      evidence.insert(evidence.end(), found.begin(), found.end());
      return true;
    }
  }
  return false;
}

} // namespace

expression read_expression(std::string_view text, const resolver& names, std::string& problem) {
  return parser{text, names, problem}.read();
}

bool holds(const expression& e, const std::vector<sighting>& seen, std::vector<std::uint32_t>& evidence) {
  switch (e.what) {
  case expression::kind::name:
  case expression::kind::compare:
    for (std::uint32_t i = 0; i < seen.size(); ++i)
      if (seen[i].name == e.name && (e.what == expression::kind::name || compares(e, seen[i].number))) {
        evidence.push_back(i);
        return true;
      }
    return false;
  case expression::kind::all: {
    auto before = evidence.size();
    for (const auto& part : e.parts)
      if (!holds(part, seen, evidence)) {
        evidence.resize(before);
        return false;
      }
    return true;
  }
  case expression::kind::any:
    return std::any_of(e.parts.begin(), e.parts.end(),
                       [&](const auto& part) { return holds(part, seen, evidence); });
  case expression::kind::no: {
    std::vector<std::uint32_t> ignored;
    return !holds(e.parts[0], seen, ignored);
  }
  case expression::kind::close:
    return all_close(e, seen, evidence);
  }
  return false;
}

} // namespace wardline::clinical
