#pragma once
#include "handles.hpp"
#include "people_rows.hpp"
#include "ports/random.hpp"
#include "rules/sign_in_limits.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <map>

namespace wardline {

/// Sessions and limits of one person. Loads rows when asked, so that parking it loses nothing but the count
/// of wrong passwords, which is also a leaf each.
struct user_state {
  static inline const char* name = "user";

  user_actor::pointer self = nullptr;
  user_id user;
  const ports::reader* rows = nullptr; // owned by main, outlives every actor
  ports::random* random = nullptr;     // likewise
  store_actor store;
  password_actor passwords;
  std::map<device_id, rules::tries> tries; // devices of this person and stations: at most tries_kept_max
  std::size_t waiting = 0;                 // passwords being checked

  caf::result<outcome> on(const sign_in& m);
  outcome on(const resume& m) const;
  caf::result<outcome> on(const sign_off& m);

private:
  void admit(const sign_in& m, caf::typed_response_promise<outcome> answer);
  void refuse(const sign_in& m, caf::typed_response_promise<outcome> answer);
};

inline constexpr std::size_t tries_kept_max = 1'024;

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, const user_id& id,
                               const ports::reader* rows, ports::random* random, store_actor store,
                               password_actor passwords);

} // namespace wardline
