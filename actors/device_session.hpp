#pragma once
#include "e2ee/slip.hpp"
#include "handles.hpp"
#include "ports/journal.hpp"
#include "wire/channel.hpp"
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>
#include <set>

namespace wardline {

/// Requests of one kind (ShowInvitation, Enrol) on one channel; one more ends it: codes are not for guessing.
inline constexpr unsigned enrolling_requests_max = 2;
/// Milliseconds from the handshake until the device has said Hello, or has enrolled.
inline constexpr std::uint64_t hello_within_ms_max = 15 * 60'000;
/// Milliseconds that a handshake waits for the newest checkpoint; then it is answered without one.
inline constexpr std::uint64_t hello_checkpoint_ms_max = 1'000;

/// What a session works with. Pointers are main's and outlive every actor.
struct session_parts {
  const rules::clinic_board* board = nullptr;
  std::shared_ptr<const wire::noise_key_pair> noise; ///< the daemon's, as certified
  directory_actor directory;
  audit_actor audit;
  triage_actor triage;
  ports::journal* journal = nullptr;
  attachments_actor attachments{};
  std::shared_ptr<waiting_line> chunk_line{}; ///< chunks_waiting_max places
};

/// One device channel, from its first handshake message to its end: Noise, parsing, who asks, unanswered
/// requests. Holds nothing that is not asked for again: after a crash, a cut or a timeout the device asks by
/// its request ids on a new channel.
struct device_session_state {
  static inline const char* name = "device_session";

  enum class stage : std::uint8_t { fresh, shaking, open, over };

  device_session_actor::pointer self = nullptr;
  channel_ref ref;
  plugin_host_actor host;
  session_parts parts;
  stage at = stage::fresh;
  time_ms now = 0; // of the last tick
  time_ms since = 0;
  std::optional<wire::channel_responder> shaking;
  std::optional<wire::channel> line;
  public_key peer{};        // proved by the handshake
  bool greeted = false;     // Hello was right: directory knows this channel as the device's live one
  device_id device;         // once greeted
  std::uint64_t steady = 0; // of the last tick
  user_id user;             // logged in
  time_ms user_until = 0;   // absolute end of the log-in, by the wall clock
  rules::session_use use;   // the same by the steady clock; the earlier one counts
  std::uint64_t idle_ms = 0;
  std::uint64_t told_used = 0; // when directory was last told of a request
  time_ms proved = 0;          // the last second factor of the session
  std::uint64_t proved_steady = 0;
  std::set<request_id>
      logging_in; // requests whose answers may still log somebody in: none from before a log-off
  std::set<request_id> unanswered;
  unsigned invitations_shown = 0;
  unsigned enrolments_tried = 0;
  caller_ref last_caller; // as long as nothing about it changes
  std::shared_ptr<const rules::clinic> last_clinic;

  void on(const channel_in& m);
  void on(const channel_cut& m);
  void on(const deliver& m);
  void on(const end_session& m);
  void on(const tick& m);

private:
  // device_session.cpp: the channel
  void shake(const bytes& first);
  void finish_shaking(bool accepted, const std::string& checkpoint);
  bytes server_hello(const std::string& checkpoint) const;
  void receive(const bytes& frame);
  bool send(bytes_view message);
  void end(refusal why);

  // device_session_person.cpp: who is logged in, and for how long
  void adopt(const user_id& person, time_ms until, std::uint64_t idle, const outcome& o, bool just_now);
  void forget_user();
  void end_person(refusal why);
  void sign_off_now(const user_id& person, refusal why);
  void check_limits();
  void count_as_used(const wire::device::request_body& what);
  bool take_log_in(const request_id& id, outcome& result);

  // device_session_requests.cpp: what a device asks
  struct asking;
  void take_message(wiped_bytes raw);
  void take(wire::device::request& r);
  refusal may_ask(const wire::device::request_body& what, const rules::device_record* known);
  void answer(const request_id& id, outcome result);
  void greet(const request_id& id, const caller_ref& who, std::uint64_t pin_size, outcome seen);
  void welcome(const request_id& id, std::uint64_t pin_size, outcome resumed);
  caller_ref who(const std::shared_ptr<const rules::clinic>& clinic, const rules::device_record* known);
  // device_session_files.cpp: chunks of files, and posts that name some
  void post_with_files(const request_id& id, post_slip out, const e2ee::slip_header& header);
  void put_chunk(const request_id& id, wire::device::put_chunk what);
  template <class To, class Message, class Then>
  void ask(const To& to, const request_id& id, Message what, Then then);
};

device_session_actor::behavior_type
device_session(device_session_actor::stateful_pointer<device_session_state> self, channel_ref ref,
               plugin_host_actor host, session_parts parts);

} // namespace wardline
