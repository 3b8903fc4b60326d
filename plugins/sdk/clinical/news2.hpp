#pragma once
// NEWS2 (Royal College of Physicians, National Early Warning Score 2, 2017): integers only, refused where it
// does not hold. Pure; for services that hold vital signs. No clinician of this project has reviewed it.
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace wardline::clinical {

/// Alert, new confusion, responds to voice, to pain, not at all.
enum class acvpu : std::uint8_t { alert, confusion, voice, pain, unresponsive };

/// A clinician's recorded order for SpO2 scale 2: hypercapnic respiratory failure, target 88 to 92 %. Nothing
/// else may choose that scale.
struct scale_2_order {
  std::int64_t prescriber = 0; ///< who; 0 = nobody, and then the order does not count
  std::int64_t date_ms = 0;    ///< when; 0 = unknown, and then it does not count
};

/// What was measured; nothing = not measured.
struct vital_signs {
  std::optional<int> respiration;        ///< breaths a minute
  std::optional<int> spo2;               ///< per cent
  std::optional<bool> on_oxygen;         ///< any supplementary oxygen
  std::optional<int> systolic;           ///< mmHg
  std::optional<int> pulse;              ///< beats a minute
  std::optional<acvpu> consciousness;    ///< acvpu::confusion: new confusion only
  std::optional<int> temperature_tenths; ///< tenths of a degree Celsius
};

struct person_facts {
  std::optional<int> age_years;
  bool pregnant_or_postpartum = false;  ///< up to six weeks after a birth
  bool spinal_injury_autonomic = false; ///< autonomic disturbance after a spinal injury
  std::optional<scale_2_order> scale_2; ///< none: scale 1
};

enum class news2_refusal : std::uint8_t {
  none,
  under_16,
  age_unknown,
  pregnant,
  spinal_injury,
  impossible_value
};

struct news2_score {
  news2_refusal refused = news2_refusal::none; ///< then nothing else holds
  bool complete = false;                       ///< all seven were there: `total` is the score
  int total = 0;          ///< 0 to 20; of an incomplete set "at least this", never a total
  bool any_three = false; ///< a single parameter at 3
  bool scale_2 = false;
  /// 1 to 4; nothing = no item. Incomplete sets: only what a single red parameter says.
  std::optional<int> level;
};

news2_score news2(const vital_signs& measured, const person_facts& who);

/// Tenths of a degree Celsius of tenths of a degree Fahrenheit, rounded half up: 96.9 F is 36.1 C.
int celsius_tenths(int fahrenheit_tenths);

/// One row of the chart each, 0 to 3.
int respiration_points(int per_minute);
int spo2_points(int per_cent, bool scale_2, bool on_oxygen);
int systolic_points(int mmhg);
int pulse_points(int per_minute);
int temperature_points(int tenths);

} // namespace wardline::clinical
