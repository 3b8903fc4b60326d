// Every boundary of every row of the chart, one unit to each side; what is refused; the sum and its level.
#include "clinical/news2.hpp"
#include <catch2/catch.hpp>
#include <functional>

namespace wardline::clinical {

namespace {

struct edge {
  int value, points;
};

void check(const char* name, const std::function<int(int)>& points, const std::vector<edge>& edges) {
  for (const auto& e : edges) {
    INFO(name << " " << e.value);
    CHECK(points(e.value) == e.points);
  }
}

vital_signs well() {
  return {16, 98, false, 120, 70, acvpu::alert, 370};
}
person_facts adult() {
  person_facts out;
  out.age_years = 50;
  return out;
}

} // namespace

TEST_CASE("NEWS2 rows at every boundary") {
  check("respiration", respiration_points,
        {{7, 3},
         {8, 3},
         {9, 1},
         {10, 1},
         {11, 1},
         {12, 0},
         {19, 0},
         {20, 0},
         {21, 2},
         {23, 2},
         {24, 2},
         {25, 3},
         {26, 3}});
  check("scale 1", [](int v) { return spo2_points(v, false, false); },
        {{90, 3}, {91, 3}, {92, 2}, {93, 2}, {94, 1}, {95, 1}, {96, 0}, {97, 0}, {100, 0}});
  check("scale 1 on oxygen", [](int v) { return spo2_points(v, false, true); },
        {{91, 3}, {92, 2}, {93, 2}, {94, 1}, {95, 1}, {96, 0}, {99, 0}});
  check("scale 2 on air", [](int v) { return spo2_points(v, true, false); },
        {{82, 3},
         {83, 3},
         {84, 2},
         {85, 2},
         {86, 1},
         {87, 1},
         {88, 0},
         {92, 0},
         {93, 0},
         {94, 0},
         {96, 0},
         {100, 0}});
  check("scale 2 on oxygen", [](int v) { return spo2_points(v, true, true); },
        {{82, 3},
         {83, 3},
         {84, 2},
         {85, 2},
         {86, 1},
         {87, 1},
         {88, 0},
         {92, 0},
         {93, 1},
         {94, 1},
         {95, 2},
         {96, 2},
         {97, 3},
         {98, 3}});
  check("systolic", systolic_points,
        {{89, 3},
         {90, 3},
         {91, 2},
         {99, 2},
         {100, 2},
         {101, 1},
         {109, 1},
         {110, 1},
         {111, 0},
         {218, 0},
         {219, 0},
         {220, 3},
         {221, 3}});
  check("pulse", pulse_points,
        {{39, 3},
         {40, 3},
         {41, 1},
         {49, 1},
         {50, 1},
         {51, 0},
         {89, 0},
         {90, 0},
         {91, 1},
         {109, 1},
         {110, 1},
         {111, 2},
         {129, 2},
         {130, 2},
         {131, 3},
         {132, 3}});
  check("temperature", temperature_points,
        {{349, 3},
         {350, 3},
         {351, 1},
         {359, 1},
         {360, 1},
         {361, 0},
         {379, 0},
         {380, 0},
         {381, 1},
         {389, 1},
         {390, 1},
         {391, 2},
         {392, 2}});
}

TEST_CASE("Fahrenheit is rounded half up to tenths of Celsius") {
  CHECK(celsius_tenths(969) == 361); // 36.06
  CHECK(celsius_tenths(986) == 370);
  CHECK(celsius_tenths(1004) == 380);
  CHECK(celsius_tenths(1003) == 379); // 37.94
  CHECK(celsius_tenths(320) == 0);
  CHECK(celsius_tenths(311) == -5);
  for (int f = 900; f <= 1100; ++f) { // the same by another way: hundredths, then rounded
    int hundredths = (f - 320) * 50;  // nine times
    CHECK(celsius_tenths(f) == (hundredths + 45) / 90);
  }
}

TEST_CASE("scale 2 only by a recorded order") {
  auto v = well();
  v.spo2 = 90;
  auto who = adult();
  CHECK(news2(v, who).total == 3);
  who.scale_2 = scale_2_order{};
  CHECK_FALSE(news2(v, who).scale_2);
  who.scale_2 = scale_2_order{7, 0};
  CHECK_FALSE(news2(v, who).scale_2);
  who.scale_2 = scale_2_order{0, 1};
  CHECK_FALSE(news2(v, who).scale_2);
  who.scale_2 = scale_2_order{7, 1};
  CHECK(news2(v, who).scale_2);
  CHECK(news2(v, who).total == 0);
}

TEST_CASE(
    "no score without the seven, for children, in pregnancy, after a spinal injury, or of what cannot be") {
  auto who = adult();
  CHECK(news2(well(), who).complete);
  auto missing = [&](auto change) {
    auto v = well();
    change(v);
    auto s = news2(v, who);
    CHECK_FALSE(s.complete);
    CHECK_FALSE(s.level);
  };
  missing([](vital_signs& v) { v.respiration.reset(); });
  missing([](vital_signs& v) { v.spo2.reset(); });
  missing([](vital_signs& v) { v.on_oxygen.reset(); });
  missing([](vital_signs& v) { v.systolic.reset(); });
  missing([](vital_signs& v) { v.pulse.reset(); });
  missing([](vital_signs& v) { v.consciousness.reset(); });
  missing([](vital_signs& v) { v.temperature_tenths.reset(); });

  who.age_years = 15;
  CHECK(news2(well(), who).refused == news2_refusal::under_16);
  who.age_years = 16;
  CHECK(news2(well(), who).refused == news2_refusal::none);
  who.age_years.reset();
  CHECK(news2(well(), who).refused == news2_refusal::age_unknown);
  who = adult();
  who.pregnant_or_postpartum = true;
  CHECK(news2(well(), who).refused == news2_refusal::pregnant);
  who = adult();
  who.spinal_injury_autonomic = true;
  CHECK(news2(well(), who).refused == news2_refusal::spinal_injury);
  auto v = well();
  v.spo2 = 101;
  CHECK(news2(v, adult()).refused == news2_refusal::impossible_value);
}

TEST_CASE("the sum and its level") {
  auto who = adult();
  CHECK_FALSE(news2(well(), who).level);
  auto with = [&](auto change) {
    auto v = well();
    change(v);
    return news2(v, who);
  };
  CHECK(with([](auto& v) { v.pulse = 95; }).level == 4);                              // 1
  CHECK(with([](auto& v) { v.pulse = 115; }).level == 4);                             // 2
  CHECK(with([](auto& v) { v.pulse = 115, v.temperature_tenths = 385; }).level == 3); // 3
  CHECK(with([](auto& v) { v.pulse = 115, v.respiration = 22; }).level == 3);         // 4
  auto five = with([](auto& v) { v.pulse = 115, v.respiration = 22, v.temperature_tenths = 385; });
  CHECK(five.total == 5);
  CHECK(five.level == 2);
  CHECK(with([](auto& v) { v.pulse = 115, v.respiration = 22, v.temperature_tenths = 391; }).level == 2); // 6
  CHECK(with([](auto& v) {
          v.pulse = 115, v.respiration = 22, v.temperature_tenths = 391, v.systolic = 110;
        }).level == 1);
  auto red = with([](auto& v) { v.consciousness = acvpu::confusion; });
  CHECK(red.total == 3);
  CHECK(red.any_three);
  CHECK(red.level == 2);
  CHECK(with([](auto& v) { v.on_oxygen = true; }).total == 2);
  // An incomplete set: at least this much, and only a single red says anything.
  auto part = with([](auto& v) { v.temperature_tenths.reset(), v.respiration = 30, v.pulse = 115; });
  CHECK_FALSE(part.complete);
  CHECK(part.total == 5);
  CHECK(part.level == 2);
  // 17, as of a message with every row but one at its worst.
  vital_signs worst{26, 90, true, 89, 135, acvpu::voice, 370};
  CHECK(news2(worst, who).total == 17);
  worst.on_oxygen.reset();
  CHECK_FALSE(news2(worst, who).complete);
  worst = {30, 85, true, 80, 140, acvpu::unresponsive, 340};
  CHECK(news2(worst, who).total == 20);
}

} // namespace wardline::clinical
