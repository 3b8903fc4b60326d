#include "authenticator.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <cstring>
#include <filesystem>

using namespace wardline;
using namespace wardline::cli;

TEST_CASE("ward's codes are those of RFC 6238") {
  auto secret = view("12345678901234567890");
  CHECK(six_digits(secret, 59'000) == "287082");
  CHECK(six_digits(secret, 29'000, 1) == "287082");
  CHECK(six_digits(secret, 1'111'111'109'000) == "081804");
  CHECK(six_digits(secret, 20'000'000'000'000) == "353130");
}

TEST_CASE("what an authenticator reads names the person and the secret") {
  CHECK(otpauth_uri("Dr N. Ö", view("12345678901234567890")) ==
        "otpauth://totp/Wardline:Dr%20N.%20%C3%96?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Wardline"
        "&algorithm=SHA1&digits=6&period=30");
}

TEST_CASE("a file of a secret is the owner's, made once, and nothing else is one") {
  temp_folder folder;
  auto path = (folder.path / "x.totp").string();
  CHECK_FALSE(read_totp_file(path));
  auto secret = make_totp_secret();
  CHECK(secret.value != make_totp_secret().value);
  REQUIRE(write_totp_file(path, secret.value));
  CHECK_FALSE(write_totp_file(path, secret.value));
  auto mode = std::filesystem::status(path).permissions();
  CHECK((mode & (std::filesystem::perms::group_all | std::filesystem::perms::others_all)) ==
        std::filesystem::perms::none);
  CHECK(read_totp_file(path)->value == secret.value);
  for (const char* bad : {"", "GEZD", "not base32!", "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBV"}) {
    auto other = (folder.path / ("bad" + std::to_string(std::strlen(bad)))).string();
    REQUIRE(write_new_file(other, view(bad)));
    CHECK_FALSE(read_totp_file(other));
  }
}
