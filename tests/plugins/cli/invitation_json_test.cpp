// Invitation files come by mail and on sticks: anything may stand in them.
#include "invitation_json.hpp"
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace wardline;
using namespace wardline::cli;

namespace {

client::invitation_file sample() {
  client::invitation_file out;
  out.clinic.value.fill(1);
  out.identity_key.fill(2);
  out.server_noise_key.fill(3);
  out.invitation.value.fill(4);
  out.seed = secret32{bytes(32, 5)};
  out.endpoint = "ipc:///run/wardline/link/cli.sock";
  out.server_curve_key.fill(6);
  out.client_curve_public.fill(7);
  out.client_curve_secret = secret32{bytes(32, 8)};
  return out;
}

const std::vector<std::string> fields{
    "clinic",   "identity_key",     "server_noise_key",    "invitation",         "seed",
    "endpoint", "server_curve_key", "client_curve_public", "client_curve_secret"};

} // namespace

TEST_CASE("an invitation file is read as it was written") {
  auto read = read_invitation_file(write_invitation_file(sample()));
  REQUIRE(read);
  CHECK(read->clinic == sample().clinic);
  CHECK(read->endpoint == sample().endpoint);
  CHECK(to_bytes(read->seed.view()) == bytes(32, 5));
  CHECK(to_bytes(read->client_curve_secret.view()) == bytes(32, 8));
  CHECK(write_invitation_file(*read) == write_invitation_file(sample()));
}

TEST_CASE("what is missing, of another type or another size is refused") {
  auto whole = nlohmann::json::parse(write_invitation_file(sample()));
  for (const auto& name : fields) {
    auto without = whole;
    without.erase(name);
    CHECK(read_invitation_file(without.dump()).why() == refusal::malformed_request);
    auto number = whole;
    number[name] = 7;
    CHECK(read_invitation_file(number.dump()).why() == refusal::malformed_request);
    if (name == "endpoint")
      continue;
    auto shorter = whole;
    shorter[name] = whole[name].get<std::string>().substr(2);
    CHECK(read_invitation_file(shorter.dump()).why() == refusal::malformed_request);
    auto letters = whole;
    letters[name] = std::string(whole[name].get<std::string>().size(), 'g');
    CHECK(read_invitation_file(letters.dump()).why() == refusal::malformed_request);
  }
  for (const auto* text : {"", "[]", "null", "{", "{}", "\"x\""})
    CHECK(read_invitation_file(text).why() == refusal::malformed_request);
}

TEST_CASE("only addresses of known kinds, and nothing beyond the bound") {
  auto whole = nlohmann::json::parse(write_invitation_file(sample()));
  for (const auto& address :
       {std::string{"http://x"}, std::string{}, "tcp://" + std::string(client::endpoint_bytes_max, 'x')}) {
    auto other = whole;
    other["endpoint"] = address;
    CHECK(read_invitation_file(other.dump()).why() == refusal::link_malformed);
  }
  auto padded = write_invitation_file(sample());
  padded.resize(invitation_file_bytes_max, ' ');
  CHECK(read_invitation_file(padded));
  padded.push_back(' ');
  CHECK(read_invitation_file(padded).why() == refusal::object_too_large);
}
