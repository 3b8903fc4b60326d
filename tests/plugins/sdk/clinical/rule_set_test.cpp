// Loading: what a rule has to have, what the hash covers, and that the tree's rules say what they must.
#include "clinical/rule_folder.hpp"
#include "rules_of_tree.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

namespace wardline::clinical {

namespace {

const std::string good =
    "rule_set: t\nversion: 1\nlimits: none\nconcepts:\n  - id: a\n    patterns: b c | d\nrules:\n"
    "  - id: r\n    version: 1\n    level: 1\n    title: t\n    logic: l\n    inputs: i\n"
    "    population: p\n    basis: unverified\n    limits: l\n    when:\n      - a\n";

std::string without(std::string text, const std::string& part) {
  text.erase(text.find(part), part.size());
  return text;
}
std::string with(std::string text, const std::string& part, const std::string& other) {
  return text.replace(text.find(part), part.size(), other);
}

} // namespace

TEST_CASE("a rule set is whole or refused with its line") {
  rule_set set;
  CHECK(load({{"t.yaml", good}}, set).empty());
  CHECK(set.rules.size() == 1);
  const std::string broken[] = {without(good, "rule_set: t\n"),
                                without(good, "    title: t\n"),
                                without(good, "    basis: unverified\n"),
                                without(good, "    limits: l\n"),
                                with(good, "level: 1", "level: 6"),
                                with(good, "level: 1", "level: 1.5"),
                                with(good, "      - a\n", "      - z\n"),
                                with(good, "patterns: b c | d", "patterns: ..2 d"),
                                with(good, "concepts:", "concept:"),
                                with(good, "id: a", "id: a\n    keep: yesterday"),
                                good + "classes:\n  x: <y>\n",
                                good + "rewrites:\n  - nothing\n",
                                good + "cues:\n  - as: doubt\n    patterns: e\n",
                                good + "terms:\n  a: a\n"};
  for (const auto& text : broken) {
    INFO(text);
    rule_set other;
    CHECK_FALSE(load({{"t.yaml", text}}, other).empty());
  }
  rule_set none;
  CHECK_FALSE(load({}, none).empty());
  rule_files many;
  for (std::size_t i = 0; i <= files_max; ++i)
    many[std::to_string(i)] = good;
  CHECK_FALSE(load(many, none).empty());
}

TEST_CASE("the hash covers every byte and every name") {
  auto one = hash_of({{"a.yaml", "x"}, {"b.yaml", "y"}});
  CHECK(one == hash_of({{"b.yaml", "y"}, {"a.yaml", "x"}}));
  CHECK(one != hash_of({{"a.yaml", "x"}, {"b.yaml", "z"}}));
  CHECK(one != hash_of({{"a.yaml", "x"}, {"c.yaml", "y"}}));
  CHECK(one != hash_of({{"a.yaml", "xb.yaml"}, {"", "y"}}));
}

TEST_CASE("the tree's rules: unique ids, honest about review and source") {
  std::set<std::string> ids;
  for (const auto& r : rules_of_tree().rules) {
    INFO(r.id);
    CHECK(ids.insert(r.id).second);
    CHECK((r.basis == "unverified" || r.basis == "read"));
    CHECK(r.reviewed_by.empty()); // until a clinician has: then with the day
    CHECK(r.reviewed_on.empty());
  }
  CHECK(ids.size() >= 100);
}

TEST_CASE("a folder of rules from disk") {
  auto place = std::filesystem::temp_directory_path() / "wardline-rule-folder-test";
  std::filesystem::remove_all(place);
  std::filesystem::create_directories(place / "etc/triage");
  rule_folder out;
  CHECK_FALSE(read_rule_folder(place / "etc/triage", out).empty());
  CHECK_FALSE(read_rule_folder(place / "nowhere", out).empty());
  std::ofstream{place / "etc/triage/language.yaml"} << good;
  CHECK(read_rule_folder(place / "etc/triage", out).empty());
  CHECK_FALSE(out.approval);
  CHECK(find_rule_folder("", place / "build/bin") == place / "etc/triage");
  CHECK(find_rule_folder("/given", place) == "/given");
  std::ofstream{place / "etc/triage/approval"} << std::string(128, 'a') << "\n";
  CHECK(read_rule_folder(place / "etc/triage", out).empty());
  CHECK(out.approval);
  std::ofstream{place / "etc/triage/approval"} << "aa\n";
  CHECK_FALSE(read_rule_folder(place / "etc/triage", out).empty());
  std::filesystem::remove_all(place);
}

} // namespace wardline::clinical
