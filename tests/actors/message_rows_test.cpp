// Stored rows of messages: whole and bounded, or nothing.
#include "message_rows.hpp"
#include "ports/storage.hpp"
#include "wire/limits.hpp"
#include <catch2/catch.hpp>

using namespace wardline;

namespace {

template <class Id>
Id filled(std::uint8_t fill) {
  Id out;
  out.value.fill(fill);
  return out;
}

template <class Row>
void check_whole(const Row& row, bool open_ended) {
  auto raw = rows::encode(row);
  auto back = rows::decode<Row>(raw);
  REQUIRE(back);
  CHECK(rows::encode(*back) == raw);
  for (std::size_t n = 0; n < raw.size(); ++n)
    CHECK((!rows::decode<Row>(bytes_view{raw}.first(n)) || open_ended));
  auto other_version = raw;
  other_version[0] = 2;
  CHECK_FALSE(rows::decode<Row>(other_version));
  raw.push_back(0);
  CHECK((!rows::decode<Row>(raw) || open_ended));
}

} // namespace

TEST_CASE("every row survives, and nothing shorter or longer is taken for one") {
  auto c = filled<conversation_id>(1);
  auto m = filled<message_id>(2);
  check_whole(rows::place{m, 272}, false);
  check_whole(rows::accepted{hash32{3}, c, 9}, false);
  check_whole(rows::slip{c, 7, 8, {1}}, true);
  check_whole(rows::body{c, 7, m, {1}}, true);
  auto slip = rows::decode<rows::slip>(rows::encode(rows::slip{c, 7, 8, {4, 5}}));
  REQUIRE(slip);
  CHECK(slip->conversation == c);
  CHECK(slip->seq == 7);
  CHECK(slip->time == 8);
  CHECK(slip->object == bytes{4, 5});
}

TEST_CASE("the open end of a row has a most and a least") {
  auto c = filled<conversation_id>(1);
  auto m = filled<message_id>(2);
  CHECK(rows::decode<rows::slip>(rows::encode(rows::slip{c, 1, 1, bytes(wire::slip_bytes_max)})));
  CHECK_FALSE(rows::decode<rows::slip>(rows::encode(rows::slip{c, 1, 1, bytes(wire::slip_bytes_max + 1)})));
  CHECK_FALSE(rows::decode<rows::slip>(rows::encode(rows::slip{c, 1, 1, {}})));
  CHECK(rows::decode<rows::body>(rows::encode(rows::body{c, 1, m, bytes(wire::body_bytes_max)})));
  CHECK_FALSE(rows::decode<rows::body>(rows::encode(rows::body{c, 1, m, bytes(wire::body_bytes_max + 1)})));
  CHECK_FALSE(rows::decode<rows::body>(rows::encode(rows::body{c, 1, m, {}})));
  CHECK_FALSE(rows::decode<rows::place>(rows::encode(rows::place{m, wire::body_bytes_max + 1})));
}

TEST_CASE("a slip is not a body") {
  auto c = filled<conversation_id>(1);
  auto m = filled<message_id>(2);
  CHECK_FALSE(rows::decode<rows::body>(rows::encode(rows::slip{c, 1, 1, bytes(50)})));
  CHECK_FALSE(rows::decode<rows::slip>(rows::encode(rows::body{c, 1, m, bytes(50)})));
}

TEST_CASE("places are ordered by seq within their conversation") {
  auto c = filled<conversation_id>(1);
  CHECK(rows::key_of_place(c, 255) < rows::key_of_place(c, 256));
  CHECK(rows::seq_of_place(rows::key_of_place(c, 256)) == 256);
  CHECK_FALSE(rows::seq_of_place(bytes(23)));
  CHECK_FALSE(rows::seq_of_place(c.view()));
}
