// The word that somebody meant.
#include "rules/nearest_word.hpp"
#include <array>
#include <catch2/catch.hpp>
#include <string>

using namespace wardline::rules;

TEST_CASE("how far two words are apart") {
  struct row {
    std::string_view a, b;
    std::size_t apart;
  };
  for (const auto& r : {row{"", "", 0},
                        {"", "abc", 3},
                        {"abc", "", 3},
                        {"abc", "abc", 0},
                        {"abc", "abd", 1},
                        {"abc", "ab", 1},
                        {"abc", "xabc", 1},
                        {"abc", "acb", 1},
                        {"ca", "abc", 3},
                        {"state_dir", "state_dri", 1},
                        {"kitten", "sitting", 3}}) {
    INFO(r.a << " " << r.b);
    CHECK(edit_distance(r.a, r.b) == r.apart);
    CHECK(edit_distance(r.b, r.a) == r.apart);
  }
  std::string longest(compared_word_bytes_max, 'a');
  CHECK(edit_distance(longest, std::string(compared_word_bytes_max, 'b')) == compared_word_bytes_max);
}

TEST_CASE("the nearest word is offered, a far one is not") {
  constexpr std::array<std::string_view, 4> known{"state_dir", "store", "plugins_dir", "on"};
  struct row {
    std::string_view written, meant;
  };
  for (const auto& r : {row{"state_dir", "state_dir"},
                        {"state_dur", "state_dir"},
                        {"statedir", "state_dir"},
                        {"sotre", "store"},
                        {"plugin_dir", "plugins_dir"},
                        {"plugins", ""},
                        {"no", "on"},
                        {"xyz", ""},
                        {"", ""},
                        {"s", ""}}) {
    INFO(r.written);
    CHECK(nearest_word(r.written, known) == r.meant);
  }
  CHECK(nearest_word(std::string(compared_word_bytes_max + 1, 's'), known).empty());
  CHECK(nearest_word("store", {}).empty());
  std::string too_long(compared_word_bytes_max + 1, 's');
  const std::string_view only[] = {too_long};
  CHECK(nearest_word(too_long.substr(1), only).empty());
}
