// Requests to a second registrar come by mail and on sticks: anything may stand in them.
#include "act_json.hpp"
#include "wire/limits.hpp"
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

using namespace wardline;
using namespace wardline::cli;
using nlohmann::json;

namespace {

client::prepared_act sample() {
  client::prepared_act out{bytes(100, 1), bytes(20, 2), bytes(30, 3), "12345678"};
  out.link_key.emplace().fill(4);
  wire::device::party_name name;
  name.party.value.fill(5);
  name.kind = 2;
  name.name = "Front desk";
  out.names = {name};
  return out;
}

json whole() {
  return json::parse(write_act_file(sample()));
}

refusal why(const json& file) {
  return read_act_file(file.dump()).why();
}

} // namespace

TEST_CASE("a request is read as it was written") {
  auto read = read_act_file(write_act_file(sample()));
  REQUIRE(read);
  CHECK(read->object == sample().object);
  CHECK(read->names.front().name == "Front desk");
  CHECK(write_act_file(*read) == write_act_file(sample()));
  auto small = read_act_file(write_act_file({bytes(1, 9)})); // a grant: nothing else in it
  REQUIRE(small);
  CHECK_FALSE(small->link_key);
  CHECK(small->names.empty());
}

TEST_CASE("what is missing in a request or of another type is refused") {
  for (const auto* name : {"object", "members", "seals", "code", "link_key", "names"}) {
    auto without = whole();
    without.erase(name);
    CHECK(why(without) == refusal::malformed_request);
    auto number = whole();
    number[name] = 7;
    CHECK(why(number) == refusal::malformed_request);
  }
  for (const auto* name : {"party", "kind", "name"}) {
    auto without = whole();
    without["names"][0].erase(name);
    CHECK(why(without) == refusal::malformed_request);
    auto other = whole();
    other["names"][0][name] = json::array();
    CHECK(why(other) == refusal::malformed_request);
  }
  for (const auto* text : {"", "[]", "null", "{", "{}"})
    CHECK(read_act_file(text).why() == refusal::malformed_request);
}

TEST_CASE("sizes of a request's fields") {
  auto with = [](const char* name, const std::string& text) {
    auto out = whole();
    out[name] = text;
    return why(out);
  };
  CHECK(with("object", "") == refusal::malformed_request);
  CHECK(with("object", std::string(2 * wire::certificate_bytes_max, 'a')) == refusal::none);
  CHECK(with("object", std::string(2 * wire::certificate_bytes_max + 2, 'a')) == refusal::malformed_request);
  for (const auto* name : {"members", "seals"}) {
    CHECK(with(name, std::string(2 * wire::link_members_bytes_max, 'a')) == refusal::none);
    CHECK(with(name, std::string(2 * wire::link_members_bytes_max + 2, 'a')) == refusal::malformed_request);
  }
  for (const auto* code : {"1234567", "123456789", "1234567x"})
    CHECK(with("code", code) == refusal::malformed_request);
  CHECK(with("code", "") == refusal::none);
  CHECK(with("link_key", "0404") == refusal::malformed_request);
  auto names = whole();
  while (names["names"].size() < wire::invited_parties_max)
    names["names"].push_back(names["names"][0]);
  CHECK(why(names) == refusal::none);
  names["names"].push_back(names["names"][0]);
  CHECK(why(names) == refusal::malformed_request);
  auto kind = whole();
  kind["names"][0]["kind"] = 5;
  CHECK(why(kind) == refusal::malformed_request);
  auto long_name = whole();
  long_name["names"][0]["name"] = std::string(wire::name_bytes_max + 1, 'x');
  CHECK(why(long_name) == refusal::malformed_request);
}

TEST_CASE("a request's file has a bound, and the largest request fits it") {
  auto largest = sample();
  largest.object = bytes(wire::certificate_bytes_max, 1);
  largest.members = largest.seals = bytes(wire::link_members_bytes_max, 2);
  largest.names.front().name = std::string(wire::name_bytes_max, 'x');
  largest.names.resize(wire::invited_parties_max, largest.names.front());
  auto text = write_act_file(largest);
  REQUIRE(text.size() <= act_file_bytes_max);
  CHECK(read_act_file(text));
  text.resize(act_file_bytes_max, ' ');
  CHECK(read_act_file(text));
  text.push_back(' ');
  CHECK(read_act_file(text).why() == refusal::object_too_large);
}
