// The gates on the development set that is kept beside the project, where it is there.
#include "rules_of_tree.hpp"
#include <catch2/catch.hpp>
#include <iostream>

namespace wardline::clinical {

TEST_CASE("the gates hold on the public development set") {
  auto all = read_messages(WARDLINE_SHARED_DIR "/triage/eval_public.jsonl");
  if (all.empty()) {
    std::cout << "SKIPPED: the public development set of messages is not beside the project\n";
    return;
  }
  std::size_t one = 0, found = 0, two = 0, missed = 0, low = 0, raised = 0;
  for (const auto& m : all) {
    auto got = level_of(m.text, sender_of(m.role));
    one += m.level == 1;
    found += m.level == 1 && got == 1;
    two += m.level <= 2;
    missed += m.level <= 2 && got > 2;
    low += m.level >= 4;
    raised += m.level >= 4 && got <= 2;
    CHECK_FALSE((m.level == 1 && got >= 4));
  }
  CHECK(1000 * found >= 975 * one);
  CHECK(100 * missed <= 5 * two);
  CHECK(100 * raised <= 10 * low);
}

} // namespace wardline::clinical
