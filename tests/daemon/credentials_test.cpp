#include "credentials.hpp"
#include "temp_folder.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <sodium.h>

using namespace wardline;
using namespace wardline::daemon;

namespace {

const char* const files[] = {"kek", "link-key", "noise-key", "log-key", "daemon-key"};

bool same(const secret32& a, const secret32& b) {
  return sodium_memcmp(a.data(), b.data(), secret32::size) == 0;
}

} // namespace

TEST_CASE("keys of the box come back as they were saved, readable by their owner alone") {
  temp_folder folder;
  auto made = credentials::make();
  REQUIRE(made.save(folder.path) == refusal::none);
  std::string problem;
  auto read = credentials::load(folder.path, problem);
  REQUIRE(read);
  CHECK(same(read->kek, made.kek));
  CHECK(same(read->link_key, made.link_key));
  CHECK(same(read->noise_key, made.noise_key));
  CHECK(same(read->log_key, made.log_key));
  CHECK(same(read->daemon_key, made.daemon_key));
  CHECK_FALSE(same(read->kek, read->link_key));
  using std::filesystem::perms;
  for (const auto* file : files)
    CHECK(std::filesystem::status(folder.path / file).permissions() ==
          (perms::owner_read | perms::owner_write));
}

TEST_CASE("keys that exist are never overwritten") {
  temp_folder folder;
  auto made = credentials::make();
  REQUIRE(made.save(folder.path) == refusal::none);
  CHECK(credentials::make().save(folder.path) == refusal::already_exists);
  std::string problem;
  auto read = credentials::load(folder.path, problem);
  REQUIRE(read);
  CHECK(same(read->kek, made.kek));
  CHECK(credentials::make().save(folder.path / "nowhere") == refusal::storage_refused);
}

TEST_CASE("a key that is missing, short or long is named") {
  for (const auto* file : files) {
    temp_folder folder;
    REQUIRE(credentials::make().save(folder.path) == refusal::none);
    auto damaged = folder.path / file;
    std::string problem;
    std::filesystem::resize_file(damaged, 31);
    CHECK(credentials::load(folder.path, problem).why() == refusal::keyring_not_openable);
    CHECK(problem == damaged.string());
    std::filesystem::resize_file(damaged, 33);
    CHECK(credentials::load(folder.path, problem).why() == refusal::keyring_not_openable);
    std::filesystem::resize_file(damaged, 0);
    CHECK(credentials::load(folder.path, problem).why() == refusal::keyring_not_openable);
    std::filesystem::remove(damaged);
    CHECK(credentials::load(folder.path, problem).why() == refusal::not_found);
    CHECK(problem == damaged.string());
    std::filesystem::create_directory(damaged);
    CHECK(credentials::load(folder.path, problem).why() == refusal::keyring_not_openable);
  }
}

TEST_CASE("a signer signs by its seed, and the log's origin names the clinic") {
  auto seed = secret32::random();
  auto message = to_bytes(view("checkpoint"));
  auto signature = signer_of(seed)(message);
  auto key = ed25519_public(seed);
  CHECK(crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0);
  clinic_id clinic;
  clinic.value.fill(0xab);
  CHECK(log_origin(clinic) == "wardline/" + hex(clinic.view()) + "/audit/1");
}
