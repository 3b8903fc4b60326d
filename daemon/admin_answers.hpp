#pragma once
// From a frame of the admin socket to the `admin` actor and back.
#include "handles.hpp"
#include "ports/clock.hpp"
#include <caf/actor_system.hpp>

namespace wardline::daemon {

/// Called on the socket's thread. Whatever is wrong with the frame is said in the answer.
bytes answer_admin(caf::actor_system& system, const admin_actor& admin, const ports::clock& clock,
                   bytes_view frame);

} // namespace wardline::daemon
