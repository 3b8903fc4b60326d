// What must not change a level, and what must (clinical guide 7), on this folder's messages.
#include "rules_of_tree.hpp"
#include <catch2/catch.hpp>
#include <functional>

namespace wardline::clinical {

namespace {

std::string upper(std::string s) {
  for (auto& c : s)
    c = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
  return s;
}

std::string without_marks(std::string s) {
  // What stands between words and says nothing of its own; full stops and line ends separate sentences and
  // stay.
  std::erase_if(s, [](char c) { return c == '!' || c == '\'' || c == '"'; });
  return s;
}

using change = std::function<std::string(const std::string&)>;

/// How many of the urgent messages (1-2) fall below 2, and how many in all change their level.
struct effect {
  std::size_t urgent = 0, lost = 0, changed = 0, all = 0;
};

effect effect_of(const change& altered) {
  effect out;
  for (const char* file : {"messages_open.jsonl", "messages_sealed.jsonl"})
    for (const auto& m : own_messages(file)) {
      auto who = sender_of(m.role);
      auto before = level_of(m.text, who), after = level_of(altered(m.text), who);
      ++out.all;
      out.urgent += before <= 2;
      out.lost += before <= 2 && after > 2;
      out.changed += before != after;
    }
  return out;
}

/// One edit in the middle of the first word of seven letters and more: two neighbours swapped.
std::string with_typo(const std::string& s) {
  auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  for (std::size_t i = 0; i < s.size();) {
    auto end = i;
    while (end < s.size() && letter(s[end]))
      ++end;
    if (end - i >= 7) {
      auto out = s;
      std::swap(out[i + 3], out[i + 4]);
      return out;
    }
    i = std::max(end, i + 1);
  }
  return s;
}

} // namespace

TEST_CASE("case, chatter and thanks do not change a level") {
  CHECK(effect_of(upper).changed == 0);
  CHECK(effect_of(without_marks).lost == 0);
  auto greeted = effect_of([](const std::string& s) { return "Hi Dr, hope you are well. " + s; });
  CHECK(greeted.changed <= greeted.all / 50);
  CHECK(greeted.lost == 0);
  auto thanked = effect_of([](const std::string& s) { return s + " thanks!"; });
  CHECK(thanked.lost == 0);
  auto now = effect_of([](const std::string& s) { return s + " right now"; });
  CHECK(now.lost == 0);
}

TEST_CASE("a typing error in a long word seldom loses an urgent message") {
  auto typed = effect_of(with_typo);
  INFO(typed.lost << " of " << typed.urgent);
  CHECK(typed.urgent >= 200);
  CHECK(100 * typed.lost <= 3 * typed.urgent);
}

TEST_CASE("no before a concept lowers, and so does a mother's in 2010") {
  for (const char* sign : {"chest pain", "seizure", "vomiting blood", "slurred speech", "suicidal thoughts",
                           "shortness of breath", "black stool", "stroke symptoms"}) {
    INFO(sign);
    CHECK(level_of(std::string{"i have "} + sign) <= 2);
    CHECK(level_of(std::string{"i have no "} + sign) > 2);
    CHECK(level_of(std::string{"my mother had "} + sign + " in 2010") > 2);
  }
}

} // namespace wardline::clinical
