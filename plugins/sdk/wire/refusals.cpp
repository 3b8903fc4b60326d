#include "wire/refusals.hpp"

namespace wardline {

std::string_view name_of(refusal why) {
  switch (why) {
  case refusal::none:
    return "none";
#define WARDLINE_REFUSAL(number, name, sentence)                                                             \
  case refusal::name:                                                                                        \
    return #name;
#include "wire/refusals.def"
#undef WARDLINE_REFUSAL
  }
  return "unknown_refusal";
}

std::string_view sentence_of(refusal why) {
  switch (why) {
  case refusal::none:
    return "";
#define WARDLINE_REFUSAL(number, name, sentence)                                                             \
  case refusal::name:                                                                                        \
    return sentence;
#include "wire/refusals.def"
#undef WARDLINE_REFUSAL
  }
  return "The server refused this for a reason that this version does not know. Update Wardline.";
}

refusal refusal_from_number(std::uint32_t number) {
  switch (number) {
#define WARDLINE_REFUSAL(number_, name, sentence)                                                            \
  case number_:                                                                                              \
    return refusal::name;
#include "wire/refusals.def"
#undef WARDLINE_REFUSAL
  default:
    return refusal::malformed_request;
  }
}

} // namespace wardline
