// The gates of clinical guide 1.7 on the messages of this folder. README.md says what a figure on them means.
#include "rules_of_tree.hpp"
#include <catch2/catch.hpp>

namespace wardline::clinical {

namespace {

struct tally {
  std::size_t one = 0, one_found = 0, one_low = 0, two = 0, two_found = 0, low = 0, low_raised = 0;
};

tally tally_of(const std::vector<message>& all) {
  tally t;
  for (const auto& m : all) {
    auto got = level_of(m.text, sender_of(m.role));
    t.one += m.level == 1;
    t.one_found += m.level == 1 && got == 1;
    t.one_low += m.level == 1 && got >= 4;
    t.two += m.level <= 2;
    t.two_found += m.level <= 2 && got <= 2;
    t.low += m.level >= 4;
    t.low_raised += m.level >= 4 && got <= 2;
  }
  return t;
}

} // namespace

TEST_CASE("the gates hold on every file of messages") {
  std::size_t total = 0;
  for (const char* file : {"messages_open.jsonl", "messages_sealed.jsonl", "messages_later.jsonl"}) {
    INFO(file);
    auto all = own_messages(file);
    total += all.size();
    REQUIRE(all.size() >= 80);
    auto t = tally_of(all);
    CHECK(1000 * t.one_found >= 975 * t.one);
    CHECK(100 * (t.two - t.two_found) <= 5 * t.two);
    CHECK(t.one_low == 0);
    CHECK(100 * t.low_raised <= 10 * t.low);
    CHECK(t.one >= 20);
    CHECK(t.low >= 20);
  }
  CHECK(total >= 300);
}

TEST_CASE("a scorer that finds nothing would fail the gates") {
  std::vector<message> all{{"a", "patient", "where is the lab at", 1}, {"b", "patient", "thx", 2}};
  auto t = tally_of(all);
  CHECK(t.one_found == 0);
  CHECK(t.one_low == 1);
  CHECK(t.two_found == 0);
}

} // namespace wardline::clinical
