#include "wire/base32.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

TEST_CASE("base32 of RFC 4648, without padding") {
  const std::vector<std::pair<std::string, std::string>> rows{{"", ""},
                                                              {"f", "MY"},
                                                              {"fo", "MZXQ"},
                                                              {"foo", "MZXW6"},
                                                              {"foob", "MZXW6YQ"},
                                                              {"fooba", "MZXW6YTB"},
                                                              {"foobar", "MZXW6YTBOI"}};
  for (const auto& [raw, letters] : rows) {
    INFO(raw);
    CHECK(to_base32(view(raw)) == letters);
    auto back = from_base32(letters);
    REQUIRE(back);
    CHECK(back->value == to_bytes(view(raw)));
  }
  CHECK(to_base32(view("foobar"), 4) == "MZXW-6YTB-OI");
}

TEST_CASE("what people type: case, spaces and dashes do not matter, anything else is refused") {
  CHECK(from_base32(" mzxw-6YTb -oi")->value == to_bytes(view("foobar")));
  for (const char* bad :
       {"MZXW6YTBO1", "MZXW0", "MZXW8", "MZXW=", "MZXW\t", "M", "MZX", "MZXW6Y", "MZ", "MZXR"}) {
    INFO(bad);
    CHECK_FALSE(from_base32(bad));
  }
}
