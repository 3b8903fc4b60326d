#include "yaml_file.hpp"
#include "rules/nearest_word.hpp"
#include "wire/text.hpp"
#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>
#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>

namespace wardline::daemon {

namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool all_of_them(std::string_view text, const char* among) {
  return text.find_first_not_of(among) == std::string_view::npos;
}

std::string lower(std::string text) {
  for (auto& c : text)
    if (c >= 'A' && c <= 'Z')
      c = static_cast<char>(c - 'A' + 'a');
  return text;
}

/// Sees what yaml-cpp's tree no longer shows, and how deep and large it would be, before there is one.
class structure final : public YAML::EventHandler {
public:
  explicit structure(const yaml_file& file) : file_{file} {}

  void OnDocumentStart(const YAML::Mark& at) override {
    if (++documents_ == 2)
      stop(at, "a second document (---); one file holds one");
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& at, YAML::anchor_t) override { count(at); }
  void OnAlias(const YAML::Mark& at, YAML::anchor_t) override {
    count(at);
    file_.problem(at, "an alias (*name) is not read here; write what it stands for");
  }
  void OnAnchor(const YAML::Mark& at, const std::string&) override {
    file_.problem(at, "an anchor (&name) is not read here; take it away");
  }
  void OnScalar(const YAML::Mark& at, const std::string& tag, YAML::anchor_t,
                const std::string& value) override {
    count(at);
    look_at_tag(at, tag);
    if (value == "<<" && tag == "?")
      file_.problem(at, "a merge key (<<) is not read here; write the keys themselves");
  }
  void OnSequenceStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {
    open(at, tag);
  }
  void OnSequenceEnd() override { --depth_; }
  void OnMapStart(const YAML::Mark& at, const std::string& tag, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {
    open(at, tag);
  }
  void OnMapEnd() override { --depth_; }

  /// Ends the reading; its problem is said.
  struct stopped {};

private:
  [[noreturn]] void stop(const YAML::Mark& at, const std::string& what) const {
    file_.problem(at, what);
    throw stopped{};
  }
  void count(const YAML::Mark& at) {
    if (++nodes_ > yaml_nodes_max)
      stop(at, "more than " + std::to_string(yaml_nodes_max) + " entries");
  }
  void look_at_tag(const YAML::Mark& at, const std::string& tag) const {
    if (tag != "?" && tag != "!" && !tag.empty())
      file_.problem(at, "a tag (!name) is not read here; take it away");
  }
  void open(const YAML::Mark& at, const std::string& tag) {
    count(at);
    look_at_tag(at, tag);
    if (++depth_ > yaml_depth_max)
      stop(at, "more than " + std::to_string(yaml_depth_max) + " lists and maps within each other");
  }

  const yaml_file& file_;
  std::size_t depth_ = 0, nodes_ = 0, documents_ = 0;
};

std::string known_keys(const std::string& written, const std::map<std::string, yaml_file::take>& known) {
  std::vector<std::string_view> names;
  std::string all;
  for (const auto& [name, unused] : known) {
    names.push_back(name);
    all += (all.empty() ? "" : ", ") + name;
  }
  auto meant = rules::nearest_word(written, names);
  return (meant.empty() ? "" : "did you mean " + std::string{meant} + "? ") + "known are " + all;
}

/// The first line that is no text, from 1; 0 if there is none.
int line_without_text(const std::string& text) {
  std::istringstream in{text};
  int number = 1;
  for (std::string line; std::getline(in, line); ++number) {
    if (!line.empty() && line.back() == '\r')
      line.pop_back();
    std::erase(line, '\t');
    if (!text_ok(view(line)))
      return number;
  }
  return 0;
}

} // namespace

yaml_place place_of(const YAML::Mark& at) {
  return at.is_null() ? yaml_place{} : yaml_place{at.line + 1, at.column + 1};
}

std::string yaml_file::place(const YAML::Mark& at) const {
  auto p = place_of(at);
  return file_.string() + ":" + std::to_string(p.line) + ":" + std::to_string(p.column);
}

void yaml_file::problem(const YAML::Mark& at, const std::string& what) const {
  if (said_++ < yaml_problems_max)
    problems_.push_back(place(at) + ": " + what);
  else if (said_ == yaml_problems_max + 1)
    problems_.push_back(file_.string() + ": more problems than these are not shown");
}

void yaml_file::problem(const std::string& what) const {
  problems_.push_back(file_.string() + ": " + what);
}

void yaml_file::each_key(const YAML::Node& map, const std::string& path,
                         const std::map<std::string, take>& known) const {
  if (!map.IsMap()) {
    auto section = path.empty() ? "the file" : path.substr(0, path.find_last_not_of('.') + 1);
    return problem(map.Mark(), section + ": expected a list of key: value lines");
  }
  std::map<std::string, int> seen; // and in which line
  for (const auto& entry : map) {
    auto key = entry.first.IsScalar() ? entry.first.Scalar() : std::string{};
    auto found = known.find(key);
    auto [first, fresh] = seen.try_emplace(key, place_of(entry.first.Mark()).line);
    if (!fresh)
      problem(entry.first.Mark(), path + shown(key) + ": stands here twice, first in line " +
                                      std::to_string(first->second) + "; remove one");
    else if (found == known.end())
      problem(entry.first.Mark(), path + shown(key) + ": unknown key; " + known_keys(key, known));
    else if (entry.second.IsNull()) // whose own place is that of whatever comes next
      problem(entry.first.Mark(), path + shown(key) + ": has no value");
    else
      found->second(entry.second);
  }
}

std::string yaml_file::scalar(const YAML::Node& n, const std::string& path,
                              const std::string& expected_text) const {
  if (!n.IsScalar() || n.Scalar().empty()) {
    problem(n.Mark(), path + ": expected " + expected_text);
    return {};
  }
  return n.Scalar();
}

std::uint64_t yaml_file::number(const YAML::Node& n, const std::string& path, std::uint64_t from,
                                std::uint64_t to) const {
  auto wanted = "expected a whole number from " + std::to_string(from) + " to " + std::to_string(to);
  auto raw = n.IsScalar() ? n.Scalar() : std::string{};
  if (auto why = surprise_of(raw); !why.empty()) {
    problem(n.Mark(), path + ": " + why + "; " + wanted);
    return from;
  }
  if (!raw.empty() && n.Tag() == "!") {
    problem(n.Mark(), path + ": what stands in quotes is text; " + wanted);
    return from;
  }
  std::uint64_t out = 0;
  auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), out);
  if (error != std::errc{} || end != raw.data() + raw.size() || out < from || out > to) {
    problem(n.Mark(), path + ": " + wanted);
    return from;
  }
  return out;
}

std::vector<std::string> yaml_file::list(const YAML::Node& n, const std::string& path,
                                         const std::string& of_what) const {
  std::vector<std::string> out;
  if (!n.IsSequence()) {
    problem(n.Mark(), path + ": expected a list of " + of_what);
    return out;
  }
  for (const auto& item : n)
    out.push_back(scalar(item, path, of_what));
  return out;
}

std::optional<YAML::Node> yaml_file::parse() const {
  bool too_large = false;
  auto text = read_whole(file_, yaml_bytes_max, too_large);
  if (text)
    return parse(*text);
  problem(too_large ? "larger than " + std::to_string(yaml_bytes_max) + " bytes"
                    : "cannot be read; check that it exists and that this user may read it");
  return std::nullopt;
}

std::optional<YAML::Node> yaml_file::parse(const std::string& text) const {
  if (auto line = line_without_text(text); line != 0) {
    problem(YAML::Mark::null_mark(), "line " + std::to_string(line) +
                                         " holds control characters or is not UTF-8; save the file as UTF-8");
    return std::nullopt;
  }
  try {
    if (!look_at_structure(text))
      return std::nullopt;
    return YAML::Load(text);
  } catch (const YAML::DeepRecursion& e) {
    problem(e.mark, "more than " + std::to_string(yaml_depth_max) + " lists and maps within each other");
  } catch (const YAML::Exception& e) {
    problem(e.mark, shown(e.msg));
  }
  return std::nullopt;
}

bool yaml_file::look_at_structure(const std::string& text) const {
  try {
    std::istringstream in{text};
    YAML::Parser parser{in};
    structure seen{*this};
    while (parser.HandleNextDocument(seen)) {
    }
    return true;
  } catch (const structure::stopped&) {
    return false;
  }
}

std::string surprise_of(const std::string& plain) {
  auto word = lower(plain);
  for (const auto* truth : {"y", "n", "yes", "no", "on", "off", "true", "false"})
    if (word == truth)
      return plain + " is true or false to some readers of YAML";
  std::string_view digits{word};
  if (!digits.empty() && (digits.front() == '+' || digits.front() == '-'))
    digits.remove_prefix(1);
  if (digits.empty() || !is_digit(digits.front()))
    return {};
  if (digits.size() > 1 && digits.front() == '0' && all_of_them(digits, "0123456789"))
    return shown(plain) +
           " counts in eights to some readers of YAML (octal); write it without the zero in front";
  if (digits.size() > 2 && digits.front() == '0' &&
      (digits[1] == 'x' || digits[1] == 'o' || digits[1] == 'b'))
    return shown(plain) + " is not written in decimal digits";
  if (digits.find(':') != std::string_view::npos && all_of_them(digits, "0123456789:."))
    return shown(plain) + " counts in sixties to some readers of YAML; write the number itself";
  if (digits.find('_') != std::string_view::npos && all_of_them(digits, "0123456789_."))
    return shown(plain) + " is a number to some readers of YAML only; write it without the underscore";
  if (digits.find_first_of(".e") != std::string_view::npos && all_of_them(digits, "0123456789.e+-"))
    return shown(plain) + " is no whole number written in digits";
  return {};
}

std::string shown_line(std::string from_elsewhere) {
  if (!text_ok(view(from_elsewhere)))
    for (auto& c : from_elsewhere)
      if (static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7e)
        c = '?';
  return from_elsewhere;
}

std::string shown(const std::string& from_file) {
  auto out = from_file.substr(0, yaml_shown_bytes_max);
  // A character that was cut in two is not shown.
  while (out.size() < from_file.size() && !text_ok(view(out)) && out.size() + 4 > yaml_shown_bytes_max)
    out.pop_back();
  return shown_line(out) + (out.size() < from_file.size() ? "..." : "");
}

std::optional<std::string> read_whole(const std::filesystem::path& file, std::size_t most, bool& too_large) {
  too_large = false;
  std::ifstream in{file, std::ios::binary};
  std::string out;
  std::array<char, 65'536> part{};
  while (in.good() && out.size() <= most) {
    in.read(part.data(), part.size());
    out.append(part.data(), static_cast<std::size_t>(in.gcount()));
  }
  too_large = out.size() > most;
  return too_large || !in.eof() ? std::nullopt : std::optional{std::move(out)};
}

} // namespace wardline::daemon
