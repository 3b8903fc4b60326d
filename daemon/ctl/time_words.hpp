#pragma once
// Times and sizes as administrators read them.
#include "wire/ids.hpp"
#include <string>

namespace wardline::ctl {

/// "2026-11-26 14:05:09 UTC"
std::string utc_time(time_ms at);
/// "3 days 4 h", "5 min 2 s": the two largest parts.
std::string duration(time_ms ms);
/// "1.5 GiB"
std::string bytes_text(std::uint64_t bytes);

} // namespace wardline::ctl
