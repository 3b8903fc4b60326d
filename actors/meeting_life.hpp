#pragma once
// A device that was last here in an earlier life of the store (e2ee 6.6).
#include "verdict.hpp"

namespace wardline {

/// The entries that opened the lives since. If the device had seen more than came back, the log says so
/// first, once for each device. Refusals: other_incarnation (there was no restore), value_not_openable.
verdict decide_meet_life(const circumstances& c, const caller& who, const wire::device::meet_life& m);

} // namespace wardline
