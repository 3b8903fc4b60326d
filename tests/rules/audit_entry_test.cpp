#include "rules/audit_entry.hpp"
#include "wire/hash.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::rules;

namespace {

audit_entry sample() {
  audit_entry e;
  e.kind = audit_kind::opened;
  e.time = 0x0102030405060708;
  e.user.value.fill(0x11);
  e.device.value.fill(0x22);
  e.conversation.value.fill(0x33);
  e.object.fill(0x44);
  e.hash.fill(0x55);
  e.detail = {0xaa, 0xbb};
  return e;
}

} // namespace

TEST_CASE("an audit entry has exactly the bytes of format v1") {
  auto raw = encode(sample());
  std::string expected = "0108"
                         "0102030405060708";
  for (auto [digit, count] : {std::pair{'1', 32}, {'2', 32}, {'3', 32}, {'4', 32}, {'5', 64}})
    expected += std::string(static_cast<std::size_t>(count), digit);
  expected += "0002aabb";
  CHECK(hex(raw) == expected);
  CHECK(decode_audit_entry(raw) == sample());
}

TEST_CASE("an entry decodes whole or not at all") {
  auto raw = encode(sample());
  for (std::size_t n = 0; n < raw.size(); ++n)
    CHECK_FALSE(decode_audit_entry(bytes_view{raw}.first(n)));
  auto longer = raw;
  longer.push_back(0);
  CHECK_FALSE(decode_audit_entry(longer));
  auto version = raw;
  version[0] = 2;
  CHECK_FALSE(decode_audit_entry(version));
  for (int kind : {0, audit_kind_max + 1, 255}) {
    auto other = raw;
    other[1] = static_cast<std::uint8_t>(kind);
    CHECK_FALSE(decode_audit_entry(other));
  }
}

TEST_CASE("the longest detail fits, and a longer one is not an entry") {
  auto e = sample();
  e.detail.assign(audit_detail_bytes_max, 7);
  auto raw = encode(e);
  CHECK(decode_audit_entry(raw) == e);
  auto at = raw.size() - audit_detail_bytes_max - 2;
  raw.push_back(7);
  raw[at] = static_cast<std::uint8_t>((audit_detail_bytes_max + 1) >> 8);
  raw[at + 1] = static_cast<std::uint8_t>(audit_detail_bytes_max + 1);
  CHECK_FALSE(decode_audit_entry(raw));
}

TEST_CASE("a leaf commits to the entry through its salt") {
  auto raw = encode(sample());
  audit_salt salt;
  salt.fill(9);
  auto leaf = leaf_data_of(audit_kind::opened, salt, raw);
  bytes salted(salt.begin(), salt.end());
  salted.insert(salted.end(), raw.begin(), raw.end());
  auto commitment = sha256(salted);
  CHECK(leaf[0] == 1);
  CHECK(leaf[1] == 8);
  CHECK(std::equal(commitment.begin(), commitment.end(), leaf.begin() + 2));
  salt[15] ^= 1;
  CHECK(leaf_data_of(audit_kind::opened, salt, raw) != leaf);
}
