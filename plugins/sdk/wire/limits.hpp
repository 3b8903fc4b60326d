#pragma once
// Every limit that both sides of the wire share: name, unit, source. Starting values of DESIGN 10 and of the
// guides named beside them. Limits of one part alone (store batch, mailboxes, password work) stand with that
// part. A change here is a change of the wire: peers of other versions still hold the old value.
#include <cstddef>
#include <cstdint>

namespace wardline::wire {

/// Goes into the channel's prologue (e2ee 7.1): peers of two wire versions never open a channel.
inline constexpr std::uint16_t wire_version = 1;

// ---- Noise channel (e2ee 7) -------------------------------------------------------------------------------
/// Bytes of one Noise message on the wire, tag included (e2ee 7.3; Noise 34, section 3).
inline constexpr std::size_t noise_message_bytes_max = 65'535;
/// Bytes of the Poly1305 tag.
inline constexpr std::size_t noise_tag_bytes = 16;
/// Bytes of a device message's piece in one frame: message - tag - u8 type.
inline constexpr std::size_t fragment_bytes_max = noise_message_bytes_max - noise_tag_bytes - 1;
/// Bytes of a whole device message, all its fragments together (e2ee 7.3).
inline constexpr std::size_t message_bytes_max = 1'048'576;
/// Frames of the largest device message.
inline constexpr std::size_t fragments_per_message_max =
    (message_bytes_max + fragment_bytes_max - 1) / fragment_bytes_max;
/// Milliseconds from the first part of a device message to its last (e2ee 7.3).
inline constexpr std::uint64_t assembly_ms_max = 30'000;
/// Milliseconds from the first handshake message to the initiator's first transport message: what is
/// unconfirmed after that leaves no state (e2ee 10, 106).
inline constexpr std::uint64_t handshake_ms_max = 10'000;
/// Frames under one key of one direction; then rekey (e2ee 7.4).
inline constexpr std::uint64_t frames_per_key = 65'536;
/// Frames of one direction under one handshake (e2ee 7.4); then a new channel.
inline constexpr std::uint64_t frames_per_channel_max = std::uint64_t{1} << 32;
/// Milliseconds of life of one handshake (e2ee 7.4): 24 hours.
inline constexpr std::uint64_t channel_ms_max = 86'400'000;
/// Bytes of the server hello in the second handshake message: ephemeral key and tag take their share.
inline constexpr std::size_t server_hello_bytes_max = noise_message_bytes_max - 32 - noise_tag_bytes;

// ---- Plugin link (DESIGN 10, security 6.3) ----------------------------------------------------------------
/// Bytes of one link frame of a client plugin (ZMQ_MAXMSGSIZE of its endpoint).
inline constexpr std::size_t frame_bytes_max = 1'048'576;
/// Bytes of one link frame of a listener: it has no channels to carry.
inline constexpr std::size_t listener_frame_bytes_max = 65'536;
/// Frames a plugin may have waiting at the daemon (DESIGN 10 wins over security 6.3).
inline constexpr std::size_t credit_frames_max = 4'096;
/// Bytes a plugin may have waiting at the daemon: 64 MiB. Whichever of the two is reached first.
inline constexpr std::size_t credit_bytes_max = 67'108'864;
/// Messages per peer before ZeroMQ holds back (RCVHWM and SNDHWM); libzmq takes up to twice as many.
inline constexpr int high_water_messages = 100;
/// Milliseconds for a peer's CURVE handshake (HANDSHAKE_IVL).
inline constexpr int curve_handshake_ms_max = 3'000;
/// Connections waiting to be accepted at one endpoint (BACKLOG).
inline constexpr int backlog_max = 64;
/// Milliseconds between heartbeats on an idle link, and until silence counts as dead (security 6.3).
inline constexpr int heartbeat_every_ms = 5'000;
inline constexpr int heartbeat_timeout_ms_max = 10'000;
inline constexpr int heartbeat_ttl_ms = 15'000;
/// Device channels of one plugin at a time: a gateway carries those of a whole clinic. An idle one costs the
/// daemon some 5 KiB (tests/bench), also one that never ends its handshake: 50 MiB, until its time is over.
inline constexpr std::size_t channels_per_plugin_max = 10'240;

// ---- Device requests (DESIGN 10) --------------------------------------------------------------------------
/// Requests of one device without an answer.
inline constexpr std::size_t unanswered_max = 64;
/// Bodies in one Open, and bytes of all of them; what is over comes in pages.
inline constexpr std::size_t open_bodies_max = 64;
inline constexpr std::size_t open_bytes_max = 983'040;
/// Bytes of a message's content before padding: bucket of 64 KiB minus its u32 length (e2ee 5.10).
inline constexpr std::size_t content_bytes_max = 65'532;
/// Bytes of the largest body: the largest bucket and its tag (e2ee 5.10).
inline constexpr std::size_t body_bytes_max = 65'536 + 16;
/// Bytes of the largest slip (e2ee 1, kind 12).
inline constexpr std::size_t slip_bytes_max = 6'144;
/// Bytes of a file, and of its chunks before the tag (e2ee 5.11).
inline constexpr std::size_t attachment_bytes_max = 104'857'600;
inline constexpr std::size_t chunk_bytes_max = 262'144;
inline constexpr std::size_t chunks_per_attachment_max = attachment_bytes_max / chunk_bytes_max;
/// Bytes of a chunk as it travels: its tag with it.
inline constexpr std::size_t sealed_chunk_bytes_max = chunk_bytes_max + 16;
/// Bytes of all files of one message.
inline constexpr std::size_t message_files_bytes_max = 536'870'912;
/// Devices of one party; parties of one conversation.
inline constexpr std::size_t party_devices_max = 300;
inline constexpr std::size_t conversation_parties_max = 32;

// ---- Fields of link and device messages -------------------------------------------------------------------
/// Bytes of a link frame without channel data in it (Hello, Welcome, Refused, ...): names and numbers.
inline constexpr std::size_t link_control_bytes_max = 4'096;
/// Rights in a Hello or Welcome, characters of each; of a plugin's name and its version.
inline constexpr std::size_t rights_max = 16;
inline constexpr std::size_t right_bytes_max = 64;
inline constexpr std::size_t plugin_name_bytes_max = 64;
/// Bytes of the largest signed object of any kind (e2ee 1, kind 10).
inline constexpr std::size_t object_bytes_max = 99'328;
/// Bytes of some kinds (e2ee 1): root, server; registrar, invitation, device; conversation; act.
inline constexpr std::size_t root_bytes_max = 256;
inline constexpr std::size_t certificate_bytes_max = 2'048;
inline constexpr std::size_t conversation_bytes_max = 1'024;
inline constexpr std::size_t act_bytes_max = 512;
/// Bytes of a link's member list, and of its seals: u16 count, 80 bytes for each device (e2ee 5.6).
inline constexpr std::size_t link_members_bytes_max = 2 + party_devices_max * 80;
/// Bytes of a display name (e2ee 5.3), of a password, of an invitation's second code (digits).
inline constexpr std::size_t name_bytes_max = 96;
inline constexpr std::size_t password_bytes_max = 1'024;
inline constexpr std::size_t code_digits = 8;
/// Bytes of a TOTP secret (RFC 4226, section 4: 160 bits are recommended), characters of a second factor as
/// typed: six digits, or a recovery code of 26 base32 letters in groups.
inline constexpr std::size_t totp_secret_bytes = 20;
inline constexpr std::size_t totp_digits = 6;
inline constexpr std::size_t second_factor_bytes_max = 64;
inline constexpr std::size_t recovery_codes_made = 10;
/// Bytes of a history pack and of a key list (e2ee 1, kinds 9 and 10); how many of either one message
/// carries, so that it stays below 1 MiB; bytes of a second registrar's word (kind 19).
inline constexpr std::size_t pack_bytes_max = 67'584;
inline constexpr std::size_t key_list_bytes_max = 99'328;
inline constexpr std::size_t packs_per_message_max = 8;
inline constexpr std::size_t cosignature_bytes_max = 256;
/// Rows of each kind in one list of what waits for a device's hands.
inline constexpr std::size_t pending_rows_max = 256;
/// Items of one page of an inbox; bytes of its cursor.
inline constexpr std::size_t inbox_items_max = 256;
inline constexpr std::size_t inbox_cursor_bytes = 27;
/// Conversations, and entries of the log, of one page about a device that was turned out; bytes of a wipe
/// order (e2ee 1).
inline constexpr std::size_t exposed_conversations_max = 512;
inline constexpr std::size_t exposed_leaves_max = 256;
inline constexpr std::size_t wipe_order_bytes_max = 256;
/// Roles in one answer about duty, and people on duty for one of them.
inline constexpr std::size_t duties_max = 256;
inline constexpr std::size_t duty_people_max = 64;
/// Bytes of a signed note; hashes of an inclusion or consistency proof (security 2.2, e2ee 5.15).
inline constexpr std::size_t note_bytes_max = 2'048;
inline constexpr std::size_t proof_hashes_max = 63;
/// Bytes of an audit entry and its salt as they travel with a logged object.
inline constexpr std::size_t entry_bytes_max = 16'384;
inline constexpr std::size_t salt_bytes = 16;
/// Rows of one request or answer.
inline constexpr std::size_t objects_asked_max = 64;
inline constexpr std::size_t slips_asked_max = 512;
inline constexpr std::size_t invited_parties_max = 64;
inline constexpr std::size_t parties_listed_max = 1'024;
inline constexpr std::size_t conversations_listed_max = 512;
inline constexpr std::size_t logged_per_answer_max = 2'048;
inline constexpr std::size_t chain_certificates_max = 64;
/// Attachments in a content; bytes of a file's name and media type (content.proto).
inline constexpr std::size_t attachments_max = 32;
inline constexpr std::size_t file_name_bytes_max = 255;
inline constexpr std::size_t media_type_bytes_max = 127;

// ---- Decoding ---------------------------------------------------------------------------------------------
/// Depth of nested protobuf messages; the schemas need fewer than half of it.
inline constexpr int nesting_max = 16;

static_assert(fragment_bytes_max == 65'518, "e2ee 7.3 names this number");
static_assert(chunks_per_attachment_max == 400, "e2ee 5.11 names this number");
static_assert(open_bytes_max + 65'536 <= message_bytes_max, "a full page of bodies fits one device message");

} // namespace wardline::wire
