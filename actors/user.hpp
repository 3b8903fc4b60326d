#pragma once
#include "handles.hpp"
#include "people_rows.hpp"
#include "ports/journal.hpp"
#include "ports/random.hpp"
#include "ports/second_factor.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <map>

namespace wardline {

/// Devices whose wrong passwords one person's actor remembers; the others' stand in their rows.
inline constexpr std::size_t tries_kept_max = 1'024;

/// What a user works with. Everything pointed to outlives every actor.
struct user_parts {
  const ports::reader* rows = nullptr;
  ports::random* random = nullptr;
  ports::journal* journal = nullptr;
  ports::second_factor* factors = nullptr;
  store_actor store;
  password_actor passwords;
  std::shared_ptr<waiting_line> line; ///< for all password work of the house
};

/// Sessions and limits of one person. Loads rows when asked, so that parking it loses nothing. The actor of
/// user none stands in for everybody who does not exist: same work, same throttling, same answer.
struct user_state {
  static inline const char* name = "user";

  user_actor::pointer self = nullptr;
  user_id user;
  user_parts with;
  std::map<device_id, rules::tries> tries; // those being checked count as wrong until they prove right
  /// Passwords being checked.
  std::shared_ptr<waiting_line> line = std::make_shared<waiting_line>(rules::sign_ins_waiting_max);

  // user.cpp: log-in and log-off
  caf::result<outcome> on(const sign_in& m);
  outcome on(const resume& m) const;
  caf::result<outcome> on(const sign_off& m);
  // user_factor.cpp: the second factor, and the lock share
  caf::result<outcome> on(const ask_user& m);

private:
  using promise = caf::typed_response_promise<outcome>;
  static void deliver(promise to, outcome o) { to.deliver(std::move(o)); }
  /// A second factor as given, against the row; what the row is once it is used.
  struct checked_factor {
    bool right = false;
    rows::second_factor next;
    bytes stored; ///< empty: there is none
  };

  rules::tries& tries_of(const caller& who);
  [[nodiscard]] time_ms next_try_at(const rules::tries& t) const;
  void take_back(const device_id& d);
  void judge(const sign_in& m, bool right_password, promise answer);
  void admit(const sign_in& m, const checked_factor& factor, promise answer);
  void refuse(const sign_in& m, promise answer);
  void sign_off_again(const sign_off& m, promise answer);
  /// The row of wrong tries on this device, and that of strange ones, as they are now.
  void count(act& a, const caller& who, const rules::tries& t, time_ms now) const;

  [[nodiscard]] checked_factor check_factor(const held_text& given, time_ms now) const;
  static void put_factor(act& a, const user_id& user, const checked_factor& factor);
  void answer(const ask_user& m, const prove_again& what, promise then);
  void answer(const ask_user& m, const make_codes& what, promise then);
  void answer(const ask_user& m, const set_factor& what, promise then);
  void answer(const ask_user& m, const share_stored& what, promise then);
  /// Commits one act, then answers; a row that changed meanwhile is looked at again.
  void commit(act a, const ask_user& m, outcome answer, promise then);
};

/// One act of a person, for its leaf.
act act_of(rules::audit_kind kind, const caller& who, const user_id& user, time_ms now);

user_actor::behavior_type user(user_actor::stateful_pointer<user_state> self, const user_id& id,
                               user_parts with);

} // namespace wardline
