// Reader and writer of e2ee 1: round trips, and one case per refusal of decoding rule 2.
#include "e2ee/bytes.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

enum class colour : std::uint8_t { red = 1, blue = 2 };

std::uint8_t one_byte(reader& in) {
  return in.u8();
}

} // namespace

TEST_CASE("what is written is read") {
  writer out;
  out.u8(1).u16(0x0203).u32(0x04050607).u64(0x08090a0b0c0d0e0f).value(colour::blue).zeros(2);
  out.v8(bytes{7}).v16(bytes(300, 8)).v32(bytes(70'000, 9)).text8("Dr. N\xc3\xb6").lab("x");
  out.list8(std::vector<int>{3, 2}, [](writer& w, int x) { w.u8(static_cast<std::uint8_t>(x)); });
  out.list16(std::vector<int>{5}, [](writer& w, int x) { w.u8(static_cast<std::uint8_t>(x)); });
  CHECK(hex(bytes_view{out.so_far()}.first(15)) == "0102030405060708090a0b0c0d0e0f");
  auto raw = out.take();
  reader in{raw};
  CHECK(in.u8() == 1);
  CHECK(in.u16() == 0x0203);
  CHECK(in.u32() == 0x04050607);
  CHECK(in.u64() == 0x08090a0b0c0d0e0f);
  CHECK(in.one_of(colour::red, colour::blue) == colour::blue);
  in.reserved(2);
  CHECK(to_bytes(in.v8()) == bytes{7});
  CHECK(in.v16().size() == 300);
  CHECK(in.v32(70'000).size() == 70'000);
  CHECK(in.text8(10) == "Dr. N\xc3\xb6");
  CHECK(in.text8(10) == "x");
  CHECK(in.list8(2, one_byte) == std::vector<std::uint8_t>{3, 2});
  CHECK(in.list16(1, one_byte) == std::vector<std::uint8_t>{5});
  in.finish();
  CHECK(in.why() == refusal::none);
}

TEST_CASE("negative 4: a length beyond the end is refused before anything is allocated") {
  bytes raw = {0xff, 0xff, 0xff, 0xff, 1, 2, 3};
  reader in{raw};
  CHECK(in.v32(0xffffffff).empty());
  CHECK(in.why() == refusal::length_beyond_end);
  CHECK(in.offset() == 4);
}

TEST_CASE("an end inside a field is truncated") {
  bytes raw = {1, 2, 3};
  reader in{raw};
  in.u32();
  CHECK(in.why() == refusal::truncated);
}

TEST_CASE("the first refusal sticks and later reads give nothing") {
  bytes raw = {9, 1, 2};
  reader in{raw};
  in.one_of(colour::red, colour::blue);
  CHECK(in.u16() == 0);
  in.finish();
  CHECK(in.why() == refusal::unknown_value);
}

TEST_CASE("counts and sizes above their maximum are refused, at the maximum accepted") {
  bytes three = {3, 1, 2, 3};
  reader at_limit{three};
  CHECK(at_limit.list8(3, one_byte).size() == 3);
  CHECK(at_limit.ok());
  reader over{three};
  CHECK(over.list8(2, one_byte).empty());
  CHECK(over.why() == refusal::count_too_large);
  reader size_at_limit{three};
  CHECK(size_at_limit.v8(3).size() == 3);
  reader size_over{three};
  size_over.v8(2);
  CHECK(size_over.why() == refusal::count_too_large);
}

TEST_CASE("enum values and reserved bits") {
  bytes raw = {0};
  reader none{raw};
  none.one_of(colour::red, colour::blue);
  CHECK(none.why() == refusal::unknown_value);
  bytes bits = {0x43};
  reader known{bits};
  CHECK(known.bits(0x43) == 0x43);
  CHECK(known.ok());
  reader unknown{bits};
  unknown.bits(0x03);
  CHECK(unknown.why() == refusal::reserved_not_zero);
  reader reserved{bits};
  reserved.reserved(1);
  CHECK(reserved.why() == refusal::reserved_not_zero);
}

TEST_CASE("negatives 9, 10: sets ascend strictly as unsigned bytes") {
  auto why = [](bytes raw, std::size_t key_size) {
    reader in{raw};
    in.set8(3, key_size, [](reader& r) { return r.u16(); });
    in.finish();
    return in.why();
  };
  CHECK(why({2, 0x01, 0xff, 0x80, 0x00}, reader::whole_item) == refusal::none);
  CHECK(why({2, 0x80, 0x00, 0x01, 0xff}, reader::whole_item) == refusal::not_sorted);
  CHECK(why({2, 0x01, 0xff, 0x01, 0xff}, reader::whole_item) == refusal::not_sorted);
  CHECK(why({2, 0x01, 0x01, 0x01, 0x02}, reader::whole_item) == refusal::none);
  // By the first byte only: the same key twice.
  CHECK(why({2, 0x01, 0x01, 0x01, 0x02}, 1) == refusal::not_sorted);
  CHECK(why({2, 0x01, 0x01, 0x02, 0x00}, 1) == refusal::none);
}

TEST_CASE("a byte behind the end is trailing") {
  bytes raw = {1, 2};
  reader in{raw};
  in.u8();
  in.finish();
  CHECK(in.why() == refusal::trailing_bytes);
}

TEST_CASE("negatives 11, 12: text that is not shown as it stands is refused") {
  auto why = [](std::string_view s) {
    writer out;
    auto raw = out.text8(s).take();
    reader in{raw};
    in.text8(0xff);
    return in.why();
  };
  for (auto* good :
       {"", "Amira", "Dr. N\xc3\xb6rd", "\xe5\x8c\xbb\xe7\x94\x9f", "\xf0\x9f\x91\xa9", "\xed\x9f\xbf",
        "\xee\x80\x80", "\xf4\x8f\xbf\xbf", "\xe2\x80\xa7", "\xe2\x81\xa5", "\xe2\x81\xaa", "\xc2\xa0"})
    CHECK(why(good) == refusal::none);
  for (auto* bad : {"a\nb",
                    "\x1f",
                    "\x7f",
                    "\xc2\x80",
                    "\xc2\x9f",
                    "x\xe2\x80\xae",
                    "\xe2\x80\xaa",
                    "\xd8\x9c",
                    "\xe2\x80\x8f",
                    "\xe2\x81\xa6",
                    "\xe2\x81\xa9", // controls and overrides
                    "\xc0\xaf",
                    "\xc1\xbf",
                    "\xe0\x9f\xbf",
                    "\xf0\x8f\xbf\xbf", // overlong
                    "\xed\xa0\x80",
                    "\xed\xbf\xbf",
                    "\xf4\x90\x80\x80",
                    "\xf5\x80\x80\x80", // surrogates, too large
                    "\x80",
                    "\xc3",
                    "\xc3x",
                    "\xe5\x8c",
                    "\xff"}) // broken sequences
    CHECK(why(bad) == refusal::bad_text);
  CHECK(why(std::string_view{"a\0b", 3}) == refusal::bad_text);
}
