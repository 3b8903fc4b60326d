// Lives of a store (life.hpp): what a device believes after a restore, and what not.
#include "e2ee/life.hpp"
#include "naive_tree.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::e2ee;

namespace {

incarnation_id life(std::uint8_t n) {
  incarnation_id out;
  out.value[0] = n;
  return out;
}

std::vector<bytes> leaves(std::size_t n, std::uint8_t kind = 0) {
  std::vector<bytes> out;
  for (std::size_t i = 0; i < n; ++i)
    out.push_back({static_cast<std::uint8_t>(i), kind});
  return out;
}

constexpr std::uint32_t second = 1'790'000'000;

/// Twelve leaves of the first life; a second one behind them, or behind fewer.
struct restored {
  explicit restored(std::size_t kept) : tree{all_of(kept)}, kept_{kept} {}

  static std::vector<bytes> all_of(std::size_t kept) {
    auto out = leaves(kept);
    for (const auto& more : leaves(5, 1))
      out.push_back(more);
    return out;
  }
  [[nodiscard]] checkpoint head() const {
    return {"c/audit/" + std::to_string(second), kept_ + 5, tree.root(kept_ + 5)};
  }
  [[nodiscard]] std::vector<life_entry> lives() const {
    return {{life(2), {second, life(1), kept_, 12, {}}}};
  }

  test::naive_tree tree;
  std::size_t kept_;
};

log_pin pin_at(std::size_t n) {
  test::naive_tree first{leaves(12)};
  return {life(1), {"c/audit/1", n, first.root(n)}};
}

} // namespace

TEST_CASE("a restore that brought everything back is believed by one proof from the pin") {
  restored now{12};
  auto proof = now.tree.consistency(9, 17);
  auto next = adopt_life(pin_at(9), life(2), now.head(), now.lives(), proof, false);
  REQUIRE(next);
  CHECK(*next == log_pin{life(2), now.head(), 9});
  CHECK(leaves_kept(pin_at(9), now.lives()) == 9);
  SECTION("and by no other") {
    auto bent = proof;
    bent.back()[0] ^= 1;
    CHECK(adopt_life(pin_at(9), life(2), now.head(), now.lives(), bent, false).why() == refusal::log_forked);
    CHECK(adopt_life(pin_at(9), life(2), now.head(), now.lives(), {}, true).why() == refusal::log_forked);
  }
}

TEST_CASE("a restore that forgot what this device saw is believed once its log says so") {
  restored now{7};
  auto pin = pin_at(9);
  CHECK(leaves_kept(pin, now.lives()) == 7);
  CHECK(adopt_life(pin, life(2), now.head(), now.lives(), {}, false).why() == refusal::log_rolled_back);
  auto next = adopt_life(pin, life(2), now.head(), now.lives(), {}, true);
  REQUIRE(next);
  CHECK(*next == log_pin{life(2), now.head(), 7});
}

TEST_CASE("several restores at once keep what all of them kept") {
  restored now{10};
  auto lives = now.lives();
  lives.insert(lives.begin(), life_entry{life(3), {second - 5, life(1), 8, 12, {}}});
  lives.back().what.earlier = life(3);
  CHECK(leaves_kept(pin_at(9), lives) == 8);
  CHECK(adopt_life(pin_at(9), life(2), now.head(), lives, {}, true));
  SECTION("epochs that do not ascend") {
    lives.front().what.log_epoch = second;
    CHECK(adopt_life(pin_at(9), life(2), now.head(), lives, {}, true).why() == refusal::log_other_origin);
  }
  SECTION("a life that does not follow the one before") {
    lives.back().what.earlier = life(1);
    CHECK(adopt_life(pin_at(9), life(2), now.head(), lives, {}, true).why() == refusal::log_other_origin);
  }
}

TEST_CASE("a life that was itself lost: what all have in common counts, and must be admitted") {
  restored now{10};
  log_pin pin{life(9), {"c/audit/77", 12, {}}, 6};
  CHECK(leaves_kept(pin, now.lives()) == 6);
  CHECK(adopt_life(pin, life(2), now.head(), now.lives(), {}, false).why() == refusal::log_rolled_back);
  CHECK(adopt_life(pin, life(2), now.head(), now.lives(), {}, true)->shared == 6);
  pin.head.size = 5; // also where nothing seems to be missing: the restored log is not the one it saw
  CHECK(adopt_life(pin, life(2), now.head(), now.lives(), {}, false).why() == refusal::log_rolled_back);
}

TEST_CASE("negative 148: another origin, or no new life, is not believed") {
  restored now{12};
  auto proof = now.tree.consistency(9, 17);
  auto why = [&](const incarnation_id& as, const checkpoint& head, const std::vector<life_entry>& lives) {
    return adopt_life(pin_at(9), as, head, lives, proof, true).why();
  };
  auto named = [&](const std::string& origin) {
    auto head = now.head();
    head.origin = origin;
    return why(life(2), head, now.lives());
  };
  CHECK(why(life(2), now.head(), now.lives()) == refusal::none);
  CHECK(why(life(1), now.head(), now.lives()) == refusal::log_other_origin);
  CHECK(why({}, now.head(), now.lives()) == refusal::log_other_origin);
  CHECK(why(life(4), now.head(), now.lives()) == refusal::log_other_origin);
  CHECK(why(life(2), now.head(), {}) == refusal::log_other_origin);
  for (const auto* origin : {"d/audit/1790000000", "c/audit/1", "c/audit/0", "c/audit/01790000000",
                             "c/audit/", "c/audit/1790000000x", "1790000000", "c/audit/1790000001"})
    CHECK(named(origin) == refusal::log_other_origin);
  auto short_head = now.head();
  short_head.size = 12; // the opening entry is not in it
  CHECK(why(life(2), short_head, now.lives()) == refusal::log_other_origin);
}

TEST_CASE("the opening entry's detail is decoded whole or not at all") {
  opened_life l{second, life(1), 12, 15, "a note\n"};
  auto raw = encode(l);
  CHECK(*decode_opened_life(raw) == l);
  for (std::size_t n = 0; n < raw.size(); ++n)
    CHECK_FALSE(decode_opened_life(bytes_view{raw}.first(n)));
  auto more = raw;
  more.push_back(0);
  CHECK(decode_opened_life(more).why() == refusal::trailing_bytes);
  for (auto bad : {opened_life{1, life(1), 12, 15, {}}, opened_life{second, {}, 12, 15, {}},
                   opened_life{second, life(1), 0, 0, {}}})
    CHECK(decode_opened_life(encode(bad)).why() == refusal::unknown_value);
  l.note = std::string(note_kept_bytes_max + 1, 'x');
  CHECK(decode_opened_life(encode(l)).why() == refusal::count_too_large);
}
