// V1 of e2ee 12, group `share`: the device store's wraps and rows (e2ee 5.13) to the byte, through the vault
// that devices use.
#include "../wire/scripted_random.hpp"
#include "client/memory_device_store.hpp"
#include "client/vault.hpp"
#include "vectors_file.hpp"

using namespace wardline;
using namespace wardline::client;
using namespace wardline::tests;

namespace {

bytes under(std::uint32_t number) {
  e2ee::writer out;
  out.u32(number);
  return out.take();
}

const json& first_wrap() {
  return vector_cases("share").at(0);
}

/// The store as a device left it that was locked: local half and one wrap.
struct locked_store {
  memory_device_store store;
  vault rows{store};

  explicit locked_store(const json& x) {
    REQUIRE(store.write_cell(secret_cell::local_half, bytes_at(x, "local_half")) == store_result::committed);
    put(table::wrap, under(x.at("number").get<std::uint32_t>()), bytes_at(x, "wrap"));
  }
  void put(table where, bytes key, bytes value) {
    store_change one{where, std::move(key), std::move(value)};
    REQUIRE(store.commit({&one, 1}) == store_result::committed);
  }
  refusal unlock(const json& x, std::uint32_t number, const secret32& share) {
    return rows.unlock(at<device_id>(x, "device"), number, share);
  }
};

} // namespace

TEST_CASE("vectors: a wrap opens with its own halves, device and number only") {
  std::size_t opened = 0;
  for (const auto& x : vector_cases("share")) {
    if (!x.contains("wrap"))
      continue;
    INFO(x.at("name"));
    auto number = x.at("number").get<std::uint32_t>();
    locked_store s{x};
    CHECK(s.unlock(x, number, secret_at(x, "share")) == refusal::none);
    CHECK(s.rows.open());
    locked_store other{x};
    CHECK(other.unlock(x, number, secret_at(x, "local_half")) == refusal::store_not_openable);
    CHECK(other.rows.unlock({}, number, secret_at(x, "share")) == refusal::store_not_openable);
    other.put(table::wrap, under(9), bytes_at(x, "wrap"));
    CHECK(other.unlock(x, 9, secret_at(x, "share")) == refusal::store_not_openable);
    CHECK_FALSE(other.rows.open());
    ++opened;
  }
  CHECK(opened == 3);
}

TEST_CASE("vectors: rows are sealed to the byte, and opened where they belong") {
  std::size_t made = 0;
  for (const auto& x : vector_cases("share")) {
    if (!x.contains("row"))
      continue;
    INFO(x.at("name"));
    locked_store s{first_wrap()};
    REQUIRE(x.at("dsk") == first_wrap().at("dsk"));
    REQUIRE(s.unlock(first_wrap(), 1, secret_at(first_wrap(), "share")) == refusal::none);
    auto where = static_cast<table>(x.at("table").get<std::uint8_t>());
    auto key = bytes_at(x, "key");
    auto value = bytes_at(x, "value");
    store_changes changes;
    {
      scripted_random random{bytes_at(x, "nonce")};
      s.rows.put(changes, where, key, value);
    }
    REQUIRE(changes.size() == 1);
    REQUIRE(changes[0].value);
    CHECK(hex(*changes[0].value) == x.at("row"));
    s.put(where, key, bytes_at(x, "row"));
    auto read = s.rows.get(where, key);
    REQUIRE(read);
    CHECK(read->value == value);
    auto elsewhere = key;
    elsewhere.push_back(1);
    s.put(where, elsewhere, bytes_at(x, "row"));
    CHECK(s.rows.get(where, elsewhere).why() == refusal::value_not_openable);
    ++made;
  }
  CHECK(made == 3);
}

TEST_CASE("vectors: a wrap that is made opens the same key") {
  const auto& x = first_wrap();
  memory_device_store store;
  vault rows{store};
  REQUIRE(store.write_cell(secret_cell::local_half, bytes_at(x, "local_half")) == store_result::committed);
  auto script = bytes_at(x, "dsk");
  auto nonce = bytes_at(x, "nonce");
  script.insert(script.end(), nonce.begin(), nonce.end());
  store_changes changes;
  {
    scripted_random random{script};
    REQUIRE(rows.make(at<device_id>(x, "device"), 1, secret_at(x, "share"), changes) == refusal::none);
  }
  REQUIRE(changes.size() == 1);
  CHECK(hex(*changes[0].value) == x.at("wrap"));
}
