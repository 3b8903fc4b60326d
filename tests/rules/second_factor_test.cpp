#include "rules/second_factor.hpp"
#include "rules/sign_in_limits.hpp"
#include <catch2/catch.hpp>

using namespace wardline;
using namespace wardline::rules;

TEST_CASE("which step may be used: clocks that go on, jump ahead and are set back") {
  struct row {
    const char* what;
    std::vector<std::uint32_t> used;
    std::uint32_t step, step_now;
    bool may, behind;
  };
  const std::vector<row> table{
      {"the first code ever", {}, 100, 100, true, false},
      {"the next one", {100}, 101, 101, true, false},
      {"the same again", {100}, 100, 100, false, false},
      {"an older one of the window", {100}, 99, 100, false, false},
      {"a phone that is ahead", {100}, 101, 100, true, false},
      {"and again after it", {101}, 101, 100, false, false},
      {"the one it left out", {101}, 100, 100, false, false},
      {"the clock jumped ahead", {100}, 5000, 5000, true, false},
      {"and back: not used", {100, 5000}, 200, 200, true, true},
      {"and back: used before the jump", {100, 5000}, 100, 101, false, true},
      {"and back: used after the jump", {100, 5000}, 5000, 4999, false, false},
      {"set back a little, within the window", {100}, 99, 99, false, false},
      {"set back by two steps", {100}, 98, 98, true, true},
      {"the same once more", {98, 100}, 98, 98, false, true},
  };
  for (const auto& r : table) {
    INFO(r.what);
    used_steps u;
    for (auto s : r.used)
      u = with_used(std::move(u), s);
    CHECK(may_use(u, r.step, r.step_now) == r.may);
    CHECK(clock_is_behind(u, r.step_now) == r.behind);
  }
}

TEST_CASE("used steps are kept in order, bounded, and what is forgotten counts as used") {
  used_steps u;
  for (std::uint32_t s = 1000; s < 1000 + used_steps_max; ++s)
    u = with_used(std::move(u), s);
  u = with_used(std::move(u), 1000);
  CHECK(u.kept.size() == used_steps_max);
  CHECK(u.forgotten == 0);
  u = with_used(std::move(u), 5000);
  CHECK(u.kept.size() == used_steps_max);
  CHECK(u.forgotten == 1000);
  CHECK_FALSE(may_use(u, 1000, 1000));
  CHECK_FALSE(may_use(u, 999, 1000));
  CHECK_FALSE(may_use(u, 1001, 1001));
  CHECK(may_use(u, 2000, 2000));
}

TEST_CASE("steps of the clock, at its ends as well") {
  CHECK(step_at(0) == 0);
  CHECK(step_at(totp_step_ms - 1) == 0);
  CHECK(step_at(59'000) == 1);
  CHECK(step_at(UINT64_MAX) == UINT32_MAX - 1);
}

TEST_CASE("limits of sessions per class of device") {
  CHECK(limits_of(device_class::personal_staff).idle_ms == 15 * minute_ms);
  CHECK(limits_of(device_class::personal_staff).whole_ms == 12 * hour_ms);
  CHECK(limits_of(device_class::personal_patient).idle_ms == 15 * minute_ms);
  CHECK(limits_of(device_class::station).idle_ms == 5 * minute_ms);
  CHECK(limits_of(device_class::station).whole_ms == 12 * hour_ms);
  CHECK(limits_of(device_class::service).idle_ms == 0);
  CHECK(limits_of(device_class::service).whole_ms == 30 * 24 * hour_ms);

  session_use u{{}, 1000, 0};
  CHECK_FALSE(idle_over(u, 1000 + 5 * minute_ms - 1, 5 * minute_ms));
  CHECK(idle_over(u, 1000 + 5 * minute_ms, 5 * minute_ms));
  CHECK_FALSE(idle_over(u, UINT64_MAX, 0));

  session_limits l{0, 10};
  CHECK(left_by_wall(100, 100, l) == 0);
  CHECK(left_by_wall(100, 99, l) == 1);
  CHECK(left_by_wall(100, 5, l) == 10); // the clock was set back

  CHECK(proved_lately(100, 100 + proved_ms_max));
  CHECK_FALSE(proved_lately(100, 101 + proved_ms_max));
  CHECK_FALSE(proved_lately(101, 100));
  CHECK_FALSE(proved_lately(0, 100));

  CHECK(next_strange_try_at({strange_tries_max - 1, 5, false}) == 0);
  CHECK(next_strange_try_at({strange_tries_max, 5, false}) == 5 + delay_ms_max);
}
