#pragma once
#include "handles.hpp"
#include "ports/passwords.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace wardline {

/// Does one Argon2 at a time on its own thread (detached in main, plain in tests). How many wait is bounded
/// by the places their messages hold: sign_ins_waiting_max of each user, passwords_waiting_max of the house.
struct password_worker_state {
  static inline const char* name = "password_worker";
  ports::passwords* passwords = nullptr; // owned by main, outlives every actor
};

password_actor::behavior_type password_worker(password_actor::stateful_pointer<password_worker_state> self,
                                              ports::passwords* passwords);

} // namespace wardline
