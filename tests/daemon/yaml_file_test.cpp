// What is refused before anything of a YAML file is used.
#include "yaml_file.hpp"
#include <catch2/catch.hpp>

using namespace wardline::daemon;

namespace {

config_problems problems_of(const std::string& text, std::size_t* keys = nullptr) {
  config_problems out;
  yaml_file yaml{"f.yaml", out};
  if (auto root = yaml.parse(text); root && keys != nullptr)
    *keys = root->size();
  return out;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

} // namespace

TEST_CASE("whatever makes a small file large, or one value two, is refused with its place") {
  const std::string anchor = ": an anchor (&name) is not read here; take it away";
  const std::string alias = ": an alias (*name) is not read here; write what it stands for";
  const std::string tag = ": a tag (!name) is not read here; take it away";
  struct row {
    std::string text;
    config_problems expected;
  };
  const row rows[] = {
      {"a: &x 1\nb: *x\n", {"f.yaml:1:4" + anchor, "f.yaml:2:4" + alias}},
      {"a: &x [l]\nb: &y [*x, *x]\n",
       {"f.yaml:1:4" + anchor, "f.yaml:2:4" + anchor, "f.yaml:2:8" + alias, "f.yaml:2:12" + alias}},
      {"a:\n  <<: {b: 1}\n", {"f.yaml:2:3: a merge key (<<) is not read here; write the keys themselves"}},
      {"a: !!str 5\n", {"f.yaml:1:4" + tag}},
      {"a: !thing [1]\nb: !!map {}\n", {"f.yaml:1:4" + tag, "f.yaml:2:4" + tag}},
      {"a: 1\n---\nb: 1\n", {"f.yaml:2:1: a second document (---); one file holds one"}},
      {"a: 'x\x01y'\n",
       {"f.yaml:1:1: line 1 holds control characters or is not UTF-8; save the file as UTF-8"}},
      {"a: 1\nb: \xff\n",
       {"f.yaml:1:1: line 2 holds control characters or is not UTF-8; save the file as UTF-8"}},
      {"a: '<<'\nb: \"&x\"\n", {}},
      {"\xef\xbb\xbf# saved by an editor\r\na: 1\t# tab\r\n", {}},
  };
  for (const auto& r : rows) {
    INFO(r.text);
    CHECK(problems_of(r.text) == r.expected);
  }
}

TEST_CASE("depth, entries and problems are bounded") {
  CHECK(problems_of(nested(yaml_depth_max)).empty());
  const auto deep = ": more than 32 lists and maps within each other";
  CHECK(problems_of(nested(yaml_depth_max + 1)) == config_problems{"f.yaml:1:33" + std::string{deep}});
  auto deepest = problems_of(std::string(200'000, '['));
  REQUIRE(deepest.size() == 1);
  CHECK(deepest[0].find(deep) != std::string::npos);

  std::string list = "- 1\n"; // the list counts, too
  for (std::size_t i = 2; i < yaml_nodes_max; ++i)
    list += "- 1\n";
  std::size_t keys = 0;
  CHECK(problems_of(list, &keys).empty());
  CHECK(keys == yaml_nodes_max - 1);
  CHECK(problems_of(list + "- 1\n") == config_problems{"f.yaml:65536:3: more than 65536 entries"});

  std::string aliases = "- &x 1\n";
  for (std::size_t i = 1; i < yaml_problems_max; ++i)
    aliases += "- *x\n";
  CHECK(problems_of(aliases).size() == yaml_problems_max);
  auto more = problems_of(aliases + "- *x\n- *x\n");
  REQUIRE(more.size() == yaml_problems_max + 1);
  CHECK(more.back() == "f.yaml: more problems than these are not shown");
}

TEST_CASE("what readers of YAML understand differently has a name") {
  for (const auto* text : {"010", "0100", "09", "-010", "0x1F", "0o17",  "0b1", "1_000", "1:30", "12:30:45",
                           "yes", "No",   "ON", "off",  "true", "FALSE", "y",   "1.5",   "1e3",  "12E+3"}) {
    INFO(text);
    CHECK_FALSE(surprise_of(text).empty());
  }
  for (const auto* text :
       {"", "0", "10", "-1", "/yes", "yesterday", "one", "a:1", "1h", "90s", "+", "2026-11-23"}) {
    INFO(text);
    CHECK(surprise_of(text).empty());
  }
}

TEST_CASE("a problem repeats what stands in the file without what a terminal obeys, and not all of it") {
  CHECK(shown("state_dir") == "state_dir");
  CHECK(shown("Grüße") == "Grüße");
  CHECK(shown("\x1b[31mred\x7f") == "?[31mred?");
  CHECK(shown("\xe2\x80\xae"
              "txt") == "???txt"); // turns the direction of text
  CHECK(shown("\xff") == "?");
  CHECK(shown(std::string(64, 'a')) == std::string(64, 'a'));
  CHECK(shown(std::string(65, 'a')) == std::string(64, 'a') + "...");
  CHECK(shown(std::string(63, 'a') + "ü") == std::string(63, 'a') + "...");
  CHECK(problems_of("\"\\e[31m\": 1\n").empty()); // it is text; who repeats it shows it so
}
