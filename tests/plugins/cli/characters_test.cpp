// Characters out of bytes that come one by one, what a screen is spared, and where a cursor ends.
#include "characters.hpp"
#include <catch2/catch.hpp>
#include <clocale>

using namespace wardline::cli;

TEST_CASE("a character is taken when all of its bytes are there") {
  std::string waiting;
  std::wstring taken;
  for (char c : std::string{"aß胸🫀"}) {
    waiting.push_back(c);
    while (auto one = take_character(waiting))
      taken.push_back(*one);
  }
  CHECK(taken == L"aß胸🫀");
  CHECK(waiting.empty());
  CHECK_FALSE(take_character(waiting));
}

TEST_CASE("what is no UTF-8 is replaced, byte by byte, and costs nothing behind it") {
  CHECK(wide("a\x80"
             "b") == L"a\ufffdb");
  CHECK(wide("\xc3(") == L"\ufffd(");
  CHECK(wide("\xc0\xaf") == L"\ufffd\ufffd");           // overlong
  CHECK(wide("\xed\xa0\x80") == L"\ufffd\ufffd\ufffd"); // half of a pair
  CHECK(wide("\xf4\x90\x80\x80").front() == L'\ufffd'); // behind Unicode's end
  CHECK(wide("x\xe8\x83") == L"x\ufffd\ufffd");         // ends within a character
}

TEST_CASE("characters come back as the bytes they were") {
  const std::string all = "K 6.1, Größe, поле, 胸, 🫀, \n.";
  CHECK(narrow(wide(all)) == all);
}

TEST_CASE("a screen gets neither commands nor turned text") {
  CHECK(harmless("two\nlines") == "two\nlines");
  CHECK(harmless("\033[2J\a\r\tx\177") == "\ufffd[2J\ufffd\ufffd\ufffdx\ufffd");
  CHECK(harmless("\u009b2J") == "\ufffd2J"); // CSI in one character
  CHECK(harmless("\u202e"
                 "gpj.exe\u2066") == "gpj.exe");
  CHECK(harmless("a\xff") == "a\ufffd");
}

TEST_CASE("the cursor stands where libedit leaves it") {
  REQUIRE(std::setlocale(LC_CTYPE, "C.UTF-8") != nullptr);
  auto at = [](const std::wstring& text, std::size_t columns) {
    auto place = place_after(text, columns);
    return std::pair{place.row, place.column};
  };
  using place = std::pair<std::size_t, std::size_t>;
  CHECK(at(L"", 10) == place{0, 0});
  CHECK(at(L"123456789", 10) == place{0, 9});
  CHECK(at(L"1234567890", 10) == place{1, 0});
  CHECK(at(L"123456789胸", 10) == place{1, 2}); // no half of it
  CHECK(at(L"12345678胸", 10) == place{1, 0});
  CHECK(at(L"ab\ncd", 10) == place{1, 2});
  CHECK(at(L"1234567890\nx", 10) == place{2, 1});
  CHECK(at(L"e\u0301", 10) == place{0, 1});
}
