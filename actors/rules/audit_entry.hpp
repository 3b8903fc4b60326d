#pragma once
// What one audited act says, and the commitment to it that stands in the tree. Format v1, final.
#include "wire/ids.hpp"

namespace wardline::rules {

/// What happened. The numbers are final: they stand in leaves. `detail` per kind is said where it is written.
enum class audit_kind : std::uint8_t {
  started = 1,         ///< the daemon serves
  object_accepted = 2, ///< a signed object entered (hash = its hash)
  enrolled = 3,        ///< a device received its certificate
  logged_in = 4,
  log_in_refused = 5,
  logged_off = 6,
  posted = 7,     ///< a slip and its body were accepted
  opened = 8,     ///< bodies were released to a device
  acted = 9,      ///< an act object (acknowledge, raise, lower, ...) took effect
  refused = 10,   ///< something was asked that the asker may not do
  heartbeat = 11, ///< nothing happened; makes silence visible
  invited = 12,
  plugin_linked = 13,
  incarnation_opened = 14, ///< this log begins; after a restore it embeds the last known old checkpoint
  factor_given = 20,       ///< the second factor again, for an act that asks for a fresh one
  factor_refused = 21,     ///< a wrong one
  factor_changed = 22,     ///< another authenticator (detail 1), or new recovery codes (detail 2)
  store_seen = 23,         ///< the first channel of a device store (hash = SHA-256 of its instance)
  store_copied = 24,       ///< another store under the same device: the device is gated
  share_replaced = 25,     ///< the device confirmed its new lock share (hash = its act)
  escalated = 30,          ///< nobody had a message: a step of its chain woke devices
  lapsed = 31,             ///< its owner (user) said nothing for too long and has it no more
  opened_off_duty = 32,    ///< as opened, by somebody whose duty it is not now
  plan_changed = 33,       ///< a duty roster or a chain was set (object = the role)
  renewal_offered = 34,    ///< a registrar signed a device's next certificate (hash = its hash)
  rerouted = 35, ///< a device of its owner (user) was turned out: the message (object) is nobody's again
  rerouting_ended = 36, ///< everything that waited was looked at for such an owner
  gate_closed = 37, ///< by the administrator of the box, without a registrar (hash = SHA-256 of the reason)
  gate_opened = 38, ///< likewise, what 37 closed
  wipe_sent = 39, ///< a device that was turned out was connected, and its channel carried a wipe order (hash)
  recalled = 40,  ///< a message by its author: released to nobody from here on (hash = the act)
  destruction_ordered = 41, ///< of a conversation's messages: likewise (hash = the act)
  destroyed = 42,           ///< the keys of what 40, 41 or a revocation named are overwritten
  quarantined = 43,         ///< a row that could not be opened twice
  file_opened = 44,         ///< an attachment (object) of a message was released to a device
  pin_shown =
      45, ///< after a restore: a device had seen more of the earlier life's (object) log than came back
  backup_made = 46,    ///< everything below detail's leaf was copied and read back (hash = manifest)
  secrets_burned = 47, ///< by a restore: codes used by then and recovery codes are void
  rows_accepted = 48,  ///< the administrator of the box goes on with rows that somebody else had changed
};

constexpr std::uint8_t audit_kind_max = 48;
constexpr std::size_t audit_detail_bytes_max = 8192;
constexpr std::size_t audit_salt_bytes = 16;
constexpr std::size_t leaf_data_bytes = 34;

using audit_salt = std::array<std::uint8_t, audit_salt_bytes>;
using leaf_data = std::array<std::uint8_t, leaf_data_bytes>;

/// One shape for all kinds; what a kind does not use is zero. Ids, hashes and words of this house only: an
/// entry is sealed at rest, but it is shown to auditors, so no content and no person's name goes in.
struct audit_entry {
  audit_kind kind = audit_kind::started;
  time_ms time = 0;
  user_id user;
  device_id device;
  conversation_id conversation;
  std::array<std::uint8_t, 16> object{}; ///< id of what was acted on: message, invitation, session, ...
  hash32 hash{};                         ///< of the object, slip or body concerned
  bytes detail;                          ///< at most audit_detail_bytes_max

  bool operator==(const audit_entry&) const = default;
};

/// u8 version 1 | u8 kind | u64 time | b16 user | b16 device | b16 conversation | b16 object | b32 hash | v16
/// detail.
bytes encode(const audit_entry& entry);

/// Nothing unless the bytes are exactly one entry of version 1 with a known kind.
std::optional<audit_entry> decode_audit_entry(bytes_view raw);

/// Leaf data = u8 version 1 | u8 kind | SHA-256(salt | encoded entry) (security 2.2). Always over stored
/// bytes.
leaf_data leaf_data_of(audit_kind kind, const audit_salt& salt, bytes_view encoded_entry);

} // namespace wardline::rules
