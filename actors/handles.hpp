#pragma once
// All typed handles and factories: who accepts what, who answers what. The handle of `store` stands with its
// messages in store_messages.hpp.
#include "caf_words.hpp"
#include "messages.hpp"
#include <caf/typed_actor.hpp>
#include <functional>

namespace wardline {

/// A PASSWORD WORKER does Argon2 on a thread of its own; `user` actors queue for one of two.
using password_actor =
    caf::typed_actor<answers<check_password, password_checked>, answers<make_password_hash, password_hash>>;

/// AUDIT answers questions about the log: proofs and checkpoints. Not on the hot path.
using audit_actor = caf::typed_actor<answers<add_proofs, outcome>, answers<consistency, outcome>>;

/// ATTACHMENTS keeps files until a message names them, and reads those that one does: the disk work of blobs,
/// on a thread of its own.
using attachments_actor = caf::typed_actor<answers<take_chunk, outcome>, answers<count_chunks, outcome>,
                                           answers<find_files, files_found>, answers<read_chunk, chunk_read>,
                                           takes<sweep_files>, takes<tick>>;

/// TRIAGE knows what waits for whom: a read model of the items' rows, made anew at start.
using triage_actor =
    caf::typed_actor<takes<item_changed>, takes<conversation_gone>, answers<ask_inbox, outcome>>;

/// SIGNATURES looks at slips behind their ack, when nothing else wants the processor.
using signatures_actor = caf::typed_actor<takes<verify_slip>>;

/// ESCALATION runs what is due, once a second, from rows alone.
using escalation_actor = caf::typed_actor<takes<tick>>;

/// ADMIN does what the administrator of the box asks for: rosters, chains, gates of devices.
using admin_actor = caf::typed_actor<answers<admin_act, admin_answer>>;

/// A DEVICE SESSION is one device channel: Noise, parsing, idempotency, unanswered requests. Parent:
/// plugin_host.
using device_session_actor =
    caf::typed_actor<takes<channel_in>, takes<channel_cut>, takes<deliver>, takes<end_session>, takes<tick>>;

/// PLUGIN HOST knows links and rights of plugins, and spawns a device session for each channel.
using plugin_host_actor =
    caf::typed_actor<takes<frame_in>, takes<peer_gone>, takes<channel_out>, takes<channel_over>, takes<tick>>;

/// A CONVERSATION keeps the order (dense seq), parties and epochs of one conversation. Parent: directory.
using conversation_actor =
    caf::typed_actor<answers<post_slip, outcome>, answers<open_bodies, outcome>, answers<read_slips, outcome>,
                     answers<apply_act, outcome>, answers<open_chunk, outcome>, takes<conversation_changed>>;

/// A USER holds the sessions and limits of one person. Parent: directory.
using user_actor = caf::typed_actor<answers<sign_in, outcome>, answers<resume, outcome>,
                                    answers<sign_off, outcome>, answers<ask_user, outcome>>;

/// A device's channel has proved itself (first transport message): it is the device's live one from now on,
/// and the one before it is cut as `replaced`.
struct session_online {
  caller_ref who;
  device_session_actor session;
};

/// The device's channel ended.
struct session_offline {
  device_id device;
  device_session_actor session;
};

/// DIRECTORY knows people, devices, parties and who is connected; it parents users and conversations and
/// hands their requests on.
using directory_actor =
    caf::typed_actor<answers<ask_directory, outcome>,
                     // handed on to the conversation
                     answers<post_slip, outcome>, answers<open_bodies, outcome>, answers<read_slips, outcome>,
                     answers<apply_act, outcome>, answers<open_chunk, outcome>,
                     // handed on to the user
                     answers<sign_in, outcome>, answers<resume, outcome>, answers<sign_off, outcome>,
                     answers<ask_user, outcome>, takes<session_used>, takes<session_online>,
                     takes<session_offline>, takes<fan_out>, takes<tick>, answers<wake_up, woken>,
                     answers<gate_devices, outcome>>;

/// WIPE ends recalls, destructions and revocations: key turns, a leaf for each order (store_messages.hpp).
using wipe_actor = caf::typed_actor<takes<tick>>;

// Children are spawned by functions that only main (house.cpp) fills in: a parent never includes a child's
// header.
using make_device_session = std::function<device_session_actor(const channel_ref&, plugin_host_actor)>;
using make_conversation = std::function<conversation_actor(const conversation_id&, directory_actor)>;
using make_user = std::function<user_actor(const user_id&)>;

} // namespace wardline

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::session_online)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::session_offline)
