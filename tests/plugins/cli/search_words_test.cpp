// Words are found whatever their capitals, each somewhere.
#include "search_words.hpp"
#include <catch2/catch.hpp>
#include <clocale>

using namespace wardline::cli;

TEST_CASE("every word must be found, in any text and any order") {
  REQUIRE(std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr);
  const std::vector<std::string> texts{"nurse1", "Room 4: chest pain", "ÄRZTIN Олена"};
  CHECK(all_found({}, texts));
  CHECK(all_found({"CHEST", "nurse"}, texts));
  CHECK(all_found({"pain", "room 4"}, texts));
  CHECK(all_found({"ärztin", "олена"}, texts));
  CHECK_FALSE(all_found({"chest", "foot"}, texts));
  CHECK_FALSE(all_found({"4: nurse1"}, texts)); // not across two of them
  CHECK_FALSE(all_found({"chest"}, {}));
}

TEST_CASE("an excerpt shows the first word in its surroundings, on one line") {
  CHECK(excerpt("short\ntext", {"text"}, 40) == "short text");
  std::string text = std::string(100, 'a') + " Größe " + std::string(100, 'b');
  auto shown = excerpt(text, {"größe"}, 30);
  CHECK(shown.starts_with("...aaa"));
  CHECK(shown.find(" Größe b") != std::string::npos);
  CHECK(shown.ends_with("b..."));
  CHECK(excerpt(text, {"nowhere"}, 5) == "aaaaa...");
}
