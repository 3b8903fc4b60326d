#include "clinical/vital_limits.hpp"
#include <algorithm>
#include <iterator>

namespace wardline::clinical {

namespace {

struct range {
  std::int64_t least, most;
};

range possible_range(vital which) {
  switch (which) {
  case vital::spo2:
    return {30, 100};
  case vital::systolic:
    return {30, 320};
  case vital::diastolic:
    return {10, 220};
  case vital::heart_rate:
    return {20, 300};
  case vital::respiration:
    return {2, 90};
  case vital::temperature:
    return {240, 450};
  case vital::glucose:
    return {10, 1'500};
  case vital::weight:
    return {300, 500'000};
  case vital::peak_flow:
    return {1, 200};
  }
  return {1, 0};
}

/// From below and from above, the most urgent first: at most `low` or at least `high`.
struct band {
  int level;
  std::optional<std::int64_t> low, high;
};

template <std::size_t N>
std::optional<int> level_in(const band (&bands)[N], std::int64_t value) {
  auto at = std::find_if(std::begin(bands), std::end(bands), [&](const band& b) {
    return (b.low && value <= *b.low) || (b.high && value >= *b.high);
  });
  return at == std::end(bands) ? std::nullopt : std::optional{at->level};
}

std::optional<int> spo2_level(std::int64_t value, bool scale_2) {
  static constexpr band scale_1_bands[] = {{1, 87, {}}, {2, 91, {}}, {3, 93, {}}};
  static constexpr band scale_2_bands[] = {{1, 83, {}}, {2, 85, {}}, {3, 87, {}}};
  return scale_2 ? level_in(scale_2_bands, value) : level_in(scale_1_bands, value);
}

std::optional<int> systolic_level(std::int64_t value, bool symptom) {
  static constexpr band bands[] = {{1, 80, 220}, {2, 90, 180}, {3, 100, 160}};
  constexpr std::int64_t with_symptom_min = 180;
  return symptom && value >= with_symptom_min ? 1 : level_in(bands, value);
}

std::optional<int> diastolic_level(std::int64_t value, bool symptom) {
  static constexpr band bands[] = {{2, {}, 120}, {3, {}, 100}};
  constexpr std::int64_t with_symptom_min = 120;
  return symptom && value >= with_symptom_min ? 1 : level_in(bands, value);
}

std::optional<int> temperature_level(std::int64_t tenths, const limits_context& about) {
  static constexpr band bands[] = {{1, 340, 405}, {2, 350, 391}, {3, {}, 381}};
  constexpr std::int64_t fever_min = 380;
  bool no_fever_allowed = about.under_3_months || about.neutropenic;
  return no_fever_allowed && tenths >= fever_min ? 1 : level_in(bands, tenths);
}

std::optional<int> glucose_level(std::int64_t value, const limits_context& about) {
  constexpr std::int64_t low = 54, high_with_ketones = 401;
  if ((value < low && about.glucose_unresolved) || (value >= high_with_ketones && about.ketones))
    return 1;
  static constexpr band bands[] = {{2, 53, 300}, {3, 69, 250}};
  return level_in(bands, value);
}

} // namespace

bool possible_value(vital which, std::int64_t value) {
  auto r = possible_range(which);
  return value >= r.least && value <= r.most;
}

bool possible_pressure(std::int64_t systolic, std::int64_t diastolic) {
  return possible_value(vital::systolic, systolic) && possible_value(vital::diastolic, diastolic) &&
         systolic > diastolic;
}

std::optional<int> limit_level(vital which, std::int64_t value, const limits_context& about) {
  static constexpr band heart_bands[] = {{1, 35, 150}, {2, 40, 131}, {3, 50, 111}};
  static constexpr band respiration_bands[] = {{1, 8, 30}, {2, {}, 25}, {3, 11, 21}};
  static constexpr band peak_flow_bands[] = {{1, 49, {}}, {2, 75, {}}, {3, 80, {}}};
  if (!possible_value(which, value))
    return std::nullopt;
  switch (which) {
  case vital::spo2:
    return spo2_level(value, about.spo2_scale_2);
  case vital::systolic:
    return systolic_level(value, about.symptom);
  case vital::diastolic:
    return diastolic_level(value, about.symptom);
  case vital::heart_rate:
    return level_in(heart_bands, value);
  case vital::respiration:
    return level_in(respiration_bands, value);
  case vital::temperature:
    return temperature_level(value, about);
  case vital::glucose:
    return glucose_level(value, about);
  case vital::peak_flow:
    return level_in(peak_flow_bands, value);
  case vital::weight:
    return std::nullopt;
  }
  return std::nullopt;
}

std::optional<int> pressure_level(std::int64_t systolic, std::int64_t diastolic,
                                  const limits_context& about) {
  if (!possible_pressure(systolic, diastolic))
    return std::nullopt;
  auto top = limit_level(vital::systolic, systolic, about),
       bottom = limit_level(vital::diastolic, diastolic, about);
  auto out = top && bottom ? std::optional{std::min(*top, *bottom)} : top ? top : bottom;
  if (!about.pregnant)
    return out;
  constexpr std::int64_t severe_top = 160, severe_bottom = 110, raised_top = 140, raised_bottom = 90;
  std::optional<int> own;
  if (systolic >= severe_top || diastolic >= severe_bottom)
    own = 1;
  else if (systolic >= raised_top || diastolic >= raised_bottom)
    own = about.symptom ? 2 : 3;
  return out && own ? std::optional{std::min(*out, *own)} : own ? own : out;
}

std::optional<int> weight_level(std::int64_t grams_in_a_day, std::int64_t grams_in_a_week, bool symptom) {
  // A pound is 453.59237 g: compare 100 000 times the grams.
  constexpr std::int64_t pound = 45'359'237, scale = 100'000;
  bool week = grams_in_a_week * scale >= 5 * pound;
  bool day = grams_in_a_day * scale > 2 * pound;
  if (week && symptom)
    return 2;
  return week || day ? std::optional{3} : std::nullopt;
}

} // namespace wardline::clinical
