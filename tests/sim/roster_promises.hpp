#pragma once
// What must be true of parties and devices when the faults have stopped and time has gone by.
#include "roster_acts.hpp"

namespace wardline::sim {

/// Everybody is online and logged in, nothing waits anywhere, every member holds its heads. Broken: it does
/// not come to that.
void come_to_rest(clinic_world& w);

/// One head a party: the same at the daemon and at every member, and exactly who belongs there is in it.
void check_heads(clinic_world& w, const roster_acts& roster);

/// Who was revoked is out everywhere and has no channel.
void check_turned_out(clinic_world& w);

/// How many links stand, and how many were staged in vain.
void count_turns(clinic_world& w);

} // namespace wardline::sim
