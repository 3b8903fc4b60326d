#include "clinical/yaml.hpp"
#include <algorithm>
#include <optional>

namespace wardline::clinical::yaml {

namespace {

struct row {
  std::size_t indent;
  std::string_view content;
  unsigned number;
};

std::string_view trimmed(std::string_view s) {
  while (!s.empty() && s.back() == ' ')
    s.remove_suffix(1);
  while (!s.empty() && s.front() == ' ')
    s.remove_prefix(1);
  return s;
}

/// Where a comment begins: a # at the start or behind a space, outside quotes.
std::string_view without_comment(std::string_view s) {
  bool quoted = false;
  for (std::size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '"')
      quoted = !quoted;
    if (s[i] == '#' && !quoted && (i == 0 || s[i - 1] == ' '))
      return s.substr(0, i);
  }
  return s;
}

class reader {
public:
  document read(std::string_view text) {
    document out;
    if (text.size() > file_bytes_max)
      out.problem = "larger than a rule file may be";
    else if (split(text)) {
      if (rows_.empty())
        fail(1, "empty");
      else
        out.root = block(rows_.front().indent, 1);
      if (problem_.empty() && at_ != rows_.size())
        fail(rows_[at_].number, "indented differently from its neighbours");
    }
    if (!problem_.empty())
      out.problem = problem_;
    return out;
  }

private:
  void fail(unsigned line, std::string_view what) {
    if (problem_.empty())
      problem_ = "line " + std::to_string(line) + ": " + std::string{what};
  }

  bool split(std::string_view text) {
    unsigned number = 0;
    while (!text.empty()) {
      auto end = std::min(text.find('\n'), text.size());
      auto whole = text.substr(0, end);
      text.remove_prefix(std::min(end + 1, text.size()));
      ++number;
      if (std::any_of(whole.begin(), whole.end(), [](char c) { return c >= 0 && c < ' '; })) {
        fail(number, "a control character");
        return false;
      }
      auto indent = std::min(whole.find_first_not_of(' '), whole.size());
      auto content = trimmed(without_comment(whole.substr(indent)));
      if (!content.empty())
        rows_.push_back({indent, content, number});
    }
    return true;
  }

  /// `key` and what follows the colon, or nothing if the row holds no key.
  std::optional<std::pair<std::string_view, std::string_view>> key_of(std::string_view s) {
    auto colon = s.find(':');
    if (colon == std::string_view::npos || colon == 0 || s.front() == '"' || s.front() == '[')
      return std::nullopt;
    if (colon + 1 < s.size() && s[colon + 1] != ' ')
      return std::nullopt;
    return std::pair{s.substr(0, colon), trimmed(s.substr(colon + 1))};
  }

  node scalar(std::string_view s, unsigned line) {
    node out;
    out.line = line;
    if (s.front() == '"') {
      if (s.size() < 2 || s.back() != '"' || s.find('"', 1) != s.size() - 1 || s.find('\\') != s.npos)
        fail(line, "a quoted text that does not end, or holds an escape");
      else
        out.text = s.substr(1, s.size() - 2);
      return out;
    }
    if (std::string_view{"&*!|>'%@`{}]?,#"}.find(s.front()) != std::string_view::npos || s.starts_with("- "))
      fail(line, "a scalar that begins with a character of YAML's own");
    if (s.find(": ") != std::string_view::npos || s.back() == ':' || s.find('"') != std::string_view::npos)
      fail(line, "a plain scalar with a colon or a quote in it");
    out.text = s;
    return out;
  }

  node flow(std::string_view s, unsigned line) {
    if (s.front() != '[')
      return scalar(s, line);
    node out;
    out.line = line;
    out.what = node::kind::list;
    if (s.back() != ']') {
      fail(line, "a list that does not end on its line");
      return out;
    }
    auto rest = trimmed(s.substr(1, s.size() - 2));
    while (!rest.empty()) {
      auto comma = std::min(rest.find(','), rest.size());
      auto one = trimmed(rest.substr(0, comma));
      if (one.empty() || one.find_first_of("[]{}") != std::string_view::npos) {
        fail(line, "an empty or nested entry of a list");
        return out;
      }
      out.items.push_back(scalar(one, line));
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
    return out;
  }

  node block(std::size_t indent, std::size_t depth) {
    node out;
    out.line = rows_[at_].number;
    if (depth > depth_max) {
      fail(out.line, "nested too deep");
      return out;
    }
    bool is_list = rows_[at_].content.starts_with("- ");
    out.what = is_list ? node::kind::list : node::kind::map;
    while (problem_.empty() && at_ < rows_.size() && rows_[at_].indent == indent) {
      if (rows_[at_].content.starts_with("- ") != is_list)
        fail(rows_[at_].number, "a list and a map at one indentation");
      else if (is_list)
        out.items.push_back(item(depth));
      else
        field(out, depth);
    }
    return out;
  }

  /// "- x": a scalar, or the first field of a map that goes on two columns further in.
  node item(std::size_t depth) {
    auto& r = rows_[at_];
    auto inside = r.content.substr(1);
    auto skipped = inside.find_first_not_of(' ') + 1;
    inside = r.content.substr(skipped);
    if (key_of(inside)) {
      r.indent += skipped;
      r.content = inside;
      return block(r.indent, depth + 1);
    }
    ++at_;
    return flow(inside, r.number);
  }

  void field(node& out, std::size_t depth) {
    const auto r = rows_[at_];
    auto pair = key_of(r.content);
    if (!pair) {
      fail(r.number, "neither a key nor a list entry");
      return;
    }
    if (out.find(pair->first) != nullptr)
      fail(r.number, "the key " + std::string{pair->first} + " twice");
    ++at_;
    node value;
    if (!pair->second.empty())
      value = flow(pair->second, r.number);
    else if (at_ < rows_.size() && rows_[at_].indent > r.indent)
      value = block(rows_[at_].indent, depth + 1);
    else
      value.line = r.number; // a key with nothing: an empty scalar
    out.fields.push_back({std::string{pair->first}, std::move(value)});
  }

  std::vector<row> rows_;
  std::size_t at_ = 0;
  std::string problem_;
};

} // namespace

const node* node::find(std::string_view key) const {
  for (const auto& [name, value] : fields)
    if (name == key)
      return &value;
  return nullptr;
}

document read(std::string_view text) {
  return reader{}.read(text);
}

} // namespace wardline::clinical::yaml
