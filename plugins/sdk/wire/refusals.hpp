#pragma once
// Refusals: why something was not done. Generated from refusals.def.
#include <cstdint>
#include <string>
#include <string_view>

namespace wardline {

enum class refusal : std::uint16_t {
  none = 0,
#define WARDLINE_REFUSAL(number, name, sentence) name = number,
#include "wire/refusals.def"
#undef WARDLINE_REFUSAL
};

/// The name as it stands in journals and tests; "unknown_refusal" for a number of a newer version.
std::string_view name_of(refusal why);

/// One plain sentence for people: what happened, what to do next.
std::string_view sentence_of(refusal why);

/// The refusal with this number, `malformed_request` if there is none (a newer peer).
refusal refusal_from_number(std::uint32_t number);

/// CAF's error type asks for this name.
inline std::string to_string(refusal why) {
  return std::string{name_of(why)};
}

} // namespace wardline
