#include "e2ee/body_seal.hpp"
#include "e2ee/bytes.hpp"
#include "messages.hpp"
#include <catch2/catch.hpp>
#include <sodium.h>

using namespace wardline;
using namespace wardline::e2ee;
using namespace wardline::test;

namespace {

const auto message = some_id<message_id>(0x91);

/// A body around any plaintext, padded or not as it pleases.
bytes raw_body(const secret32& key, const bytes& plain) {
  auto keys = derive_body_keys(key, message);
  bytes out(plain.size() + body_tag_bytes);
  const std::array<std::uint8_t, 12> nonce{};
  crypto_aead_chacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(),
                                            message.value.data(), message.value.size(), nullptr, nonce.data(),
                                            keys.key.data());
  return out;
}

bytes plain_of(std::uint32_t length, std::size_t bucket) {
  writer out;
  out.u32(length).zeros(bucket - 4);
  return out.take();
}

body_facts facts_of(const secret32& key, const bytes& body) {
  return {message, sha256(body), static_cast<std::uint32_t>(body.size()),
          derive_body_keys(key, message).commitment};
}

} // namespace

TEST_CASE("content of every size around a bucket comes back whole, in the smallest bucket") {
  auto key = some_secret(0x11);
  struct {
    std::size_t content;
    std::size_t bucket;
  } cases[] = {{0, 256},         {1, 256},         {252, 256},      {253, 1'024},
               {1'020, 1'024},   {1'021, 4'096},   {4'092, 4'096},  {4'093, 16'384},
               {16'380, 16'384}, {16'381, 65'536}, {65'532, 65'536}};
  for (const auto& c : cases) {
    INFO(c.content);
    bytes content(c.content, 'x');
    auto body = seal_body(key, message, content);
    REQUIRE(body);
    CHECK(body->size() == c.bucket + 16);
    CHECK(is_body_size(body->size()));
    auto opened = open_body(*body, facts_of(key, *body), key);
    REQUIRE(opened);
    CHECK(opened->value == content);
  }
  CHECK(seal_body(key, message, bytes(65'533)).why() == refusal::body_size);
}

TEST_CASE("one key in two messages gives two keystreams and two commitments") {
  auto key = some_secret(0x11);
  auto other = some_id<message_id>(0x92);
  CHECK(derive_body_keys(key, message).commitment != derive_body_keys(key, other).commitment);
  auto a = *seal_body(key, message, view("same"));
  auto b = *seal_body(key, other, view("same"));
  CHECK(a != b);
  CHECK(open_body(a, {other, sha256(a), 272, derive_body_keys(key, other).commitment}, key).why() ==
        refusal::body_not_openable);
}

TEST_CASE("bodies that do not hold what the slip says are refused by name") {
  auto key = some_secret(0x11);
  auto good = *seal_body(key, message, view("ten milligrams"));
  auto facts = facts_of(key, good);

  SECTION("negative 161: a size that is no bucket") {
    bytes odd(257);
    CHECK(open_body(odd, facts_of(key, odd), key).why() == refusal::body_size);
    CHECK(open_body({}, facts, key).why() == refusal::body_size);
    CHECK_FALSE(is_body_size(256));
    CHECK_FALSE(is_body_size(65'536 + 17));
  }
  SECTION("negative 88: another message's body of equal size") {
    auto other = *seal_body(some_secret(0x12), message, view("a hundred milligrams"));
    REQUIRE(other.size() == good.size());
    CHECK(open_body(other, facts, key).why() == refusal::body_mismatch);
  }
  SECTION("right hash, other size in the header") {
    facts.body_size += 1;
    CHECK(open_body(good, facts, key).why() == refusal::body_mismatch);
  }
  SECTION("negative 89: a second key for the same body") {
    CHECK(open_body(good, facts, some_secret(0x12)).why() == refusal::key_commitment_mismatch);
  }
  SECTION("negative 162: right hash and commitment, broken tag") {
    good.back() ^= 1;
    CHECK(open_body(good, facts_of(key, good), key).why() == refusal::body_not_openable);
  }
  SECTION("negative 90: the next larger bucket") {
    auto body = raw_body(key, plain_of(252, 1'024));
    CHECK(open_body(body, facts_of(key, body), key).why() == refusal::padding_not_minimal);
  }
  SECTION("negative 91: dirty padding, in any byte of it") {
    for (std::size_t at : {4 + 10, 200, 255}) {
      auto plain = plain_of(10, 256);
      plain[at] = 1;
      auto body = raw_body(key, plain);
      CHECK(open_body(body, facts_of(key, body), key).why() == refusal::padding_not_zero);
    }
  }
  SECTION("negative 92: a length over the bucket") {
    for (std::uint32_t length : {253u, 256u, 0xffffffffu}) {
      auto body = raw_body(key, plain_of(length, 256));
      CHECK(open_body(body, facts_of(key, body), key).why() == refusal::padding_length);
    }
  }
}

TEST_CASE("no single flipped bit of a body opens") {
  auto key = some_secret(0x11);
  auto good = *seal_body(key, message, view("text"));
  auto facts = facts_of(key, good);
  for (auto bit : every_bit_of(good)) {
    auto bent = with_bit_flipped(good, bit);
    REQUIRE(open_body(bent, facts, key).why() == refusal::body_mismatch);
    REQUIRE(open_body(bent, facts_of(key, bent), key).why() == refusal::body_not_openable);
  }
}
