#pragma once
#include "founding.hpp"
#include "handles.hpp"
#include "ports/journal.hpp"
#include "ports/random.hpp"
#include "ports/second_factor.hpp"
#include "registry.hpp"
#include "rules/duty_plan.hpp"
#include "rules/pending_turns.hpp"
#include "stored.hpp"
#include "submission.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <caf/typed_response_promise.hpp>
#include <deque>
#include <map>

namespace wardline {

/// Changes of identity that wait for the one being committed.
inline constexpr std::size_t changes_waiting_max = 256;
/// Conversation actors alive at a time; further ones are refused as not_found until idle ones have gone.
inline constexpr std::size_t conversations_open_max = 65'536;
/// Conversations and users without a request for this long are let go; their next request spawns them again.
inline constexpr std::uint64_t idle_children_ms_max = 600'000;

/// A device that was turned out while it was connected hears why before its plugin's key goes. Its channel is
/// over at once; it is the plugin's connection that lasts so long.
inline constexpr std::uint64_t last_word_ms = 2'000;

/// What waits for a member's hands is told to one at once, to the others after this, and again and again.
inline constexpr std::uint64_t tell_others_ms = 2'000;
inline constexpr std::uint64_t tell_again_ms = 10'000;

/// Ed25519 by the order key that the server's certificate names, over exactly these bytes. The key itself
/// stays with main.
using order_signer = std::function<signature64(bytes_view)>;

/// What main gives `directory`; everything pointed to outlives every actor.
struct directory_surroundings {
  const ports::reader* rows = nullptr;
  ports::random* random = nullptr;
  ports::journal* journal = nullptr;
  ports::link* link = nullptr;
  std::shared_ptr<rules::clinic_board> board;
  const rules::duty_board* duty = nullptr;
  store_actor store;
  password_actor passwords;
  ports::second_factor* factors = nullptr;
  std::shared_ptr<waiting_line> line; ///< for all password work of the house
  make_user make_user_actor;
  make_conversation make_conversation_actor;
  std::optional<founding> first; ///< ingested if the store has no clinic yet
  incarnation_id first_incarnation;
  time_ms start = 0; ///< wall clock
  std::size_t conversations_open = conversations_open_max;
  order_signer sign_order; ///< unset: no wipe orders are sent
};

/// Knows people, devices and parties, and who is connected. Changes of identity are committed one at a time,
/// so that each is decided on what is durable; everything else is a look at what is known or is handed on to
/// a child.
struct directory_state {
  static inline const char* name = "directory";

  template <class Handle>
  struct child {
    Handle handle;
    std::uint64_t last_used = 0; ///< steady time of the last tick before its last request
  };
  /// What waits for a member's hands: a turn of the party (no device), or a pack for this device.
  struct told {
    std::uint64_t next = 0; ///< steady: when the members are told again
    device_id first;        ///< who was told at once
    bool others_told = false;
  };
  using chore = std::pair<party_id, device_id>;
  struct waiting_change {
    ask_directory asked;
    caf::typed_response_promise<outcome> answer;
    std::optional<admin::set_gate> brake{}; // instead of what a device asks
  };

  directory_actor::pointer self = nullptr;
  directory_surroundings with;
  registry known;
  std::deque<waiting_change> waiting; // the front one is being decided or committed
  /// However this actor ends, its children end with it: one that keeps an answer back for somebody holds
  /// itself.
  ~directory_state();

  std::map<conversation_id, child<conversation_actor>> conversations;
  std::map<user_id, child<user_actor>> users;
  std::map<device_id, session_online> online;
  std::map<device_id, rules::session_use> used; // one a device that has a session; idle counts in memory
  std::uint64_t steady = 0;
  time_ms wall = 0;                     // of the last tick or change
  std::optional<time_ms> snapshot_ends; // the next end of a grant
  std::vector<rules::pending_turn> turns;
  std::map<std::pair<party_id, device_id>, time_ms> waiting_since; // of a turn: to be added or removed
  std::map<chore, told> tellings;
  std::vector<std::pair<std::uint64_t, public_key>> keys_going; // steady: when they are forbidden

  caf::result<outcome> on(ask_directory& m);
  caf::result<outcome> on(const gate_devices& m);
  caf::result<outcome> on(const apply_act& m);
  // directory_sessions.cpp: people and the devices they are logged in on
  caf::result<outcome> on(sign_in& m);
  caf::result<outcome> on(resume& m);
  caf::result<outcome> on(const sign_off& m);
  caf::result<outcome> on(const ask_user& m);
  void on(const session_used& m);
  void on(const session_online& m);
  void on(const session_offline& m);
  void on(const fan_out& m);
  void on(const tick& m);
  woken on(const wake_up& m);
  void down(const caf::down_msg& m);

  /// The conversation's actor, spawned if need be; none if there is no such conversation.
  conversation_actor conversation(const conversation_id& id);

  /// The child answers the asker itself. What does not exist is refused as what the asker is not in.
  template <class Request>
  caf::result<outcome> hand_on(const conversation_id& to, Request asked) {
    auto open = conversation(to);
    if (!open)
      return refused(refusal::not_found);
    return self->delegate(open, std::move(asked));
  }

  user_actor user(const user_id& id);
  /// Allows the CURVE keys of earlier invitations and shows the snapshot.
  void open_house();
  void found();

  // ---- directory_news.cpp
  /// Shows everybody what is known now, and tells members what waits for them.
  void show_snapshot(time_ms now);
  /// The channel of a device that was turned out carries a wipe order, and ends.
  void end_channel_of(const turned_out& gone);
  void forbid_keys();
  /// What an accepted object does beyond its rows.
  void after_submission(const submitted_change& done);
  outcome list_pending(const device_id& d, time_ms now) const;
  /// A member whose packs do not reach back as far as its invitation says: because a giver has left since, or
  /// had too little herself. Kept in memory: a device asks again after each log-in. not_found: not a member;
  /// key_list_not_allowed: it may read nothing from before.
  outcome want_pack(const caller& who, const party_id& party, time_ms now);
  void on_tick_of_news();

private:
  outcome look_up(const ask_directory& m);
  caf::result<outcome> wait_in_line(waiting_change next);
  void decide_next();
  void decide(const waiting_change& next);
  void hash_then_enrol(const waiting_change& next);
  void settle(verdict v) { settle(submitted_change{std::move(v)}); }
  void settle(submitted_change change);
  void finish(const outcome& answer);
  void stop_on_unknown(const caf::error& e);
  void allow_keys();
  void gather_chores(time_ms now);
  void tell_at_once(const chore& what);
  void add_row(wire::device::pending& to, const chore& what) const;
  std::vector<device_id> hands_for(const chore& what) const;
  std::vector<device_id> waiting_at(const caller& who, const party_id& party) const;
  void deliver_to(const device_id& d, const wire::device::from_daemon& news);
  void cut_if_gated();
  void gather_woken(const rules::wake_target& target, const wake_up& m, std::set<device_id>& out) const;
};

/// `start` was loaded from the store; an unfounded one answers nobody (founding happens before, in
/// house.cpp).
directory_actor::behavior_type directory(directory_actor::stateful_pointer<directory_state> self,
                                         directory_surroundings with, registry start);

} // namespace wardline
