#pragma once
// One store speaks for a device (e2ee 11, rule 4): two would reuse keys and fork.
#include "verdict.hpp"

namespace wardline {

/// This is the store that was seen first: nothing to decide.
bool is_own_store(const ports::reader& rows, const wire::device::hello& m);

/// The first channel of a device names its store; another one gates the device: store_copied, one leaf.
verdict decide_store(const circumstances& c, const caller& who, const wire::device::hello& m);

} // namespace wardline
