#pragma once
// What a device is given and gives: rows, orders, answers. Values only; device.hpp says what is done with
// them.
#include "client/invitation_file.hpp"
#include "client/result.hpp"
#include "e2ee/act.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/envelope.hpp"
#include "wire/content.hpp"
#include <functional>

namespace wardline::client {

/// The scale of action time (DESIGN 8). Unscored is shown and timed as today.
using e2ee::urgency;

/// Numbers that a listing gives out; what stands behind them in the inbox has none.
inline constexpr std::size_t listing_rows_max = 1'000;

/// How far this device is (e2ee 6.1).
enum class device_stage : std::uint8_t {
  empty,     ///< nothing is enrolled here
  enrolling, ///< an enrolment was begun: enrol() again with the same invitation goes on with it
  locked,    ///< enrolled; the store's inner part opens at log-in
  open,      ///< somebody is logged in and the inner part is readable
};

struct logged_in_as {
  user_id user;
  std::string display_name;
  time_ms session_until = 0; ///< 0 = no absolute end
};

/// What a person gives when her device is enrolled.
struct credentials {
  std::string password;
  bytes totp_secret; ///< 20 bytes, made here, for her authenticator; empty: she has another device already
  std::string second_factor; ///< six digits, or (with another device) a recovery code
  user_id user{};            ///< on a station: who logs in first
  std::string user_name{};   ///< or by name
};

/// What the daemon did with a message of ours.
enum class outbox_state : std::uint8_t { written = 1, sent = 2, acked = 3, stopped = 4 };

struct outbox_row {
  message_id message;
  conversation_id conversation;
  outbox_state state = outbox_state::written;
  std::uint64_t seq = 0;       ///< acked
  std::uint64_t leaf = 0;      ///< acked
  refusal why = refusal::none; ///< stopped: why it was not sent
};

/// One message as this device knows it. Names are from certificates this device verified.
struct message_row {
  conversation_id conversation;
  std::uint64_t seq = 0;
  message_id message;
  user_id author;
  device_id author_device;
  std::string author_name;
  urgency level = urgency::unscored;
  bool needs_ack = false;
  bool mine = false;                  ///< written on this device
  time_ms written = 0;                ///< the author's clock
  time_ms accepted = 0;               ///< the daemon's clock
  std::uint64_t leaf = 0;             ///< of its acceptance
  std::uint64_t opened = 0;           ///< leaf of the newest release to this device, 0 = none
  user_id acknowledged_by;            ///< none = it waits
  time_ms acknowledged = 0;           ///< the acknowledging device's clock
  refusal unreadable = refusal::none; ///< why it cannot be read here; never acknowledged as delivered
  time_ms recalled = 0;               ///< the author took it back (her clock): nobody can open it any more
};

struct conversation_row {
  conversation_id conversation;
  std::vector<party_id> parties;
  std::vector<std::string>
      names; ///< of the parties, same order: certified for people, the directory's word for roles
  std::uint64_t last_seq = 0; ///< up to which slips are verified and kept here
};

/// A file that goes with a message.
struct outgoing_file {
  std::string name;       ///< 1..255 bytes, without folders
  std::string media_type; ///< 1..127 bytes
  std::uint64_t size = 0; ///< bytes, at most attachment_bytes_max
  /// Exactly `length` bytes from `offset` on; nothing: it cannot be read, or is not as long any more.
  std::function<std::optional<bytes>(std::uint64_t offset, std::size_t length)> read;
};

/// How far a file is; told after each chunk.
struct transfer {
  enum class stage : std::uint8_t { sealing, sending, fetching };
  stage at = stage::sealing;
  attachment_id attachment;
  std::uint64_t done = 0; ///< bytes
  std::uint64_t all = 0;
};

struct draft {
  std::string text;
  urgency level = urgency::unscored;
  std::optional<hash32> rule_set; ///< hash of the rules that gave the level; none: a person did
  bool needs_ack = true;
  message_id reply_to;                ///< none = no reply
  std::vector<outgoing_file> files{}; ///< at most attachments_max, message_files_bytes_max all together
};

struct sent_message {
  message_id message;
  conversation_id conversation;
  std::uint64_t seq = 0;
  std::uint64_t leaf = 0;
};

struct opened_message {
  message_row row;
  wire::content content;
  std::uint64_t leaf = 0;      ///< of this release; 0: nothing was released
  refusal why = refusal::none; ///< a check failed: there is no content
};

struct acknowledged_message {
  message_id message;
  std::uint64_t leaf = 0;
};

/// A message that waits, as the daemon ranks it, and what this device knows of it.
struct waiting_item {
  wire::device::inbox_item item;
  std::string author_name;         ///< as certified; empty: not known here
  std::string owner_name;          ///< likewise; empty also if nobody has it
  std::optional<message_row> here; ///< its slip, verified; nothing: not caught up with it
};
struct waiting_list {
  std::vector<waiting_item> items; ///< in the order in which they are to be shown
  std::uint32_t waiting = 0;       ///< that nobody has
};

/// Who is on duty, as the daemon's roster says; names as certified, or empty.
struct duty_row {
  party_id role;
  std::string role_name; ///< the directory's word
  bool rostered = false; ///< false: nobody made a roster, duty is everybody's
  std::vector<user_id> people;
  std::vector<std::string> names; ///< of the people, same order
  time_ms until = 0;              ///< 0 = not within two years
  bool mine = false;
};

/// A party as this device holds it.
struct party_head {
  std::uint32_t n = 0; ///< 0 = it has no link here
  hash32 hash{};       ///< object hash of link n
  bool member = false; ///< this device is in it
};

struct role_name {
  party_id party;
  std::string name;       ///< the directory's word
  bool emergency = false; ///< the clinic's emergency role, by the directory's word
};

/// Whom a registrar invites (e2ee 5.3).
struct invite_order {
  std::string display_name;       ///< 1..96 bytes
  std::vector<std::string> roles; ///< by name; a role that does not exist yet comes into being
  std::uint64_t valid_ms = 72ULL * 3'600'000;
  e2ee::device_class of_class = e2ee::device_class::personal_staff; ///< of a first device
  /// Further and replacement: of the person with this name, with class, user and parties of the person's
  /// newest certificate.
  e2ee::invitation_purpose purpose = e2ee::invitation_purpose::first;
  time_ms history_from = 0; ///< the device may read what was written since; 0 = from its own first link on
};

/// Who is meant by a name or a device, with what this device verified.
struct member_row {
  device_id device;
  user_id user;     ///< none: a station
  std::string name; ///< as certified
  e2ee::device_class of_class = e2ee::device_class::personal_staff;
  time_ms until = 0; ///< of its certificate
  bool revoked = false;
};

/// What waits for somebody's hands, as the daemon says.
struct waiting_row {
  enum class kind : std::uint8_t { turn, pack, keys, renewal } what = kind::turn;
  party_id party;               ///< turn, pack
  conversation_id conversation; ///< keys
  std::string name;             ///< of the party, or of the device's person
  std::vector<device_id> add;
  std::vector<device_id> remove;
  device_id device;     ///< pack, keys: for whom; renewal: whose
  time_ms since = 0;    ///< keys: from when on; renewal: when its certificate ends
  bool offered = false; ///< renewal: a registrar has signed it, the device has not
};

/// What a registrar has signed and may not do alone (e2ee 5.2): goes to a second one, by a file. Holds no
/// secret but an invitation's second code.
struct prepared_act {
  bytes object;    ///< grant, withdrawal, invitation, link, renewed certificate
  bytes members{}; ///< of a link, with its seals
  bytes seals{};
  std::string code{};                            ///< of an invitation, with what follows
  std::optional<public_key> link_key{};          ///< CURVE
  std::vector<wire::device::party_name> names{}; ///< of parties that come into being with it
};

using handed_over = std::optional<prepared_act>;

/// What such an act would do, verified down to the identity key.
struct act_shown {
  enum class kind : std::uint8_t { invitation = 1, grant, withdrawal, link, renewal } what = kind::grant;
  std::string by;                ///< the registrar who signed it, as certified
  std::string name;              ///< of whom it is about, as certified or invited; empty for a link
  std::vector<party_id> parties; ///< that the person comes to, or is taken from, or that gets a new key
  std::vector<std::pair<party_id, std::string>> new_names{}; ///< of parties that come into being
  time_ms until = 0; ///< of a grant (0 = open), of an invitation, of a renewed certificate
  e2ee::device_class of_class = e2ee::device_class::personal_staff;   ///< invitation
  e2ee::invitation_purpose purpose = e2ee::invitation_purpose::first; ///< invitation
  time_ms history_from = 0;                                           ///< invitation
  std::vector<device_id> coming_in{};                                 ///< link
  std::vector<device_id> going{};                                     ///< link
};

struct invitation_made {
  invitation_file file;
  std::string code; ///< 8 digits, to be told another way
  user_id user;
  /// Where this registrar may not invite alone: the invitation was not sent, and is good for nothing until a
  /// second one has cosigned it.
  std::optional<prepared_act> request{};
};

/// What the person should be told; never holds text of a message.
struct notice {
  enum class about : std::uint8_t {
    role_without_me, ///< a role this device belongs to has a head made without it: it reads nothing of it yet
    party_changed,   ///< a party has a new link, or something is wrong with one: why
    old_head,        ///< a message goes to a party that has not changed its key for two weeks
    unreadable,      ///< a slip cannot be read: why
    log,             ///< log_*: the audit log does not fit what this device has seen
    not_sent,        ///< an outbox row stopped: why
    store,           ///< the store refused or failed, or its lock share went back: why
    certificate,     ///< this device's certificate ends soon or has ended (none), or was not renewed: why
    restored, ///< the server was restored from a backup: `forgotten` entries of its log did not come back
  };
  about what = about::log;
  refusal why = refusal::none;
  party_id party;
  conversation_id conversation;
  message_id message;
  std::string name; ///< of the party, where one is meant
  std::uint64_t forgotten = 0;
};

} // namespace wardline::client
