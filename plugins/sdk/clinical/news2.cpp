#include "clinical/news2.hpp"
#include "clinical/vital_limits.hpp"
#include <algorithm>
#include <iterator>

namespace wardline::clinical {

namespace {

struct step {
  int up_to; ///< the last value that gets these points
  int points;
};

template <std::size_t N>
int points_of(const step (&steps)[N], int value, int beyond) {
  auto at = std::find_if(std::begin(steps), std::end(steps), [&](const step& s) { return value <= s.up_to; });
  return at == std::end(steps) ? beyond : at->points;
}

constexpr int adult_years_min = 16;

news2_refusal refusal_of(const vital_signs& v, const person_facts& who) {
  if (!who.age_years)
    return news2_refusal::age_unknown;
  if (*who.age_years < adult_years_min)
    return news2_refusal::under_16;
  if (who.pregnant_or_postpartum)
    return news2_refusal::pregnant;
  if (who.spinal_injury_autonomic)
    return news2_refusal::spinal_injury;
  bool possible = (!v.respiration || possible_value(vital::respiration, *v.respiration)) &&
                  (!v.spo2 || possible_value(vital::spo2, *v.spo2)) &&
                  (!v.systolic || possible_value(vital::systolic, *v.systolic)) &&
                  (!v.pulse || possible_value(vital::heart_rate, *v.pulse)) &&
                  (!v.temperature_tenths || possible_value(vital::temperature, *v.temperature_tenths));
  return possible ? news2_refusal::none : news2_refusal::impossible_value;
}

std::optional<int> level_of(const news2_score& s) {
  constexpr int emergency_min = 7, urgent_min = 5, today_min = 3, routine_min = 1;
  if (!s.complete)
    return s.any_three ? std::optional<int>{2} : std::nullopt;
  if (s.total >= emergency_min)
    return 1;
  if (s.total >= urgent_min || s.any_three)
    return 2;
  if (s.total >= today_min)
    return 3;
  return s.total >= routine_min ? std::optional<int>{4} : std::nullopt;
}

} // namespace

int respiration_points(int per_minute) {
  static constexpr step steps[] = {{8, 3}, {11, 1}, {20, 0}, {24, 2}};
  return points_of(steps, per_minute, 3);
}

int spo2_points(int per_cent, bool scale_2, bool on_oxygen) {
  static constexpr step scale_1_steps[] = {{91, 3}, {93, 2}, {95, 1}};
  static constexpr step scale_2_steps[] = {{83, 3}, {85, 2}, {87, 1}, {92, 0}};
  static constexpr step above_target_on_oxygen[] = {{94, 1}, {96, 2}};
  if (!scale_2)
    return points_of(scale_1_steps, per_cent, 0);
  constexpr int target_max = 92;
  if (per_cent > target_max && on_oxygen)
    return points_of(above_target_on_oxygen, per_cent, 3);
  return points_of(scale_2_steps, per_cent, 0);
}

int systolic_points(int mmhg) {
  static constexpr step steps[] = {{90, 3}, {100, 2}, {110, 1}, {219, 0}};
  return points_of(steps, mmhg, 3);
}

int pulse_points(int per_minute) {
  static constexpr step steps[] = {{40, 3}, {50, 1}, {90, 0}, {110, 1}, {130, 2}};
  return points_of(steps, per_minute, 3);
}

int temperature_points(int tenths) {
  static constexpr step steps[] = {{350, 3}, {360, 1}, {380, 0}, {390, 1}};
  return points_of(steps, tenths, 2);
}

int celsius_tenths(int fahrenheit_tenths) {
  auto ninths = (fahrenheit_tenths - 320) * 5; // tenths times nine
  auto twice = 2 * ninths + 9;                 // half up
  return twice >= 0 ? twice / 18 : -((-twice + 17) / 18);
}

news2_score news2(const vital_signs& v, const person_facts& who) {
  news2_score out;
  out.refused = refusal_of(v, who);
  if (out.refused != news2_refusal::none)
    return out;
  out.scale_2 = who.scale_2 && who.scale_2->prescriber != 0 && who.scale_2->date_ms != 0;
  out.complete = true;
  auto add = [&](bool measured, int points) {
    out.complete = out.complete && measured;
    if (!measured)
      return;
    out.total += points;
    out.any_three = out.any_three || points == 3;
  };
  constexpr int oxygen_points = 2, impaired_points = 3;
  add(v.respiration.has_value(), respiration_points(v.respiration.value_or(0)));
  // Above the target of scale 2 the points hang on oxygen: unknown oxygen is then a missing parameter.
  bool oxygen_known = v.on_oxygen.has_value();
  bool spo2_known = v.spo2 && (oxygen_known || !out.scale_2 || *v.spo2 <= 92);
  add(spo2_known, spo2_points(v.spo2.value_or(0), out.scale_2, v.on_oxygen.value_or(false)));
  add(oxygen_known, v.on_oxygen.value_or(false) ? oxygen_points : 0);
  add(v.systolic.has_value(), systolic_points(v.systolic.value_or(0)));
  add(v.pulse.has_value(), pulse_points(v.pulse.value_or(0)));
  add(v.consciousness.has_value(),
      v.consciousness.value_or(acvpu::alert) == acvpu::alert ? 0 : impaired_points);
  add(v.temperature_tenths.has_value(), temperature_points(v.temperature_tenths.value_or(0)));
  out.level = level_of(out);
  return out;
}

} // namespace wardline::clinical
