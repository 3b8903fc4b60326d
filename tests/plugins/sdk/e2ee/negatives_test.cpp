// e2ee 10: that no negative of the objects in this library is forgotten. Each is named where it is shown:
// "negative 66", "negatives 5 and 16", "negatives 17 to 23".
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <string>

namespace {

void add_named(const std::string& text, std::set<int>& out) {
  static const std::regex list{"negatives? ((?:[0-9]+(?:, | and | to |-)?)+)"};
  static const std::regex part{"([0-9]+)(?:(?: to |-)([0-9]+))?"};
  for (std::sregex_iterator at{text.begin(), text.end(), list}, end; at != end; ++at) {
    auto numbers = (*at)[1].str();
    for (std::sregex_iterator one{numbers.begin(), numbers.end(), part}; one != end; ++one)
      for (int n = std::stoi((*one)[1]), last = (*one)[2].matched ? std::stoi((*one)[2]) : n; n <= last; ++n)
        out.insert(n);
  }
}

/// Test cases, sections and remarks of the tests of this library; this file does not count.
std::set<int> named_here() {
  std::set<int> out;
  for (const auto& entry :
       std::filesystem::directory_iterator{WARDLINE_SOURCE_DIR "/tests/plugins/sdk/e2ee"}) {
    if (entry.path().extension() != ".cpp" || entry.path().filename() == "negatives_test.cpp")
      continue;
    std::ifstream in{entry.path()};
    add_named(std::string{std::istreambuf_iterator<char>{in}, {}}, out);
  }
  return out;
}

} // namespace

TEST_CASE("negatives are found by their names") {
  std::set<int> found;
  add_named("TEST_CASE(\"negative 66: a\") SECTION(\"negatives 5 and 16\") // negatives 17 to 19, 105-107",
            found);
  CHECK(found == std::set<int>{5, 16, 17, 18, 19, 66, 105, 106, 107});
}

TEST_CASE("every negative of keys, chains, rosters, conversations and acts has its test") {
  auto found = named_here();
  auto in_range = [&](int first, int last) {
    for (int n = first; n <= last; ++n) {
      INFO("negative " << n);
      CHECK(found.count(n) == 1);
    }
  };
  in_range(1, 73);
  in_range(101, 102);
  in_range(153, 160);
  in_range(173, 173);
  CHECK(found.count(0) == 0);
}
