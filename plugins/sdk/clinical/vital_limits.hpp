#pragma once
// Default limits of single vital signs for monitoring at home (clinical guide 3.3), and which values cannot
// be (3.4). Defaults that a clinic's medical lead must approve; each can be set otherwise for a patient.
// Bands from NEWS2 and NICE NG143; those from AHA, ADA, GINA and ACOG are not verified. Pure, integers;
// debounce, trends and clocks are the vitals plugin's.
#include <cstdint>
#include <optional>

namespace wardline::clinical {

/// Units: spo2 %, systolic and diastolic mmHg, heart_rate and respiration a minute, temperature tenths of a
/// degree Celsius, glucose mg/dL, weight grams, peak_flow per cent of the personal best.
enum class vital : std::uint8_t {
  spo2,
  systolic,
  diastolic,
  heart_rate,
  respiration,
  temperature,
  glucose,
  weight,
  peak_flow
};

/// False: quarantine it and ask for another reading; it is never silently dropped or scored.
bool possible_value(vital which, std::int64_t value);
/// Systolic at most diastolic is impossible.
bool possible_pressure(std::int64_t systolic, std::int64_t diastolic);

struct limits_context {
  bool spo2_scale_2 = false;       ///< by recorded order only (news2.hpp)
  bool symptom = false;            ///< the patient reports one with it
  bool under_3_months = false;     ///< of age
  bool neutropenic = false;        ///< or chemotherapy
  bool pregnant = false;           ///< or up to six weeks after a birth: pressure has its own limits
  bool ketones = false;            ///< with glucose
  bool glucose_unresolved = false; ///< low before and still low
};

/// 1 to 3, or nothing: within limits. Impossible values and weight (a trend, see weight_level) give nothing.
std::optional<int> limit_level(vital which, std::int64_t value, const limits_context& about);
/// Both numbers of one reading, the more urgent of them; in pregnancy 160/110 is 1, 140/90 is 3 and with a
/// symptom 2.
std::optional<int> pressure_level(std::int64_t systolic, std::int64_t diastolic, const limits_context& about);
/// Gain in grams within a day and within seven days, for heart failure: more than 2 lb a day or 5 lb and more
/// a week is 3; the week's with a symptom is 2. Compared exactly: 2 lb are 907.18474 g.
std::optional<int> weight_level(std::int64_t grams_in_a_day, std::int64_t grams_in_a_week, bool symptom);

} // namespace wardline::clinical
