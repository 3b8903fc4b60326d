#include "scripted_random.hpp"
#include "wire/noise.hpp"
#include <catch2/catch.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>

using namespace wardline;
using namespace wardline::wire;
using nlohmann::json;

namespace {

bytes hex_at(const json& vector, const char* name) {
  return from_hex(vector.at(name).get<std::string>()).value();
}

std::optional<noise_key_pair> pair_at(const json& vector, const char* name) {
  if (!vector.contains(name))
    return std::nullopt;
  return noise_key_pair::from(secret32{hex_at(vector, name)});
}

noise_pattern pattern_of(const std::string& protocol) {
  if (protocol == "Noise_IK_25519_ChaChaPoly_SHA256")
    return noise_pattern::ik;
  if (protocol == "Noise_NK_25519_ChaChaPoly_SHA256")
    return noise_pattern::nk;
  REQUIRE(protocol == "Noise_XX_25519_ChaChaPoly_SHA256");
  return noise_pattern::xx;
}

struct side {
  noise_handshake handshake;
  bytes ephemeral;
  std::optional<noise_transport> transport;

  bytes say(bytes_view payload) {
    if (transport)
      return transport->sending.seal({}, payload);
    tests::scripted_random script{ephemeral};
    auto said = handshake.write(payload);
    REQUIRE(said);
    return *said;
  }
  bytes hear(bytes_view message) {
    if (transport) {
      auto plain = transport->receiving.open({}, message);
      REQUIRE(plain);
      return *plain;
    }
    auto plain = handshake.read(message);
    REQUIRE(plain);
    return *plain;
  }
  void split_when_done() {
    if (handshake.done() && !transport) {
      auto keys = handshake.split();
      REQUIRE(keys);
      transport = std::move(*keys);
    }
  }
};

void run(const json& vector) {
  auto pattern = pattern_of(vector.at("protocol_name"));
  std::optional<public_key> remote;
  if (vector.contains("init_remote_static"))
    remote = fixed<32>(hex_at(vector, "init_remote_static"));
  side initiator{noise_handshake{pattern, noise_role::initiator, hex_at(vector, "init_prologue"),
                                 pair_at(vector, "init_static"), remote},
                 hex_at(vector, "init_ephemeral"),
                 {}};
  side responder{noise_handshake{pattern, noise_role::responder, hex_at(vector, "resp_prologue"),
                                 pair_at(vector, "resp_static"), std::nullopt},
                 hex_at(vector, "resp_ephemeral"),
                 {}};
  bool initiator_speaks = true;
  for (const auto& message : vector.at("messages")) {
    auto& speaker = initiator_speaks ? initiator : responder;
    auto& listener = initiator_speaks ? responder : initiator;
    auto said = speaker.say(hex_at(message, "payload"));
    CHECK(hex(said) == message.at("ciphertext").get<std::string>());
    CHECK(hex(listener.hear(said)) == message.at("payload").get<std::string>());
    speaker.split_when_done();
    listener.split_when_done();
    initiator_speaks = !initiator_speaks;
  }
  REQUIRE(initiator.transport);
  REQUIRE(responder.transport);
  CHECK(initiator.transport->handshake_hash == responder.transport->handshake_hash);
  if (vector.contains("handshake_hash"))
    CHECK(hex(initiator.transport->handshake_hash) == vector.at("handshake_hash").get<std::string>());
}

} // namespace

TEST_CASE("published suites are reproduced byte for byte") {
  for (std::string suite : {"cacophony", "snow"}) {
    auto path = std::string{WARDLINE_SHARED_DIR} + "/vectors/noise/" + suite + ".json";
    std::ifstream file{path};
    if (!file) {
      std::cout << "SKIPPED: " << path << " is not here\n";
      continue;
    }
    auto vectors = json::parse(file).at("vectors");
    CHECK(vectors.size() == 3);
    for (const auto& vector : vectors) {
      INFO(suite << " " << vector.at("protocol_name"));
      run(vector);
    }
  }
}

TEST_CASE("rekey of e2ee 7.6, and the counter goes on") {
  cipher_state cipher{secret32{*from_hex("08747499ec590f2ed8e168d12514006b66f50a670323d86cbb1f53ffe6b7b51a")},
                      7};
  cipher.rekey();
  CHECK(cipher.next() == 7);
  cipher_state expected_one{
      secret32{*from_hex("de7de712a3ba779b4421bc8122facfd2603d82272c1188f6dab68083d6e227b6")}, 7};
  CHECK(cipher.seal({}, view("after")) == expected_one.seal({}, view("after")));
}

TEST_CASE("frames rekey after number 65 535 and not before") {
  auto key = secret32::random();
  cipher_state framed{key.copy(), 65'534};
  cipher_state plain{key.copy(), 65'534};
  CHECK(framed.seal_frame(view("a")) == plain.seal({}, view("a")));
  CHECK(framed.seal_frame(view("b")) == plain.seal({}, view("b")));
  CHECK(framed.next() == 65'536);
  plain.rekey();
  CHECK(framed.seal_frame(view("c")) == plain.seal({}, view("c")));
}

TEST_CASE("a frame that does not open changes nothing") {
  auto key = secret32::random();
  cipher_state sender{key.copy()};
  cipher_state receiver{key.copy()};
  auto frame = sender.seal_frame(view("dose"));
  auto altered = frame;
  altered[0] ^= 1;
  CHECK(!receiver.open_frame(altered));
  CHECK(!receiver.open_frame({}));
  CHECK(!receiver.open_frame(bytes_view{frame}.first(15)));
  CHECK(receiver.next() == 0);
  CHECK(receiver.open_frame(frame) == to_bytes(view("dose")));
}

TEST_CASE("a forgotten key opens nothing") {
  cipher_state cipher{secret32::random()};
  cipher.forget();
  CHECK(!cipher.has_key());
  CHECK(!cipher.open_frame(view("plaintext of an attacker")));
}

TEST_CASE("a handshake out of order is refused") {
  auto server = noise_key_pair::random();
  noise_handshake initiator{
      noise_pattern::ik, noise_role::initiator, {}, noise_key_pair::random(), server.pub};
  CHECK(initiator.read(bytes(64)).why() == refusal::handshake_failed);
  REQUIRE(initiator.write({}));
  CHECK(initiator.write({}).why() == refusal::handshake_failed);
  CHECK(initiator.split().why() == refusal::handshake_failed);
}

TEST_CASE("a payload that does not fit one Noise message is refused") {
  constexpr std::size_t fits = 65'535 - 32 - 48 - 16;
  auto server = noise_key_pair::random();
  auto device = [&] {
    return noise_handshake{
        noise_pattern::ik, noise_role::initiator, {}, noise_key_pair::random(), server.pub};
  };
  CHECK(device().write(bytes(fits + 1)).why() == refusal::message_too_large);
  auto message = device().write(bytes(fits));
  REQUIRE(message);
  CHECK(message->size() == 65'535);
  noise_handshake responder{
      noise_pattern::ik, noise_role::responder, {}, noise_key_pair::from(server.secret.copy()), std::nullopt};
  auto payload = responder.read(*message);
  REQUIRE(payload);
  CHECK(payload->size() == fits);
  noise_handshake other{
      noise_pattern::ik, noise_role::responder, {}, noise_key_pair::from(server.secret.copy()), std::nullopt};
  message->push_back(0);
  CHECK(other.read(*message).why() == refusal::handshake_failed);
}

TEST_CASE("keys of a handshake are given once") {
  auto server = noise_key_pair::random();
  noise_handshake initiator{noise_pattern::nk, noise_role::initiator, {}, std::nullopt, server.pub};
  noise_handshake responder{noise_pattern::nk, noise_role::responder, {}, std::move(server), std::nullopt};
  REQUIRE(responder.read(*initiator.write({})));
  REQUIRE(initiator.read(*responder.write({})));
  CHECK(initiator.split());
  CHECK(initiator.split().why() == refusal::handshake_failed);
}
