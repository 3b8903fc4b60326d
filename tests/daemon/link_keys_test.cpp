#include "link_keys.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::daemon;

namespace {

public_key key_of(std::uint8_t fill) {
  public_key k;
  k.fill(fill);
  return k;
}

std::vector<bytes> request(std::string_view version, std::string_view domain, std::string_view mechanism,
                           bytes credentials) {
  auto b = [](std::string_view s) { return to_bytes(view(s)); };
  return {
      b(version), b("id-7"), b(domain), b("localhost:0:0:1"), b("r"), b(mechanism), std::move(credentials)};
}

} // namespace

TEST_CASE("ZAP: one key, one endpoint; everything else gets the same 400") {
  link_keys keys;
  keys.allow(key_of(1), "cli");
  keys.allow(key_of(2), "web");
  auto k1 = to_bytes(key_of(1));
  auto good = request("1.0", "cli", "CURVE", k1);

  CHECK(keys.zap_reply(good) ==
        std::vector<std::string>{"1.0", "id-7", "200", "OK", link_keys::user_of(key_of(1), "cli"), ""});

  auto short_key = k1;
  short_key.pop_back();
  auto long_key = k1;
  long_key.push_back(0);
  auto missing = good;
  missing.pop_back();
  auto surplus = good;
  surplus.push_back(k1);
  std::vector<std::pair<std::string, std::vector<bytes>>> denied{
      {"unknown key", request("1.0", "cli", "CURVE", to_bytes(key_of(3)))},
      {"another plugin's key", request("1.0", "cli", "CURVE", to_bytes(key_of(2)))},
      {"no domain", request("1.0", "", "CURVE", k1)},
      {"domain in capitals", request("1.0", "CLI", "CURVE", k1)},
      {"other version", request("1.1", "cli", "CURVE", k1)},
      {"NULL mechanism", request("1.0", "cli", "NULL", k1)},
      {"PLAIN mechanism", request("1.0", "cli", "PLAIN", k1)},
      {"short key", request("1.0", "cli", "CURVE", short_key)},
      {"long key", request("1.0", "cli", "CURVE", long_key)},
      {"empty key", request("1.0", "cli", "CURVE", {})},
      {"a frame missing", missing},
      {"a frame too many", surplus},
  };
  for (const auto& [what, asked] : denied) {
    INFO(what);
    CHECK(keys.zap_reply(asked) == std::vector<std::string>{"1.0", "id-7", "400", "unknown key", "", ""});
  }
  CHECK(keys.zap_reply({}) == std::vector<std::string>{"1.0", "", "400", "unknown key", "", ""});
}

TEST_CASE("a key that is taken back is denied, once") {
  link_keys keys;
  keys.allow(key_of(1), "cli");
  CHECK(keys.plugin_of(key_of(1)) == "cli");
  CHECK(keys.forbid(key_of(1)));
  CHECK_FALSE(keys.forbid(key_of(1)));
  CHECK(keys.plugin_of(key_of(1)) == std::nullopt);
  CHECK(keys.zap_reply(request("1.0", "cli", "CURVE", to_bytes(key_of(1))))[2] == "400");
}

TEST_CASE("a key stays the plugin's that had it first") {
  link_keys keys;
  CHECK(keys.allow(key_of(1), "web"));
  CHECK(keys.allow(key_of(1), "web"));
  CHECK_FALSE(keys.allow(key_of(1), "cli"));
  CHECK(keys.plugin_of(key_of(1)) == "web");
  CHECK(keys.forbid(key_of(1)));
  CHECK(keys.allow(key_of(1), "cli"));
}

TEST_CASE("a User-Id is known as long as a key of it is") {
  link_keys keys;
  auto first = key_of(1);
  auto second = key_of(1);
  second[31] = 7; // the same first eight bytes
  CHECK_FALSE(keys.knows(link_keys::user_of(first, "cli")));
  keys.allow(first, "cli");
  keys.allow(second, "cli");
  CHECK(keys.knows(link_keys::user_of(first, "cli")));
  CHECK_FALSE(keys.knows(link_keys::user_of(first, "web")));
  keys.forbid(first);
  CHECK(keys.knows(link_keys::user_of(first, "cli")));
  keys.forbid(second);
  CHECK_FALSE(keys.knows(link_keys::user_of(first, "cli")));
}

TEST_CASE("a user is its plugin and the first eight bytes of its key in hex") {
  CHECK(link_keys::user_of(key_of(0xab), "cli") == "cli/abababababababab");
}
