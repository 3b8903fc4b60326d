// Tokens, spelling, rewriting, patterns and expressions by themselves.
#include "clinical/expression.hpp"
#include "clinical/patterns.hpp"
#include "clinical/rewriting.hpp"
#include "clinical/spelling.hpp"
#include <catch2/catch.hpp>

namespace wardline::clinical {

namespace {

std::string words(std::string_view text) {
  std::string out;
  for (const auto& t : tokenise(text, {"dr"}))
    out += (out.empty() ? "" : " ") + t.word;
  return out;
}

prepared prepare(std::string_view text, vocabulary& known) {
  prepared out;
  out.tokens = tokenise(text, {});
  for (const auto& t : out.tokens) {
    out.ids.emplace_back();
    known.ids_of(t.word, out.ids.back());
    out.filler.push_back(t.word == "the" || t.word == "is");
    out.gap_stop.push_back(t.word == "not");
  }
  return out;
}

bool matches(std::string_view pattern_text, std::string_view text) {
  vocabulary known;
  classes groups;
  groups["pain"] = {known.exact("hurts"), known.exact("aches")};
  std::string problem;
  pattern_index index;
  index.add(read_pattern(pattern_text, known, groups, problem));
  CHECK(problem.empty());
  return !index.find(prepare(text, known)).empty();
}

} // namespace

TEST_CASE("tokens") {
  CHECK(words("I can\xe2\x80\x99t BREATHE!") == "i cant breathe");
  CHECK(words("mom's face") == "mom s face");
  CHECK(words("se\xc3\xb1or, 5wks 38.3C") == "senor 5 wks 38.3 c");
  CHECK(words("\xef\xbc\xb4\xef\xbc\xa5\xef\xbc\xad\xef\xbc\xb0") == "temp"); // full width
  CHECK(words("A1c g1p0") == "a1c g1p0");
  auto t = tokenise("Dr. Who has 120/80, 1,200 and 38,5. Next", {"dr"});
  REQUIRE(t.size() == 8);
  CHECK(t[0].sentence == t[1].sentence);
  CHECK(t[3].number == 120'000);
  CHECK(t[3].second == 80'000);
  CHECK(t[4].number == 1'200'000);
  CHECK(t[6].number == 38'500);
  CHECK(t[4].comma_before);
  CHECK(t[7].sentence == t[6].sentence + 1);
  CHECK(tokenise("99999999999999999999", {})[0].number == std::nullopt);
  auto o = tokenise("\xc3\xa9t\xc3\xa9 fever", {});
  CHECK(o[1].begin == 6);
  CHECK(o[1].end == 11);
}

TEST_CASE("spelling") {
  spelling s;
  for (const char* w : {"seizure", "vomiting", "fever", "anaphylaxis", "pain"})
    s.add(w);
  s.ready();
  CHECK(s.nearest("siezure") == "seizure"); // neighbours swapped
  CHECK(s.nearest("seizur") == "seizure");
  CHECK(s.nearest("vommitting") == "vomiting"); // two edits, eight letters and more
  CHECK(s.nearest("fevr").empty());             // four letters are never corrected
  CHECK(s.nearest("paine").empty());            // nor to four letters
  CHECK(s.nearest("fevver") == "fever");
  CHECK(s.nearest("fovvor").empty()); // two edits are too many for so short a word
  CHECK(edits("abcd", "abdc", 2) == 1);
  CHECK(edits("abcd", "wxyz", 2) == 3);
}

TEST_CASE("rewriting takes the longest, and keeps places") {
  rewrite_table table;
  table["short"] = {{tokenise("short of breath", {}), {"sob"}}, {tokenise("short", {}), {"small"}}};
  auto t = rewritten(table, tokenise("very short of breath, short", {}));
  REQUIRE(t.size() == 3);
  CHECK(t[1].word == "sob");
  CHECK(t[1].begin == 5);
  CHECK(t[1].end == 20);
  CHECK(t[2].word == "small");
  CHECK(rewritten(table, tokenise("short. of breath", {})).size() == 3); // not across a sentence's end
}

TEST_CASE("patterns") {
  CHECK(matches("chest <pain>", "my chest is the hurts"));
  CHECK_FALSE(matches("chest <pain>", "my chest really hurts"));
  CHECK(matches("chest ..1 <pain>", "my chest really hurts"));
  CHECK_FALSE(matches("chest ..2 <pain>", "my chest not hurts"));
  CHECK_FALSE(matches("chest ..2 <pain>", "my chest. hurts"));
  CHECK(matches("vomit*", "vomited"));
  CHECK(matches("headache", "headaches"));
  CHECK(matches("a (b) c", "a c"));
  CHECK(matches("a (b) c", "a b c"));
  CHECK(matches("bp <n/n>", "bp 120/80"));
  CHECK_FALSE(matches("bp <n>", "bp 120/80"));
  CHECK_FALSE(matches("bp ..3 <n>", "bp 120/80 and 66")); // a gap passes no number on its way to one
  vocabulary known;
  for (const char* wrong :
       {"", "..2 a", "a ..2", "(a)", "a ..9 b", "<nobody>", "a b c d e f g h i j k l m"}) {
    std::string problem;
    (void)read_pattern(wrong, known, {}, problem);
    INFO(wrong);
    CHECK_FALSE(problem.empty());
  }
}

TEST_CASE("expressions") {
  expression a, b, m;
  a.name = 1, b.name = 2, m.name = 3;
  const resolver names = [&](std::string_view n) -> const expression* {
    return n == "a" ? &a : n == "b" ? &b : n == "m" ? &m : nullptr;
  };
  auto decides = [&](std::string_view text, const std::vector<sighting>& seen) {
    std::string problem;
    auto e = read_expression(text, names, problem);
    CHECK(problem.empty());
    std::vector<std::uint32_t> evidence;
    return holds(e, seen, evidence);
  };
  const std::vector<sighting> only_a{{1, 0, 1, 0}}, both{{1, 0, 1, 0}, {2, 30, 31, 0}},
      close{{1, 0, 1, 0}, {2, 5, 6, 0}};
  CHECK(decides("a", only_a));
  CHECK_FALSE(decides("a and b", only_a));
  CHECK(decides("a or b", only_a));
  CHECK(decides("a and not b", only_a));
  CHECK(decides("a and b", both));
  CHECK_FALSE(decides("a near b", both));
  CHECK(decides("a near b", close));
  CHECK(decides("not (a and b) or a", both));
  CHECK(decides("m >= 38", {{3, 0, 1, 38'000}}));
  CHECK_FALSE(decides("m > 38", {{3, 0, 1, 38'000}}));
  CHECK(decides("m < 38.1", {{3, 0, 1, 38'000}}));
  CHECK(decides("m = 38", {{3, 0, 1, 38'000}}));
  CHECK(decides("m <= 38", {{3, 0, 1, 50'000}, {3, 2, 3, 37'000}}));
  for (const char* wrong : {"", "a and", "c", "(a", "a b", "a > x", "not", "a >= 1.2345"}) {
    std::string problem;
    (void)read_expression(wrong, names, problem);
    INFO(wrong);
    CHECK_FALSE(problem.empty());
  }
  std::string deep(100, '('), problem;
  (void)read_expression(deep + "a" + std::string(100, ')'), names, problem);
  CHECK_FALSE(problem.empty());
}

} // namespace wardline::clinical
