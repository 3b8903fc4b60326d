// The rule files are YAML: what our reader makes of each is what yaml-cpp makes of it.
#include "clinical/yaml.hpp"
#include "rules_of_tree.hpp"
#include <catch2/catch.hpp>
#include <yaml-cpp/yaml.h>

namespace wardline::clinical {

namespace {

/// One text for a tree, the same way for both readers.
std::string shown(const yaml::node& n) {
  if (n.what == yaml::node::kind::scalar)
    return "'" + n.text + "'";
  std::string out = n.what == yaml::node::kind::list ? "[" : "{";
  for (const auto& item : n.items)
    out += shown(item) + ",";
  for (const auto& [key, value] : n.fields)
    out += key + "=" + shown(value) + ",";
  return out + (n.what == yaml::node::kind::list ? "]" : "}");
}

std::string shown(const YAML::Node& n) {
  if (n.IsNull())
    return "''";
  if (n.IsScalar())
    return "'" + n.as<std::string>() + "'";
  std::string out = n.IsSequence() ? "[" : "{";
  for (const auto& part : n)
    out += n.IsSequence() ? shown(YAML::Node{part}) + ","
                          : part.first.as<std::string>() + "=" + shown(part.second) + ",";
  return out + (n.IsSequence() ? "]" : "}");
}

} // namespace

TEST_CASE("our reader and yaml-cpp agree on every rule file") {
  REQUIRE(files_of_tree().size() >= 5);
  for (const auto& [name, text] : files_of_tree()) {
    INFO(name);
    auto ours = yaml::read(text);
    REQUIRE(ours.problem.empty());
    CHECK(shown(ours.root) == shown(YAML::Load(text)));
  }
}

TEST_CASE("what lies outside our part of YAML is a problem, never a guess") {
  for (const char* good :
       {"a: b", "a: [x, y]\n", "# c\na:\n  - b: 1\n    c: \"x: # y\"\n  - d: 2", "a:\nb: c"}) {
    INFO(good);
    CHECK(yaml::read(good).problem.empty());
    CHECK(shown(yaml::read(good).root) == shown(YAML::Load(good)));
  }
  for (const char* bad :
       {"", "a", "a: &x b", "a: *x", "a: |\n  b", "a: {b: c}", "a: b: c", "a: 'b'", "a: \"b", "a: [b",
        "a: [b, [c]]", "a: b\na: c", "a: b\n  c: d", "a:\n\tb: c", "a: \"b\\n\"", "- a\nb: c", "a: !x b"}) {
    INFO(bad);
    CHECK_FALSE(yaml::read(bad).problem.empty());
  }
  std::string deep;
  for (std::size_t i = 0; i <= yaml::depth_max; ++i)
    deep += std::string(i, ' ') + "a:\n";
  CHECK_FALSE(yaml::read(deep + std::string(20, ' ') + "b: c").problem.empty());
  CHECK_FALSE(yaml::read("a: " + std::string(yaml::file_bytes_max, 'x')).problem.empty());
}

} // namespace wardline::clinical
