// Lanes, and who is shown before whom.
#include "rules/triage_order.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

using namespace wardline;
using namespace wardline::rules;

TEST_CASE("every level has a lane, and unscored is today") {
  CHECK(lane_of(0) == lane::today);
  CHECK(lane_of(1) == lane::now);
  CHECK(lane_of(2) == lane::urgent);
  CHECK(lane_of(3) == lane::today);
  CHECK(lane_of(4) == lane::routine);
  CHECK(lane_of(5) == lane::info);
  for (unsigned level = 6; level < 256; ++level)
    CHECK(lane_of(static_cast<std::uint8_t>(level)) == lane::today);
}

TEST_CASE("the order of an inbox") {
  message_id a, b;
  a.value[0] = 1;
  b.value[0] = 2;
  // As they are to be shown.
  const std::vector<inbox_place> shown{
      {lane::now, holder::nobody, false, 50, a},    {lane::now, holder::nobody, true, 10, a},
      {lane::now, holder::viewer, false, 10, a},    {lane::now, holder::other, false, 10, a},
      {lane::urgent, holder::nobody, false, 20, a}, {lane::urgent, holder::nobody, false, 20, b},
      {lane::urgent, holder::nobody, false, 30, a}, {lane::today, holder::nobody, false, 1, a},
      {lane::routine, holder::nobody, false, 1, a}, {lane::info, holder::nobody, false, 1, a},
  };
  std::mt19937 dice{1};
  for (int round = 0; round < 50; ++round) {
    auto mixed = shown;
    std::shuffle(mixed.begin(), mixed.end(), dice);
    std::sort(mixed.begin(), mixed.end());
    CHECK(mixed == shown);
  }
}

TEST_CASE("what each view shows") {
  struct row {
    inbox_view view;
    holder has;
    bool by_role, shown;
  };
  for (const auto& r : std::vector<row>{
           {inbox_view::all, holder::other, false, true},
           {inbox_view::unassigned, holder::nobody, false, true},
           {inbox_view::unassigned, holder::viewer, true, false},
           {inbox_view::mine, holder::viewer, false, true},
           {inbox_view::mine, holder::other, true, false},
           {inbox_view::mine, holder::nobody, true, false},
           {inbox_view::role, holder::other, true, true},
           {inbox_view::role, holder::viewer, false, false},
       })
    CHECK(shows(r.view, r.has, r.by_role) == r.shown);
}
