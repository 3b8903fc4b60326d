// Ids, hashes, text, refusals and secret cells.
#include "wire/hash.hpp"
#include "wire/refusals.hpp"
#include "wire/secret.hpp"
#include "wire/text.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <set>
#include <type_traits>

using namespace wardline;

TEST_CASE("hex both ways, and nothing for what is no hex") {
  CHECK(hex(bytes{0x00, 0x7f, 0xff}) == "007fff");
  CHECK(from_hex("007fFF") == bytes{0x00, 0x7f, 0xff});
  CHECK(from_hex("") == bytes{});
  CHECK(!from_hex("0"));
  CHECK(!from_hex("0g"));
}

TEST_CASE("an id is exactly 16 bytes, and zero is none") {
  CHECK(!user_id::from(bytes(15)));
  CHECK(!user_id::from(bytes(17)));
  CHECK(!*user_id::from(bytes(16)));
  CHECK(*user_id::from(bytes(16, 1)));
  CHECK(!fixed<32>(bytes(31)));
  CHECK(!std::is_convertible_v<user_id, device_id>);
}

TEST_CASE("SHA-256 of FIPS 180-4, and the labelled hash of e2ee 1") {
  CHECK(hex(sha256(view("abc"))) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(sha256({view("a"), view("bc")}) == sha256(view("abc")));
  CHECK(labelled_hash("abc", view("d")) == sha256(view("\x03"
                                                       "abcd")));
}

TEST_CASE("text of names and text of lines") {
  for (std::string_view good : {"", "N. N\u00fa\u00f1ez", "\u0645\u0631\u062d\u0628\u0627", "\U0010ffff"}) {
    CHECK(text_ok(view(good)));
    CHECK(lines_ok(view(good)));
  }
  // Control characters, C1 controls; overlong, surrogate, beyond the last, cut, stray continuation.
  for (std::string_view bad : {"\x1b", "\x7f", "\u0085", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                               "\xf4\x90\x80\x80", "\xf0\x8f\xbf\xbf", "\xe2\x82", "\x80", "\xff"}) {
    CHECK(!text_ok(view(bad)));
    CHECK(!lines_ok(view(bad)));
  }
  CHECK(!text_ok(view("a\nb")));
  CHECK(lines_ok(view("a\nb")));
  for (std::string_view turned : {"\u202a", "\u202e", "\u2066", "\u2069"}) {
    CHECK(!text_ok(view(turned)));
    CHECK(lines_ok(view(turned)));
  }
}

TEST_CASE("refusals have one number, one name and one sentence each") {
  std::set<std::uint16_t> numbers;
  std::set<std::string_view> names;
  std::size_t count = 0;
#define WARDLINE_REFUSAL(number, name, sentence)                                                             \
  ++count;                                                                                                   \
  numbers.insert(number);                                                                                    \
  names.insert(name_of(refusal::name));                                                                      \
  CHECK(refusal_from_number(number) == refusal::name);                                                       \
  CHECK(name_of(refusal::name) == #name);                                                                    \
  CHECK(sentence_of(refusal::name).size() > 10);
#include "wire/refusals.def"
#undef WARDLINE_REFUSAL
  CHECK(numbers.size() == count);
  CHECK(names.size() == count);
  CHECK(*numbers.begin() == 1);
  CHECK(refusal_from_number(0) == refusal::malformed_request);
  CHECK(refusal_from_number(65'000) == refusal::malformed_request);
  CHECK(name_of(static_cast<refusal>(65'000)) == "unknown_refusal");
}

TEST_CASE("secret cells: moved not copied, wiped when dropped, more than one block of them") {
  CHECK(!std::is_copy_constructible_v<secret32>);
  CHECK(!std::is_copy_assignable_v<secret32>);
  const std::uint8_t* cell = nullptr;
  {
    secret32 one{bytes(32, 0xaa)};
    cell = one.data();
    secret32 other{std::move(one)};
    CHECK(other.data() == cell);
    auto twin = other.copy();
    CHECK(twin.data() != cell);
    CHECK(std::equal(twin.view().begin(), twin.view().end(), other.view().begin()));
  }
  // The cell is back in its block, which is never given back: it may be read, and holds nothing.
  CHECK(std::all_of(cell, cell + secret32::size, [](std::uint8_t b) { return b == 0; }));

  std::vector<secret32> many;
  std::set<const std::uint8_t*> cells;
  for (std::size_t i = 0; i < 600; ++i)
    cells.insert(many.emplace_back(bytes(32, static_cast<std::uint8_t>(i))).data());
  CHECK(cells.size() == many.size());
  for (std::size_t i = 0; i < many.size(); ++i)
    CHECK(many[i].view()[31] == static_cast<std::uint8_t>(i));
}
