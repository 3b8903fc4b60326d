// What a report of a lost device proves and what it does not: a table of steps, and the file that says it.
#include "loss_certificate.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::cli;

namespace {

template <class Id>
Id filled(std::uint8_t n) {
  Id out;
  out.value.fill(n);
  return out;
}

const auto phone = filled<device_id>(1);

client::log_entry entry(std::uint64_t leaf, std::uint8_t kind, bool about = false, bytes detail = {}) {
  client::log_entry out;
  out.leaf = leaf;
  out.kind = kind;
  out.time = 1'000 * leaf;
  if (about)
    out.object = phone.value;
  else
    out.device = phone;
  out.detail = std::move(detail);
  return out;
}

bytes opened_detail(std::initializer_list<std::uint8_t> head, std::uint8_t seq) {
  bytes out{head};
  out.insert(out.end(), {0, 0, 0, 0, 0, 0, 0, seq});
  return out;
}

client::exposure_report whole() {
  client::exposure_report r;
  r.device = phone;
  r.conversations = {{filled<conversation_id>(9), filled<party_id>(8), 41}};
  r.parties = {{filled<party_id>(8), 3, false, true}};
  r.entries = {entry(5, 8, false, opened_detail({1}, 7)),
               entry(6, 32, false, opened_detail({2, 1}, 9)),
               entry(10, 2, true),
               entry(11, 39),
               entry(12, 35),
               entry(13, 36),
               entry(14, 42, true, {0, 0, 0, 0, 0, 0, 0, 1, 1})};
  return r;
}

std::string joined(const nlohmann::json& lines) {
  std::string out;
  for (const auto& l : lines)
    out += l.get<std::string>() + "\n";
  return out;
}

nlohmann::json file(const client::exposure_report& r, bool personal = true) {
  return nlohmann::json::parse(certificate_text({}, r, steps_of(r, personal)));
}

} // namespace

TEST_CASE("every step that is in the log is proven, and nothing is left") {
  auto s = steps_of(whole(), true);
  CHECK(s.done());
  CHECK(s.revoked == 10u);
  CHECK(s.share_gone == 14u);
  CHECK(s.claim == 1);
  CHECK(s.wipe_sent == 11u);
  CHECK(s.rerouted == 1);
  CHECK(s.rerouted_all == 13u);
  CHECK(s.released_after == 0);
  auto f = file(whole());
  CHECK(f["proven"].size() == 5);
  CHECK(f["steps"]["complete"] == true);
  CHECK(f["steps"]["erasure_claim"] == "clear-on-flash");
  REQUIRE(f["had_open"].size() == 2);
  CHECK(f["had_open"][0]["messages"] == nlohmann::json{7});
  CHECK(f["had_open"][1]["messages"] == nlohmann::json{9});
  CHECK(f["had_open"][1]["off_duty"] == true);
  CHECK(f["could_open"][0]["messages"] == 41);
  auto no = joined(f["not_proven"]);
  CHECK(no.find("nobody can know") != std::string::npos);
  CHECK(no.find("photographed") != std::string::npos);
  CHECK(no.find("taken over before the loss") != std::string::npos);
}

TEST_CASE("a file that was fetched is said like a message that was opened") {
  auto r = whole();
  auto detail = opened_detail({}, 7);
  detail.push_back(0);
  r.entries.push_back(entry(7, 44, false, detail));
  detail.back() = 1;
  r.entries.push_back(entry(8, 44, false, detail));
  auto f = file(r);
  REQUIRE(f["had_open"].size() == 4);
  CHECK(f["had_open"][0]["file"] == false);
  CHECK(f["had_open"][2]["file"] == true);
  CHECK(f["had_open"][2]["messages"] == nlohmann::json{7});
  CHECK(f["had_open"][2]["off_duty"] == false);
  CHECK(f["had_open"][3]["off_duty"] == true);
}

TEST_CASE("what is missing is never claimed") {
  auto without = [](std::uint8_t kind) {
    auto r = whole();
    std::erase_if(r.entries, [&](const auto& e) { return e.kind == kind; });
    return r;
  };
  SECTION("the lock share") {
    auto f = file(without(42));
    CHECK(f["steps"]["complete"] == false);
    CHECK(joined(f["proven"]).find("half of the key") == std::string::npos);
    CHECK(joined(f["not_proven"]).find("half of the key") != std::string::npos);
  }
  SECTION("a wipe order that was not sent stops nothing, and is no proof") {
    auto f = file(without(39));
    CHECK(f["steps"]["complete"] == true);
    CHECK(joined(f["not_proven"]).find("no order reached it") != std::string::npos);
  }
  SECTION("what its person had") {
    CHECK(file(without(36))["steps"]["complete"] == false);
    CHECK(file(without(36), false)["steps"]["complete"] == true); // a station has nothing in hand
  }
  SECTION("a group that was not turned, or could not be verified") {
    for (auto left : {client::exposed_party{filled<party_id>(8), 3, true, true},
                      client::exposed_party{filled<party_id>(8), 3, false, false}}) {
      auto r = whole();
      r.parties = {left};
      auto f = file(r);
      CHECK(f["steps"]["complete"] == false);
      CHECK(joined(f["proven"]).find("new key") == std::string::npos);
      CHECK(joined(f["not_proven"]).find("1 of its groups") != std::string::npos);
    }
  }
  SECTION("the revocation itself") {
    auto s = steps_of(without(2), true);
    CHECK_FALSE(s.done());
    CHECK_FALSE(s.share_gone); // whatever came before a revocation is none of its steps
  }
}

TEST_CASE("a release behind the revocation is said, loudly") {
  auto r = whole();
  r.entries.push_back(entry(20, 8, false, opened_detail({1}, 8)));
  auto f = file(r);
  CHECK(f["steps"]["released_after"] == 1);
  CHECK(joined(f["proven"]).find("no release") == std::string::npos);
  CHECK(joined(f["not_proven"]).find("1 entries say it was") != std::string::npos);
}

TEST_CASE("the claim of an erasure is the server's, never better") {
  for (int claim : {0, 1, 2, 3, 255}) {
    auto r = whole();
    r.entries.back().detail.back() = static_cast<std::uint8_t>(claim);
    auto word = file(r)["steps"]["erasure_claim"].get<std::string>();
    CHECK(word == (claim == 2 ? "clear" : claim == 1 ? "clear-on-flash" : "unproved"));
    CHECK(joined(file(r)["proven"]).find("Purge") == std::string::npos);
  }
}
