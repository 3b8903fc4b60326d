// HKDF against RFC 5869 appendix A (test cases 1 to 3, SHA-256).
#include "e2ee/kdf.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

struct rfc_case {
  bytes ikm, salt, info;
  std::string prk, okm;
};

bytes counting(int from, int to) {
  bytes out;
  for (int i = from; i <= to; ++i)
    out.push_back(static_cast<std::uint8_t>(i));
  return out;
}

} // namespace

TEST_CASE("HKDF meets RFC 5869 A.1 to A.3") {
  std::vector<rfc_case> cases = {
      {bytes(22, 0x0b), counting(0x00, 0x0c), counting(0xf0, 0xf9),
       "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
       "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"},
      {counting(0x00, 0x4f), counting(0x60, 0xaf), counting(0xb0, 0xff),
       "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
       "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09da327"
       "560"
       "0c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"},
      {bytes(22, 0x0b),
       {},
       {},
       "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
       "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"},
  };
  for (const auto& c : cases) {
    auto prk = hkdf_extract(c.salt, {c.ikm});
    CHECK(hex(prk.view()) == c.prk);
    bytes okm(c.okm.size() / 2);
    hkdf_expand(prk, {c.info}, okm);
    CHECK(hex(okm) == c.okm);
    if (c.salt.empty()) {
      bytes at_once(okm.size());
      hkdf(c.ikm, {c.info}, at_once);
      CHECK(at_once == okm);
    }
  }
}

TEST_CASE("parts of ikm and info are joined") {
  auto a = counting(0, 9);
  auto b = counting(10, 30);
  auto both = counting(0, 30);
  CHECK(hex(hkdf_extract({}, {a, b}).view()) == hex(hkdf_extract({}, {both}).view()));
  CHECK(hex(hkdf32(a, {a, b}).view()) == hex(hkdf32(a, {both}).view()));
}

TEST_CASE("the longest output of HKDF is 255 blocks") {
  bytes longest(hkdf_output_max);
  hkdf(counting(0, 31), {}, longest);
  bytes shorter(hkdf_output_max - 1);
  hkdf(counting(0, 31), {}, shorter);
  CHECK(std::equal(shorter.begin(), shorter.end(), longest.begin()));
  CHECK(bytes(longest.end() - 32, longest.end()) != bytes(32, 0));
}
