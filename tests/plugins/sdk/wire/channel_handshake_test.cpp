// The handshake of the device channel: e2ee 7.1 and 7.2, negatives 105-112.
#include "channel_pair.hpp"
#include <sodium.h>

using namespace wardline;
using namespace wardline::wire;
using wardline::tests::channel_pair;
using wardline::tests::clinic_of_tests;

namespace {

std::size_t dh_count = 0;

} // namespace

// The linker puts this in the place of libsodium's function (CMakeLists.txt, --wrap).
extern "C" int __real_crypto_scalarmult(unsigned char* q, const unsigned char* n, const unsigned char* p);
extern "C" int __wrap_crypto_scalarmult(unsigned char* q, const unsigned char* n, const unsigned char* p) {
  int result = __real_crypto_scalarmult(q, n, p);
  if (result == 0) // libsodium does no work for a key of small order
    ++dh_count;
  return result;
}

namespace {

struct outcome {
  refusal read;
  public_key initiator;
  refusal answered;
  std::size_t dh;
};

outcome respond(const noise_key_pair& daemon, bytes_view first, bool accepted,
                const clinic_id& clinic = clinic_of_tests) {
  channel_responder responder{clinic, daemon};
  dh_count = 0;
  auto read = responder.read(first);
  auto key = responder.initiator();
  auto answered = responder.answer(view("hello"), accepted, 0);
  return {read, key, answered.why(), dh_count};
}

struct parties {
  noise_key_pair device = noise_key_pair::random();
  noise_key_pair daemon = noise_key_pair::random();

  bytes first(const clinic_id& clinic = clinic_of_tests, std::uint16_t version = wire_version) const {
    return *channel_initiator{clinic, device, daemon.pub, version}.start();
  }
};

/// X25519's keys of small order that libsodium lists (RFC 7748 section 6.1 leaves the check to the user).
const char* const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
};

} // namespace

TEST_CASE("the prologue is that of e2ee 7.1") {
  clinic_id clinic;
  clinic.value.fill(0xab);
  CHECK(hex(channel_prologue(clinic, 0x0102)) ==
        "11" + hex(view("wardline noise v1")) + "abababababababababababababababab" + "0102");
}

TEST_CASE("a good handshake: both know each other, the hash and the hello") {
  channel_pair pair;
  CHECK(pair.first.size() == 96);
  CHECK(pair.device->handshake_hash() == pair.daemon->handshake_hash());
  CHECK(!is_zero(pair.device->handshake_hash()));
  channel_pair other;
  CHECK(pair.device->handshake_hash() != other.device->handshake_hash());
}

TEST_CASE("negative 105: a first message with a payload") {
  parties p;
  noise_handshake initiator{noise_pattern::ik, noise_role::initiator, channel_prologue(clinic_of_tests),
                            noise_key_pair::from(p.device.secret.copy()), p.daemon.pub};
  auto first = initiator.write(view("log me in"));
  REQUIRE(first);
  CHECK(channel_responder{clinic_of_tests, p.daemon}.read(*first) == refusal::first_payload_not_empty);
}

TEST_CASE("negative 106: a replayed first message confirms nothing and is gone after 10 s") {
  channel_pair pair;
  REQUIRE(pair.daemon->receive(pair.device->send(view("device hello"))->front(), 0));
  CHECK(pair.daemon->confirmed());

  channel_responder replayed{clinic_of_tests, pair.daemon_key};
  REQUIRE(replayed.read(pair.first) == refusal::none);
  auto second = replayed.answer(view("hello"), true, 100);
  REQUIRE(second);
  CHECK(!second->channel.confirmed());
  CHECK(second->channel.expire(100 + handshake_ms_max) == refusal::none);
  SECTION("the replayer has no keys") {
    auto recorded = pair.device->send(view("recorded"))->front();
    CHECK(second->channel.receive(recorded, 200).why() == refusal::frame_not_openable);
    CHECK(!second->channel.confirmed());
  }
  SECTION("nobody goes on") {
    CHECK(second->channel.expire(101 + handshake_ms_max) == refusal::handshake_failed);
    CHECK(!second->channel.open());
  }
  CHECK(pair.daemon->open());
}

TEST_CASE("negatives 107-110 and 112: one refusal and the same work for every cause") {
  parties p;
  auto good = respond(p.daemon, p.first(), true);
  CHECK(good.answered == refusal::none);
  CHECK(good.initiator == p.device.pub);
  CHECK(good.dh == 4);

  auto refused_for = [&](bytes first, bool accepted = true) {
    auto out = respond(p.daemon, first, accepted);
    CHECK(out.answered == refusal::handshake_failed);
    CHECK(out.dh == good.dh);
    return out;
  };
  auto no_key = [&](const outcome& out) {
    CHECK(out.read == refusal::handshake_failed);
    CHECK(is_zero(out.initiator));
  };
  SECTION("107 other wire version in the prologue") {
    no_key(refused_for(p.first(clinic_of_tests, 2)));
  }
  SECTION("108 other clinic") {
    no_key(refused_for(p.first(clinic_id{{9}})));
  }
  SECTION("109, 110 unknown or revoked key: the caller's word") {
    auto out = refused_for(p.first(), false);
    CHECK(out.read == refusal::none);
    CHECK(out.initiator == p.device.pub);
  }
  SECTION("a message of zeros, cut anywhere, or empty") {
    no_key(refused_for(bytes(96)));
    auto first = p.first();
    for (std::size_t size : {0u, 1u, 31u, 32u, 79u, 80u, 95u})
      no_key(refused_for(bytes(first.begin(), first.begin() + size)));
  }
  SECTION("any bit changed") {
    auto first = p.first();
    // Bit 255 of the ephemeral key is masked by X25519, but the hash covers it.
    for (std::size_t bit = 0; bit < first.size() * 8; bit += 5) {
      auto altered = first;
      altered[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
      no_key(refused_for(altered));
    }
    auto masked = first;
    masked[31] ^= 0x80;
    no_key(refused_for(masked));
  }
  SECTION("112 ephemeral key of small order") {
    for (const auto* key : small_order) {
      auto first = p.first();
      auto raw = *from_hex(key);
      std::copy(raw.begin(), raw.end(), first.begin());
      no_key(refused_for(first));
    }
  }
}

TEST_CASE("negative 112: the device refuses a small-order answer, and a small-order pin") {
  parties p;
  for (const auto* key : small_order) {
    auto raw = *from_hex(key);
    channel_initiator initiator{clinic_of_tests, p.device, p.daemon.pub};
    REQUIRE(initiator.start());
    auto answer = raw;
    answer.resize(64);
    CHECK(initiator.finish(answer, 0).why() == refusal::handshake_failed);
    CHECK(channel_initiator{clinic_of_tests, p.device, *fixed<32>(raw)}.start().why() ==
          refusal::handshake_failed);
  }
}

TEST_CASE("negative 111: an answer that was not made with the pinned key") {
  parties p;
  channel_initiator initiator{clinic_of_tests, p.device, p.daemon.pub};
  auto first = initiator.start();
  REQUIRE(first);
  SECTION("a server with another key cannot even read the first message") {
    auto out = respond(noise_key_pair::random(), *first, true);
    CHECK(out.read == refusal::handshake_failed);
    CHECK(out.answered == refusal::handshake_failed);
  }
  SECTION("and an answer it makes up is refused by name") {
    // The attacker runs the pattern with keys of its own for both sides.
    auto attacker = noise_key_pair::random();
    channel_initiator other{clinic_of_tests, p.device, attacker.pub};
    channel_responder responder{clinic_of_tests, attacker};
    REQUIRE(responder.read(*other.start()) == refusal::none);
    auto answered = responder.answer(view("hello"), true, 0);
    REQUIRE(answered);
    CHECK(initiator.finish(answered->message, 0).why() == refusal::wrong_server_key);
  }
  SECTION("an altered answer") {
    channel_responder responder{clinic_of_tests, p.daemon};
    REQUIRE(responder.read(*first) == refusal::none);
    auto answer = responder.answer(view("hello"), true, 0)->message;
    answer.back() ^= 1;
    CHECK(initiator.finish(answer, 0).why() == refusal::wrong_server_key);
    answer.back() ^= 1;
    CHECK(initiator.finish(answer, 0).why() == refusal::handshake_failed); // never retried
  }
  SECTION("what cannot be an answer") {
    auto size = GENERATE(std::size_t{0}, std::size_t{47}, noise_message_bytes_max + 1);
    CHECK(initiator.finish(bytes(size), 0).why() == refusal::handshake_failed);
  }
}

TEST_CASE("the server hello has its limit") {
  parties p;
  auto answer = [&](std::size_t n) {
    channel_initiator initiator{clinic_of_tests, p.device, p.daemon.pub};
    channel_responder responder{clinic_of_tests, p.daemon};
    REQUIRE(responder.read(*initiator.start()) == refusal::none);
    auto answered = responder.answer(bytes(n), true, 0);
    if (answered) {
      auto opened = initiator.finish(answered->message, 0);
      REQUIRE(opened);
      CHECK(opened->server_hello.size() == n);
    }
    return answered.why();
  };
  CHECK(answer(0) == refusal::none);
  CHECK(answer(server_hello_bytes_max) == refusal::none);
  CHECK(answer(server_hello_bytes_max + 1) == refusal::message_too_large);
}
