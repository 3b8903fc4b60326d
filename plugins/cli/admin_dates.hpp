#pragma once
// Days as people type them.
#include "wire/ids.hpp"

namespace wardline::cli {

/// "2026-03-01" -> its first millisecond, UTC. Nothing for anything else.
std::optional<time_ms> read_date(const std::string& word);

} // namespace wardline::cli
