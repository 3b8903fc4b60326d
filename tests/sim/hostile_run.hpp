#pragma once
// A daemon that was taken over, against real devices: it may delay and reorder, it may not substitute, roll
// back or split without being called by name.
#include "clinic_run.hpp"

namespace wardline::sim {

/// Every third seed is a whole clinic_run with roster changes whose answers and news are held back and
/// reordered: all promises hold. The others tell one lie to one device, each lie in its turn: that device
/// names it, believes nothing of it, and (after all but a split log) is whole again once the daemon tells the
/// truth.
run_report run_hostile(const run_settings& settings, const std::filesystem::path& folder);

} // namespace wardline::sim
