#pragma once
// All in-process messages: plain structs, one sentence each, no inspect: CAF can neither print nor ship PHI.
// What a device asks and is answered stays in the shape of the wire (wire/device.hpp), so that nothing is
// said twice.
#include "admin_words.hpp"
#include "file_messages.hpp"
#include "held_secrets.hpp"
#include "ports/link.hpp"
#include "rules/escalation.hpp"
#include "rules/sign_in_limits.hpp"
#include "store_messages.hpp"
#include <caf/allowed_unsafe_message_type.hpp>
#include <memory>

namespace wardline {

/// Held until a frame was dealt with; giving it up returns the plugin's credit, also when an actor dies with
/// the frame in its mailbox.
using credit = std::shared_ptr<const void>;

// ---- zmq_link -> plugin_host

/// One frame of a plugin, not yet parsed.
struct frame_in {
  ports::link_peer from;
  bytes frame;
  credit held;
};

/// A connection ended, or its endpoint saw it go.
struct peer_gone {
  ports::link_peer peer;
};

// ---- plugin_host <-> device_session

/// A device channel: a number on a plugin's connection.
struct channel_ref {
  ports::link_peer peer;
  std::uint64_t number = 0;

  auto operator<=>(const channel_ref&) const = default;
};

/// One Noise message for this channel.
struct channel_in {
  bytes payload;
  credit held;
};

/// Noise messages to send on this channel, in order.
struct channel_out {
  channel_ref to;
  std::vector<bytes> payloads;
};

/// The session is over; nothing more is sent on the channel.
struct channel_over {
  channel_ref channel;
  refusal why = refusal::none;
};

/// The plugin closed the channel, its connection went, or the house stops.
struct channel_cut {
  refusal why = refusal::none;
};

/// Once a second, from main: the only timer of the house.
struct tick {
  time_ms now = 0;          ///< wall clock
  std::uint64_t steady = 0; ///< steady clock, milliseconds
};

// ---- requests of a device

/// Who asks, as the channel and the session prove it. Made by device_session, never by a plugin.
struct caller {
  device_id device;
  user_id user; ///< logged in; none before log-in and while enrolling
  rules::device_class kind = rules::device_class::personal_staff;
  hash32 certificate{};
  std::vector<party_id> parties; ///< entitled to, ascending
  time_ms proved = 0;            ///< when the person last gave a second factor; 0 = not in this session
};
using caller_ref = std::shared_ptr<const caller>;

/// The answer to anything a device asks; a refusal is an answer.
struct outcome {
  wire::device::answer_body result;
  time_ms proved = 0;                          ///< with welcome and logged_in: of the session
  std::shared_ptr<const lock_shares> shares{}; ///< likewise; only the channel's end puts them into `result`
  std::uint64_t quiet_ms = 0;                  ///< with welcome: so long the person has asked nothing
  bool earlier_kept = false; ///< to share_stored: the half before is not gone, a backup may bring it back
};

/// Everything that `directory` answers itself: people, parties, objects, enrolment.
struct ask_directory {
  caller_ref who;
  public_key noise_key{}; ///< of the channel: an enrolling device is known by nothing else
  wire::device::request_body what;
  time_ms now = 0;
};

/// A message to be accepted; the slip was decoded and compared with its channel.
struct post_slip {
  caller_ref who;
  conversation_id conversation;
  message_id message;
  hash32 header_hash{}; ///< h of e2ee 5.9: the identity of the message
  std::shared_ptr<const wire::device::post> post;
  time_ms now = 0;
  unnamed_files files{}; ///< that its device has uploaded, of those the slip names; none if it names none
};

/// Bodies to be released: one leaf, committed before the answer.
struct open_bodies {
  caller_ref who;
  wire::device::open what;
  time_ms now = 0;
};

/// One chunk of an attachment; the first one behind a leaf, like a body.
struct open_chunk {
  caller_ref who;
  wire::device::get_chunk what;
  time_ms now = 0;
};

/// Slips after a cursor.
struct read_slips {
  caller_ref who;
  wire::device::get_slips what;
  time_ms now = 0;
};

/// A signed act on a message of this conversation; `object` is decoded and its signature is right.
struct apply_act {
  caller_ref who;
  conversation_id conversation; ///< none: `directory` finds it by the message
  message_id message;
  std::shared_ptr<const wire::device::act> act;
  time_ms now = 0;
  std::optional<std::uint32_t> claims_version{}; ///< takes it over if the item is at this version
  bool destroys = false; ///< the act means the whole conversation; `directory` has looked at the registrar
};

/// Behind the ack of a Post: is its author's signature right? Readers always look themselves.
struct verify_slip {
  bytes slip;
  clinic_id clinic;
  public_key signing; ///< its author's device's, when it was accepted
  time_ms now = 0;
  line_place place{}; ///< one of slips_unverified_max; none: it was found to be wrong already
};

/// The conversation has a new link (another list of parties).
struct conversation_changed {
  conversation_id conversation;
};

// ---- log-in

/// Log in with a password and a second factor, on the device of the channel.
struct sign_in {
  caller_ref who;
  user_id user;
  held_text password;
  held_text second_factor;
  hash32 handshake{}; ///< of the channel, kept with the session (e2ee 7.5)
  time_ms now = 0;
};

/// A device is back: is somebody still logged in on it?
struct resume {
  caller_ref who;
  time_ms now = 0;
  // Set by `directory`, by the steady clock:
  std::uint64_t left_ms = UINT64_MAX; ///< the session lasts so long at most
  std::uint64_t quiet_ms = 0;         ///< the person has asked nothing for so long
};

/// Ends the person's session on a device.
struct sign_off {
  caller_ref who;
  time_ms now = 0;
  device_id device{};          ///< none = the asker's own
  refusal why = refusal::none; ///< logged_off_idle: nobody asked for it
};

/// The second factor again.
struct prove_again {
  held_text second_factor;
  hash32 handshake{};
};
struct make_codes {};
struct set_factor {
  std::shared_ptr<const wiped_bytes> secret;
  held_text code;
};
/// The device has the wrap of this share on its disk (act 5; its signature is right).
struct share_stored {
  std::uint32_t number = 0;
  hash32 act{}; ///< object hash
};

/// What a person asks about her own way in; for her `user` actor.
struct ask_user {
  caller_ref who;
  std::variant<prove_again, make_codes, set_factor, share_stored> what;
  time_ms now = 0;
};

/// The person on this device has just logged in, or asked something: no more than once a tick.
struct session_used {
  device_id device;
  rules::session_use use;
  bool logged_in = false; ///< a new session: its end counts, not that of the one before
};

/// For the password workers; `stored` empty = unknown user, the same work is done.
struct check_password {
  std::string stored;
  held_text password;
  std::vector<line_place>
      places; ///< given back when the job is done, however long nobody waits for it any more
};

struct make_password_hash {
  held_text password;
  std::vector<line_place> places;
};

struct password_checked {
  bool right = false;
};

struct password_hash {
  std::string phc; ///< empty: no memory
};

// ---- what waits

/// An item was made or changed: its row says what it is now.
struct item_changed {
  message_id message;
};

/// What waited in this conversation is to be destroyed: nobody is waited for there any more.
struct conversation_gone {
  conversation_id conversation;
};

/// What waits for this person.
struct ask_inbox {
  caller_ref who;
  wire::device::list_inbox what;
  time_ms now = 0;
};

/// Rings at every connected device of these targets; the answer counts devices of the step's own ones.
struct wake_up {
  message_id message;
  rules::lane level = rules::lane::now;
  user_id author;                         ///< is not woken for what she wrote
  std::vector<rules::wake_target> own;    ///< of the step
  std::vector<rules::wake_target> before; ///< of the steps before it: told once more
  time_ms now = 0;
};
struct woken {
  std::size_t devices = 0;
};

// ---- news

/// A slip, encoded once, for every connected device of these parties.
struct fan_out {
  std::vector<party_id> parties;
  std::shared_ptr<const bytes> message; ///< an encoded wire::device::from_daemon
};

/// To a device session: send this as it is.
struct deliver {
  std::shared_ptr<const bytes> message;
  bool to_nobody = false; ///< also while nobody is logged in: a wake, without content
};

/// This session is over by order of its `user` (log-off elsewhere, limit, revocation).
struct end_session {
  refusal why = refusal::none;
  user_id user{}; ///< only if it is this person's; none = whoever it is
  std::shared_ptr<const bytes>
      last_word{}; ///< for the device, before its channel ends: an encoded wire::device::from_daemon
};

// ---- administrators of the box

/// Something that `wardctl` asks for; decoded, not yet looked at.
struct admin_act {
  admin::act_body what;
  time_ms now = 0;
};
struct admin_answer {
  admin::answer said;
};

/// The administrator's brake, for `directory`; answered by done with its leaf, or a refusal.
struct gate_devices {
  admin::set_gate what;
  time_ms now = 0;
};

// ---- audit

/// An answer whose objects still lack their proofs: `audit` fills in salt, entry, proof and checkpoint.
struct add_proofs {
  outcome unproven; ///< party or objects; `leaf` of each logged is set
  time_ms now = 0;  ///< of the checkpoint that may have to be signed first
};

/// The newest checkpoint, with consistency from an older size.
struct consistency {
  std::uint64_t old_size = 0;
};

} // namespace wardline

// Carried in the process, never serialised, never printed.
#define WARDLINE_IN_PROCESS(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::type)
WARDLINE_IN_PROCESS(frame_in)
WARDLINE_IN_PROCESS(peer_gone)
WARDLINE_IN_PROCESS(channel_in)
WARDLINE_IN_PROCESS(channel_out)
WARDLINE_IN_PROCESS(channel_over)
WARDLINE_IN_PROCESS(channel_cut)
WARDLINE_IN_PROCESS(tick)
WARDLINE_IN_PROCESS(outcome)
WARDLINE_IN_PROCESS(ask_directory)
WARDLINE_IN_PROCESS(post_slip)
WARDLINE_IN_PROCESS(open_bodies)
WARDLINE_IN_PROCESS(open_chunk)
WARDLINE_IN_PROCESS(read_slips)
WARDLINE_IN_PROCESS(apply_act)
WARDLINE_IN_PROCESS(verify_slip)
WARDLINE_IN_PROCESS(conversation_changed)
WARDLINE_IN_PROCESS(sign_in)
WARDLINE_IN_PROCESS(resume)
WARDLINE_IN_PROCESS(sign_off)
WARDLINE_IN_PROCESS(ask_user)
WARDLINE_IN_PROCESS(session_used)
WARDLINE_IN_PROCESS(check_password)
WARDLINE_IN_PROCESS(make_password_hash)
WARDLINE_IN_PROCESS(password_checked)
WARDLINE_IN_PROCESS(password_hash)
WARDLINE_IN_PROCESS(item_changed)
WARDLINE_IN_PROCESS(conversation_gone)
WARDLINE_IN_PROCESS(ask_inbox)
WARDLINE_IN_PROCESS(wake_up)
WARDLINE_IN_PROCESS(woken)
WARDLINE_IN_PROCESS(admin_act)
WARDLINE_IN_PROCESS(gate_devices)
WARDLINE_IN_PROCESS(admin_answer)
WARDLINE_IN_PROCESS(fan_out)
WARDLINE_IN_PROCESS(deliver)
WARDLINE_IN_PROCESS(end_session)
WARDLINE_IN_PROCESS(add_proofs)
WARDLINE_IN_PROCESS(consistency)
#undef WARDLINE_IN_PROCESS
