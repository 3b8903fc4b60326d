// Key checks of e2ee 2.3 and signatures: negatives 17 to 25 of e2ee 10.
#include "e2ee/keys.hpp"
#include "e2ee/signing.hpp"
#include <catch2/catch.hpp>
#include <sodium.h>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

public_key key_from(std::string_view digits) {
  return *fixed<32>(*from_hex(digits));
}

/// 2^255 - 19 + k, little-endian, k < 19.
public_key prime_plus(unsigned k) {
  public_key out;
  out.fill(0xff);
  out[0] = static_cast<std::uint8_t>(0xed + k);
  out[31] = 0x7f;
  return out;
}

const char* const small_order_ed25519[] = {
    "0100000000000000000000000000000000000000000000000000000000000000", // order 1
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f", // 2
    "0000000000000000000000000000000000000000000000000000000000000000", // 4
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05", // 8
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
};

const char* const low_order_x25519[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

/// The group's order L, little-endian.
const char* const order = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

void add_order(std::uint8_t* scalar) {
  auto l = *from_hex(order);
  unsigned carry = 0;
  for (std::size_t i = 0; i < 32; ++i) {
    carry += scalar[i] + l[i];
    scalar[i] = static_cast<std::uint8_t>(carry);
    carry >>= 8;
  }
}

} // namespace

TEST_CASE("keys of ours pass their checks") {
  for (int i = 0; i < 32; ++i) {
    CHECK(check_ed25519(signing_key::random().public_part()));
    CHECK(check_x25519(x25519_pair::random().public_part));
  }
}

TEST_CASE(
    "negatives 17, 18: Ed25519 keys of small order are refused, and the signature that fits every message") {
  for (auto* digits : small_order_ed25519)
    CHECK_FALSE(check_ed25519(key_from(digits)));
  // Under the neutral element S*B = R + h*A holds for R = S*B, whatever the message is.
  auto neutral = key_from(small_order_ed25519[0]);
  std::uint8_t one[32] = {1};
  signature64 fits_all{};
  REQUIRE(crypto_scalarmult_ed25519_base_noclamp(fits_all.data(), one) == 0);
  fits_all[32] = 1;
  CHECK_FALSE(verify_signature(neutral, labels::link, to_bytes(view("any")), fits_all));
}

TEST_CASE("negative 19: a torsion part is refused") {
  auto good = signing_key::random().public_part();
  auto torsion = key_from(small_order_ed25519[4]);
  public_key sum;
  REQUIRE(crypto_core_ed25519_add(sum.data(), good.data(), torsion.data()) == 0);
  CHECK(check_ed25519(good));
  CHECK_FALSE(check_ed25519(sum));
}

TEST_CASE("negative 20: Ed25519 keys with y >= p are refused") {
  for (unsigned k = 0; k < 19; ++k) {
    auto pk = prime_plus(k);
    CHECK_FALSE(check_ed25519(pk));
    pk[31] |= 0x80;
    CHECK_FALSE(check_ed25519(pk));
  }
}

TEST_CASE("negatives 21, 22: second encodings of an X25519 key are refused") {
  public_key nine = {9};
  CHECK(check_x25519(nine));
  for (unsigned k = 0; k < 19; ++k)
    CHECK_FALSE(check_x25519(prime_plus(k)));
  nine[31] |= 0x80;
  CHECK_FALSE(check_x25519(nine));
}

TEST_CASE("X25519 keys right below 2^255 - 19, and with its top bytes, are taken") {
  public_key top;
  top.fill(0xff);
  top[31] = 0x7f;
  // p - 1 = -1 lies in the small subgroup; p - 2 is the largest number that is a key.
  top[0] = 0xeb;
  CHECK(check_x25519(top));
  auto inner = top;
  inner[0] = 0xff;
  inner[15] = 0xfe;
  CHECK(check_x25519(inner));
  auto high = inner;
  high.fill(0xff);
  high[31] = 0x7e;
  CHECK(check_x25519(high));
}

TEST_CASE("negative 23: X25519 points of low order are refused") {
  for (auto* digits : low_order_x25519) {
    CHECK_FALSE(check_x25519(key_from(digits)));
  }
}

TEST_CASE("negative 24: S + L in a signature is refused") {
  auto key = signing_key::random();
  auto m = to_bytes(view("message"));
  auto sig = key.sign(labels::act, m);
  REQUIRE(verify_signature(key.public_part(), labels::act, m, sig));
  add_order(sig.data() + 32);
  CHECK_FALSE(verify_signature(key.public_part(), labels::act, m, sig));
}

TEST_CASE("negative 25: a signature under another label is refused") {
  auto key = signing_key::random();
  auto m = to_bytes(view("message"));
  CHECK_FALSE(verify_signature(key.public_part(), labels::act, m, key.sign(labels::link, m)));
  CHECK_FALSE(
      verify_signature(signing_key::random().public_part(), labels::act, m, key.sign(labels::act, m)));
}

TEST_CASE("a signing key is its seed") {
  auto key = signing_key::random();
  auto again = signing_key::from_seed(key.seed().copy());
  CHECK(again.public_part() == key.public_part());
  CHECK(again.sign(labels::slip, {}) == key.sign(labels::slip, {}));
}

TEST_CASE("ristretto255: identity, bytes that are no point, and second encodings of a scalar are refused") {
  public_key base;
  std::uint8_t one[32] = {1};
  REQUIRE(crypto_scalarmult_ristretto255_base(base.data(), one) == 0);
  CHECK(check_ristretto(base));
  CHECK_FALSE(check_ristretto(public_key{}));
  CHECK_FALSE(check_ristretto(prime_plus(0)));
  std::array<std::uint8_t, 32> five = {5};
  CHECK(check_scalar(five));
  CHECK(check_scalar({}));
  add_order(five.data());
  CHECK_FALSE(check_scalar(five));
  std::array<std::uint8_t, 32> set_bit = {5};
  set_bit[31] = 0x80;
  CHECK_FALSE(check_scalar(set_bit));
}
