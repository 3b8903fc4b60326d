#pragma once
#include <string>

namespace wardline::daemon {

/// Says "READY=1" and the like to whoever started this program (sd_notify; NOTIFY_SOCKET). Silent where
/// nobody asks.
void notify_starter(const std::string& state);

} // namespace wardline::daemon
