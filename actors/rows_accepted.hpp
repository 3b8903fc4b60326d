#pragma once
// The administrator of the box goes on with a store whose rows were changed behind the daemon's back.
#include "ports/random.hpp"
#include "ports/storage.hpp"
#include "wire/refusals.hpp"

namespace wardline {

/// One leaf, before anybody is served; the sum of the rows as they are is committed with it. A crash before:
/// the next start refuses again. Refuses: storage_refused, and what load_store refuses.
refusal note_rows_accepted(ports::storage& disk, ports::random& dice, time_ms now);

} // namespace wardline
