#pragma once
// The two words in which handles are written, and refusals as CAF errors. The only place to change for CAF
// 0.18.
#include "wire/refusals.hpp"
#include <caf/error.hpp>
#include <caf/make_message.hpp>
#include <caf/replies_to.hpp>

namespace wardline {

template <class In, class Out>
using answers = typename caf::replies_to<In>::template with<Out>; // 0.18: caf::result<Out>(In)

template <class In>
using takes = caf::reacts_to<In>; // 0.18: caf::result<void>(In)

} // namespace wardline

// CAF 0.17 carries an error code in 8 bits.
static_assert(static_cast<unsigned>(wardline::refusal::precondition_failed) <= 255);
CAF_ERROR_CODE_ENUM(wardline::refusal, "refusal")
