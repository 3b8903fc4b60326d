// Where history begins (e2ee 5.7), and the safety code (e2ee 11, rule 8).
#include "e2ee/history.hpp"
#include "e2ee/safety_code.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

using namespace wardline;
using namespace wardline::e2ee;

TEST_CASE("history begins with the epoch that was still the head at the date") {
  struct {
    time_ms from;
    std::vector<time_ms> links;
    std::uint32_t first;
    const char* why;
  } cases[] = {
      {0, {10, 20, 30}, 0, "no date, no history"},
      {5, {}, 0, "no link yet"},
      {5, {10, 20, 30}, 1, "before the first link: everything"},
      {10, {10, 20, 30}, 1, "on the first link"},
      {19, {10, 20, 30}, 1, "the first was the head still"},
      {20, {10, 20, 30}, 2, "the first had just been turned"},
      {29, {10, 20, 30}, 2, "between"},
      {30, {10, 20, 30}, 3, "the head alone"},
      {99, {10, 20, 30}, 3, "a date behind the last link: the head is the head"},
      {25, {10, 20, 20, 20, 30}, 4, "links of one moment"},
      {25, {10, 99, 20, 30}, 3, "a clock that was ahead gives nothing away"},
      {25, {10, 20, 30, 1}, 4, "nor one that was behind"},
  };
  for (const auto& c : cases) {
    INFO(c.why);
    CHECK(first_epoch_for(c.from, c.links) == c.first);
  }
}

TEST_CASE("two people read the same thirty digits to each other") {
  auto mine = sha256(view("my head"));
  auto yours = sha256(view("your head"));
  auto code = safety_code(yours, mine);
  CHECK(code.size() == 30);
  CHECK(code.find_first_not_of("0123456789") == std::string::npos);
  CHECK(safety_code(mine, yours) == code);
  CHECK(safety_code(sha256(view("another head")), mine) != code);
  CHECK(safety_code(mine, mine) != code);
  auto shown = in_groups(code);
  CHECK(shown.size() == 35);
  CHECK(shown.substr(5, 1) == " ");
  shown.erase(std::remove(shown.begin(), shown.end(), ' '), shown.end());
  CHECK(shown == code);
}

TEST_CASE("every head changes the code, and small groups keep their zeros") {
  std::set<std::string> seen;
  bool zeros = false;
  for (std::uint8_t i = 0; i < 200; ++i) {
    auto code = safety_code(sha256(bytes_view{&i, 1}), {});
    CHECK(code.size() == 30);
    zeros = zeros || code[0] == '0';
    seen.insert(code);
  }
  CHECK(seen.size() == 200);
  CHECK(zeros);
}
