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

/// Devices whose wrong passwords one person's actor remembers; the others' stand in their rows.
inline constexpr std::size_t tries_kept_max = 1'024;

/// Sessions and limits of one person. Loads rows when asked, so that parking it loses nothing. The actor of
/// user none stands in for everybody who does not exist: same work, same throttling, same answer.
struct user_state {
  static inline const char* name = "user";

  user_actor::pointer self = nullptr;
  user_id user;
  const ports::reader* rows = nullptr; // owned by main, outlives every actor
  ports::random* random = nullptr;     // likewise
  store_actor store;
  password_actor passwords;
  std::map<device_id, rules::tries> tries; // those being checked count as wrong until they prove right
  std::size_t waiting = 0;                 // passwords being checked

  caf::result<outcome> on(sign_in& m);
  outcome on(const resume& m) const;
  caf::result<outcome> on(const sign_off& m);

private:
  rules::tries& tries_of(const device_id& d);
  void take_back(const device_id& d);
  void admit(const sign_in& m, caf::typed_response_promise<outcome> answer);
  void refuse(const sign_in& m, caf::typed_response_promise<outcome> answer);
};

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, const user_id& id,
                               const ports::reader* rows, ports::random* random, store_actor store,
                               password_actor passwords);

} // namespace wardline
