#pragma once

namespace wardline {

/// No core file and no debugger of the same user: both would show keys (security 5.3, e2ee 2.4). The first
/// thing that every program which holds keys does; for this process only, an exec begins anew.
void keep_memory_private();

} // namespace wardline
