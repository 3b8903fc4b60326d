// The table of clinical guide 3.3 and the ranges of 3.4, one unit to each side of every limit.
#include "clinical/vital_limits.hpp"
#include <catch2/catch.hpp>

namespace wardline::clinical {

namespace {

constexpr int none = 0;

struct edge {
  std::int64_t value;
  int level; ///< none = within limits
};

void check(vital which, const std::vector<edge>& edges, const limits_context& about = {}) {
  for (const auto& e : edges) {
    INFO(static_cast<int>(which) << " " << e.value);
    CHECK(limit_level(which, e.value, about).value_or(none) == e.level);
  }
}

limits_context with(bool limits_context::*what) {
  limits_context out;
  out.*what = true;
  return out;
}

} // namespace

TEST_CASE("limits of single vital signs") {
  check(vital::spo2, {{86, 1}, {87, 1}, {88, 2}, {91, 2}, {92, 3}, {93, 3}, {94, none}, {100, none}});
  check(vital::spo2, {{82, 1}, {83, 1}, {84, 2}, {85, 2}, {86, 3}, {87, 3}, {88, none}},
        with(&limits_context::spo2_scale_2));
  check(vital::systolic, {{79, 1},
                          {80, 1},
                          {81, 2},
                          {90, 2},
                          {91, 3},
                          {100, 3},
                          {101, none},
                          {159, none},
                          {160, 3},
                          {179, 3},
                          {180, 2},
                          {219, 2},
                          {220, 1}});
  check(vital::systolic, {{179, 3}, {180, 1}, {181, 1}}, with(&limits_context::symptom));
  check(vital::diastolic, {{99, none}, {100, 3}, {119, 3}, {120, 2}, {121, 2}});
  check(vital::diastolic, {{119, 3}, {120, 1}}, with(&limits_context::symptom));
  check(vital::heart_rate, {{34, 1},
                            {35, 1},
                            {36, 2},
                            {40, 2},
                            {41, 3},
                            {50, 3},
                            {51, none},
                            {110, none},
                            {111, 3},
                            {130, 3},
                            {131, 2},
                            {149, 2},
                            {150, 1}});
  check(
      vital::respiration,
      {{7, 1}, {8, 1}, {9, 3}, {11, 3}, {12, none}, {20, none}, {21, 3}, {24, 3}, {25, 2}, {29, 2}, {30, 1}});
  check(vital::temperature, {{339, 1},
                             {340, 1},
                             {341, 2},
                             {350, 2},
                             {351, none},
                             {380, none},
                             {381, 3},
                             {390, 3},
                             {391, 2},
                             {404, 2},
                             {405, 1}});
  check(vital::temperature, {{379, none}, {380, 1}}, with(&limits_context::under_3_months));
  check(vital::temperature, {{379, none}, {380, 1}}, with(&limits_context::neutropenic));
  check(vital::glucose,
        {{53, 2}, {54, 3}, {69, 3}, {70, none}, {249, none}, {250, 3}, {299, 3}, {300, 2}, {401, 2}});
  check(vital::glucose, {{53, 1}, {54, 3}}, with(&limits_context::glucose_unresolved));
  check(vital::glucose, {{400, 2}, {401, 1}}, with(&limits_context::ketones));
  check(vital::peak_flow, {{49, 1}, {50, 2}, {75, 2}, {76, 3}, {80, 3}, {81, none}});
}

TEST_CASE("pressure as a pair, and in pregnancy") {
  limits_context about;
  CHECK(pressure_level(118, 76, about).value_or(none) == none);
  CHECK(pressure_level(150, 121, about).value_or(none) == 2);
  CHECK(pressure_level(185, 70, about).value_or(none) == 2);
  about.pregnant = true;
  CHECK(pressure_level(139, 89, about).value_or(none) == none);
  CHECK(pressure_level(140, 80, about).value_or(none) == 3);
  CHECK(pressure_level(130, 90, about).value_or(none) == 3);
  CHECK(pressure_level(159, 109, about).value_or(none) == 3);
  CHECK(pressure_level(160, 80, about).value_or(none) == 1);
  CHECK(pressure_level(130, 110, about).value_or(none) == 1);
  about.symptom = true;
  CHECK(pressure_level(140, 80, about).value_or(none) == 2);
}

TEST_CASE("weight: more than two pounds a day, five and more a week") {
  CHECK_FALSE(weight_level(907, 907, false)); // 2.0 lb are 907.18 g
  CHECK(weight_level(908, 908, false) == 3);
  CHECK_FALSE(weight_level(0, 2267, false)); // 5 lb are 2267.96 g
  CHECK(weight_level(0, 2268, false) == 3);
  CHECK(weight_level(0, 2268, true) == 2);
  CHECK(weight_level(908, 908, true) == 3);
  CHECK_FALSE(weight_level(-2000, -4000, true));
}

TEST_CASE("impossible values have no level") {
  struct limits {
    vital which;
    std::int64_t least, most;
  };
  for (const auto& l : {limits{vital::spo2, 30, 100}, limits{vital::heart_rate, 20, 300},
                        limits{vital::systolic, 30, 320}, limits{vital::diastolic, 10, 220},
                        limits{vital::respiration, 2, 90}, limits{vital::temperature, 240, 450},
                        limits{vital::weight, 300, 500'000}, limits{vital::glucose, 10, 1'500}}) {
    CHECK(possible_value(l.which, l.least));
    CHECK(possible_value(l.which, l.most));
    CHECK_FALSE(possible_value(l.which, l.least - 1));
    CHECK_FALSE(possible_value(l.which, l.most + 1));
    CHECK_FALSE(limit_level(l.which, l.least - 1, {}));
    CHECK_FALSE(limit_level(l.which, -1, {}));
  }
  CHECK(possible_pressure(121, 120));
  CHECK_FALSE(possible_pressure(120, 120));
  CHECK_FALSE(pressure_level(80, 200, {}));
}

} // namespace wardline::clinical
