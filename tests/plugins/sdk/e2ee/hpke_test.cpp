// HPKE against RFC 9180 A.2.1, step by step, and what the vectors do not prove: our info and empty aad,
// refusal of unsafe keys, of a flipped bit and of a short enc.
#include "e2ee/hpke.hpp"
#include "e2ee/keys.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sodium.h>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

bytes at(const nlohmann::json& set, const char* name) {
  return *from_hex(set.at(name).get<std::string>());
}

public_key low_order() {
  return {1};
}

} // namespace

TEST_CASE("HPKE meets RFC 9180 A.2.1") {
  std::string path = WARDLINE_SHARED_DIR "/vectors/hpke/rfc9180-x25519-sha256-chacha20poly1305-base.json";
  std::ifstream file{path};
  if (!file) {
    WARN("skipped: no vectors at " << path);
    return;
  }
  auto sets = nlohmann::json::parse(file);
  REQUIRE(sets.size() == 1);
  const auto& set = sets.at(0);
  auto info = at(set, "info");

  auto recipient = hpke_derive_key_pair(at(set, "ikmR"));
  CHECK(hex(recipient.secret.view()) == set.at("skRm"));
  CHECK(hex(recipient.public_part) == set.at("pkRm"));
  auto ephemeral = hpke_derive_key_pair(at(set, "ikmE"));
  CHECK(hex(ephemeral.secret.view()) == set.at("skEm"));
  CHECK(hex(ephemeral.public_part) == set.at("enc"));

  secret32 dh;
  REQUIRE(crypto_scalarmult(dh.data(), recipient.secret.data(), ephemeral.public_part.data()) == 0);
  auto shared = hpke_shared_secret(dh, ephemeral.public_part, recipient.public_part);
  CHECK(hex(shared.view()) == set.at("shared_secret"));
  auto context = hpke_key_schedule(shared, info);
  CHECK(hex(context.key.view()) == set.at("key"));
  CHECK(hex(context.nonce) == set.at("base_nonce"));

  // The set seals a sequence with an aad each; the house seals one message with none.
  REQUIRE(set.at("encryptions").size() == 8);
  std::size_t met = 0;
  for (const auto& e : set.at("encryptions")) {
    auto pt = at(e, "pt");
    auto aad = at(e, "aad");
    auto nonce = at(e, "nonce");
    bytes ct(pt.size() + hpke_tag_size);
    crypto_aead_chacha20poly1305_ietf_encrypt(ct.data(), nullptr, pt.data(), pt.size(), aad.data(),
                                              aad.size(), nullptr, nonce.data(), context.key.data());
    CHECK(hex(ct) == e.at("ct"));
    ++met;
  }
  CHECK(met == 8);

  auto pt = at(set.at("encryptions").at(0), "pt");
  bytes expected_ct(pt.size() + hpke_tag_size);
  crypto_aead_chacha20poly1305_ietf_encrypt(expected_ct.data(), nullptr, pt.data(), pt.size(), nullptr, 0,
                                            nullptr, context.nonce.data(), context.key.data());
  auto sealed = hpke_seal_with(ephemeral, recipient.public_part, info, pt);
  REQUIRE(sealed);
  CHECK(hex(*sealed) == set.at("enc").get<std::string>() + hex(expected_ct));
  auto opened = hpke_open(recipient, info, *sealed);
  REQUIRE(opened);
  CHECK(opened->value == pt);
}

TEST_CASE("what is sealed opens with the same key and info only") {
  auto own = x25519_pair::random();
  auto info = to_bytes(view("info"));
  for (std::size_t size : {0, 1, 32, 1000}) {
    bytes plain(size, 0x5a);
    auto sealed = hpke_seal(own.public_part, info, plain);
    REQUIRE(sealed);
    CHECK(sealed->size() == size + hpke_overhead);
    auto opened = hpke_open(own, info, *sealed);
    REQUIRE(opened);
    CHECK(opened->value == plain);
    CHECK_FALSE(hpke_open(own, to_bytes(view("other")), *sealed));
    CHECK_FALSE(hpke_open(x25519_pair::random(), info, *sealed));
  }
}

TEST_CASE("two seals of one message differ") {
  auto own = x25519_pair::random();
  CHECK(*hpke_seal(own.public_part, {}, {}) != *hpke_seal(own.public_part, {}, {}));
}

TEST_CASE("no flipped bit and no prefix of a seal opens") {
  auto own = x25519_pair::random();
  auto sealed = *hpke_seal(own.public_part, {}, bytes(32, 1));
  REQUIRE(hpke_open(own, {}, sealed));
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    auto changed = sealed;
    changed[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    CHECK_FALSE(hpke_open(own, {}, changed));
  }
  for (std::size_t n = 0; n < sealed.size(); ++n)
    CHECK_FALSE(hpke_open(own, {}, bytes_view{sealed}.first(n)));
}

TEST_CASE("unsafe keys are refused by seal and open") {
  auto own = x25519_pair::random();
  CHECK(hpke_seal(low_order(), {}, {}).why() == refusal::bad_public_key);
  auto set_bit = own.public_part;
  set_bit[31] |= 0x80;
  CHECK(hpke_seal(set_bit, {}, {}).why() == refusal::bad_public_key);
  auto sealed = *hpke_seal(own.public_part, {}, {});
  auto low = low_order();
  std::copy(low.begin(), low.end(), sealed.begin());
  CHECK_FALSE(hpke_open(own, {}, sealed));
}
