// Codes of RFC 6238, appendix B: the rows of SHA-1, their last six digits.
#include "oath_factor.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

namespace {

const std::string secret = "12345678901234567890";

struct row {
  std::uint64_t seconds;
  const char* digits8;
};
const std::vector<row> rfc_6238{{59, "94287082"},         {1111111109, "07081804"},
                                {1111111111, "14050471"}, {1234567890, "89005924"},
                                {2000000000, "69279037"}, {20000000000, "65353130"}};

} // namespace

TEST_CASE("the vectors of RFC 6238, and the window around them") {
  daemon::oath_factor factor;
  for (const auto& r : rfc_6238) {
    auto step = static_cast<std::uint32_t>(r.seconds / 30);
    std::string code{r.digits8 + 2};
    INFO(r.seconds);
    CHECK(factor.matched_step(view(secret), code, step) == step);
    CHECK(factor.matched_step(view(secret), code, step + 1) == step);
    CHECK(factor.matched_step(view(secret), code, step - 1) == step);
    CHECK_FALSE(factor.matched_step(view(secret), code, step + 2));
    CHECK_FALSE(factor.matched_step(view(secret), r.digits8, step)); // eight digits are no code of ours
    CHECK_FALSE(factor.matched_step(view(std::string(20, 'x')), code, step));
    code[5] = code[5] == '0' ? '1' : '0';
    CHECK_FALSE(factor.matched_step(view(secret), code, step));
  }
}

TEST_CASE("what is no code fits nothing") {
  daemon::oath_factor factor;
  for (const char* text : {"", "28708", "2870820", "28708x", " 287082"})
    CHECK_FALSE(factor.matched_step(view(secret), text, 1));
  CHECK_FALSE(factor.matched_step({}, "287082", 1));
  CHECK(factor.matched_step(view(secret), "755224", 0) == 0); // RFC 4226, appendix D: counter 0
  CHECK_FALSE(factor.matched_step(view(secret), "000000", UINT32_MAX));
}
