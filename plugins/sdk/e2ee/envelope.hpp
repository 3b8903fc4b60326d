#pragma once
// The triage envelope of a slip: 40 bytes, signed, clear to the server, nothing clinical in it (e2ee 5.9,
// DESIGN 8).
//
//   u8 version (1) | u8 level | u8 flags | u8 type | u8 scorer | 0^3 | b32 rule-set hash
#include "wire/ids.hpp"

namespace wardline::e2ee {

inline constexpr std::size_t envelope_bytes = 40;      ///< version 1
inline constexpr std::size_t envelope_bytes_max = 255; ///< of any later version: its length is a u8

/// Smaller is more urgent; `unscored` is shown and timed as `today`.
enum class urgency : std::uint8_t { unscored = 0, now, urgent, today, routine, info };

enum class message_type : std::uint8_t {
  unknown = 0, ///< of an envelope that could not be read; never written
  question,
  result,
  refill,
  appointment,
  handoff,
  consult,
  vitals,
  notice,
};

enum class scored_by : std::uint8_t { nobody = 0, rules, person, service };

struct envelope {
  urgency level = urgency::unscored;
  bool needs_ack = false;
  message_type type = message_type::unknown;
  scored_by scorer = scored_by::nobody;
  hash32 rule_set{};
  bool operator==(const envelope&) const = default;
};

bytes encode(const envelope& e);

/// Never a refusal: another version, another length or a value outside its list reads as unscored of unknown
/// type, because an old client carries what a newer one wrote.
envelope read_envelope(bytes_view raw);

/// Unscored counts as `today`.
urgency timed_as(urgency level);

} // namespace wardline::e2ee
