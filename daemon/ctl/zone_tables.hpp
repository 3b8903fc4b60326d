#pragma once
// Time zones of this machine as tables: what rules/roster.hpp counts with.
#include "rules/roster.hpp"

namespace wardline::ctl {

/// Years of changes behind now that a table holds: the roster's horizon, and a long time without a restart.
inline constexpr unsigned zone_years_ahead = 10;

/// Nothing if this machine's zone data (package tzdata) has no such zone.
std::optional<rules::zone> zone_table(const std::string& name, time_ms now);

} // namespace wardline::ctl
