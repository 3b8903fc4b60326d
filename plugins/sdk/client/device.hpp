#pragma once
// A device: everything that `ward`, the simulation and the bench do as one enrolled person. Owns the session
// and the parts; is given a store and a pipe, and outlives neither. No clock, thread, file or socket inside;
// randomness is libsodium's.
//
//   device d{store, pipe};
//   d.start(now);                                  // connects; log-in may still be alive from before
//   d.on_channel_data(...), d.on_channel_closed(...), d.tick(now)
//   d.log_in("...", [](auto r) {...});
//   d.send("physician1", {.text = "...", .level = urgency::now}, [](auto r) {...});
//
// A crash is: the object is gone, the store stays. A new device on the same store goes on: what was staged is
// sent again, what was asked is asked again by its id.
#include "client/device_store.hpp"
#include "client/invitation_file.hpp"
#include "client/pipe.hpp"
#include "client/result.hpp"
#include "client/session.hpp"
#include "e2ee/act.hpp"
#include "e2ee/certificates.hpp"
#include "e2ee/envelope.hpp"
#include "wire/content.hpp"

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

struct draft {
  std::string text;
  urgency level = urgency::unscored;
  std::optional<hash32> rule_set; ///< hash of the rules that gave the level; none: a person did
  bool needs_ack = true;
  message_id reply_to; ///< none = no reply
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
  };
  about what = about::log;
  refusal why = refusal::none;
  party_id party;
  conversation_id conversation;
  message_id message;
  std::string name; ///< of the party, where one is meant
};

/// What the owner may listen to; all may stay unset.
struct device_events {
  std::function<void(const message_row&)> arrived;      ///< verified and on this device's disk
  std::function<void(const message_row&)> acknowledged; ///< somebody's act was verified
  /// Something urgent waits and nobody has it: ring. Also while nobody is logged in; then the message may not
  /// be known here.
  std::function<void(const message_id&, urgency)> woken;
  std::function<void(const message_row&)> recalled; ///< its author's act was verified
  std::function<void(const notice&)> said;
  std::function<void(refusal)> lost; ///< channel gone; comes back by itself
};

class device {
public:
  device(device_store& store, pipe& out, device_events events = {});
  device(const device&) = delete;
  device& operator=(const device&) = delete;
  ~device();

  /// Where to connect and with which keys, as the enrolment gave them; nothing on an empty store. Callable
  /// before start().
  struct link_address {
    std::string endpoint;
    public_key server_curve_key{};
    public_key client_curve_public{};
    secret32 client_curve_secret;
  };
  [[nodiscard]] std::optional<link_address> address() const;

  // ---- the driver's side
  /// Connects as what the store holds: an enrolled device. An empty store waits for enrol().
  void start(time_ms now);
  void stop();
  void on_channel_data(bytes_view payload, time_ms now);
  void on_channel_closed(refusal why, time_ms now);
  void tick(time_ms now);

  // ---- state
  [[nodiscard]] device_stage stage() const;
  [[nodiscard]] session_state link() const;
  [[nodiscard]] refusal last_loss() const;
  /// The daemon has answered the hello and nobody is logged in: log_in() is next.
  [[nodiscard]] bool needs_log_in() const;
  /// Why the daemon turned this device away at its hello; none if it did not.
  [[nodiscard]] refusal turned_away() const;
  /// Logged in and the log-in's own work (parties, catching up) is done: acts go out at once.
  [[nodiscard]] bool settled() const;
  /// Nobody waits for anything: no request without an answer.
  [[nodiscard]] bool quiet() const;
  [[nodiscard]] std::optional<logged_in_as> who() const;
  [[nodiscard]] device_id id() const;
  [[nodiscard]] user_id user() const;
  [[nodiscard]] std::string display_name() const; ///< of the certificate; empty before it
  [[nodiscard]] clinic_id clinic() const;
  [[nodiscard]] public_key identity_key() const;   ///< the clinic's, pinned at enrolment; zero before it
  [[nodiscard]] std::uint64_t pinned_size() const; ///< leaves of the pinned checkpoint

  // ---- acts. Each ends through its callback; acts of an open device given before settled() wait for it.
  /// Shows the invitation, verifies everything it hangs on, makes keys and certificate, enrols, comes back
  /// with the certified key, logs in, makes the store's inner part and the first links of its parties.
  /// A person's first device founds her second factor and is logged in by that; a further one logs in with
  /// what she has.
  void enrol(const invitation_file& file, std::string code, credentials given, done<logged_in_as> then);
  /// The authenticator's secret of an enrolment that was begun and not finished; empty if there is none.
  [[nodiscard]] wiped_bytes enrolling_secret() const;
  /// On a station, before anybody is logged in: who has this name, by the daemon's word. not_found.
  void find_user(std::string name, done<user_id> then);
  /// `user`: who, on a station; none on a personal device.
  void log_in(std::string password, std::string second_factor, done<logged_in_as> then,
              const user_id& user = {});
  void log_off(done<nothing> then);
  /// Ends the session on another device of the same person.
  void log_off_other(const device_id& other, done<nothing> then);
  /// The second factor again: acts that were refused as second_factor_too_old may be asked once more.
  void prove(std::string second_factor, done<nothing> then);
  /// Ten, each good once; those of before are dead. Needs a fresh second factor.
  void make_recovery_codes(done<std::vector<std::string>> then);
  /// Another authenticator: 20 bytes, and the six digits it shows. Needs a fresh second factor.
  void set_second_factor(bytes secret, std::string code, done<nothing> then);

  /// To a person by certified name, or to a role by its name. `staged` (may be unset) is told the message's
  /// id when it stands in the outbox: from then on it is sent until it is acked, also by a later device
  /// object. Refusals: not_found, wrong names offered by the daemon as certificate refusals, or why the
  /// outbox stopped.
  void send(std::string to, draft what, std::function<void(message_id)> staged, done<sent_message> then);
  /// As send(), into a known conversation.
  void send_in(const conversation_id& where, draft what, std::function<void(message_id)> staged,
               done<sent_message> then);
  /// Makes slip and body and keeps them without sending; send_staged() sends all that are kept. For the
  /// bench, and for writing while the channel is down.
  expected<message_id> stage_in(const conversation_id& where, const draft& what);
  void send_staged();
  /// A message that stopped because the people in its conversation changed (stale_conversation): the person
  /// has looked at the change and sends it to the new ones (e2ee 6.5).
  void confirm(const message_id& message, done<sent_message> then);
  /// Told of every ack that has no callback of its own.
  std::function<void(const outbox_row&)> outbox_moved;

  /// Fetches what is new everywhere and verifies it.
  void catch_up(done<nothing> then);
  void open(const conversation_id& where, std::vector<std::uint64_t> seqs, wire::device::purpose why,
            done<std::vector<opened_message>> then,
            wire::device::off_duty_reason reason = wire::device::off_duty_reason::none);
  void acknowledge(const message_id& message, done<acknowledged_message> then);
  /// Takes it, whoever has it, if it is still at the version that was looked at: item_changed with who has it
  /// now, item_answered.
  void claim(const message_id& message, std::uint32_t version, done<acknowledged_message> then);
  /// Gives back what one has: item_not_yours with who has it.
  void release(const message_id& message, done<acknowledged_message> then);
  /// What waits, as the daemon ranks it. `role` with inbox_view::role only: its name.
  void waiting(wire::device::inbox_view view, std::string role, done<waiting_list> then);
  /// Who is on duty: of one role by name, or of every role of this device; `at` 0 = now.
  void duty(std::string role, time_ms at, done<std::vector<duty_row>> then);
  /// Takes back an own message, whichever device wrote it: released to nobody any more, then destroyed. What
  /// was read before stays read. Kept and sent again like an acknowledgement.
  void recall(const message_id& message, done<acknowledged_message> then);
  /// The conversation with exactly this person or role and the own party; made if there is none.
  void conversation_with(std::string to, done<conversation_id> then);
  void roles(done<std::vector<role_name>> then);

  // ---- registrars
  void invite(invite_order order, done<invitation_made> then);
  /// A grant of a role, or its end, for a person or a station by name; `until` 0 = open.
  void grant(std::string name, std::string role, time_ms until, done<nothing> then);
  void withdraw(std::string name, std::string role, done<nothing> then);
  /// As grant and withdraw, and as turn; where this registrar may not do it alone, signed and handed over
  /// instead of sent. Nothing handed over: it is done.
  void prepare_grant(std::string name, std::string role, e2ee::grant_state state, time_ms until,
                     done<handed_over> then);
  void prepare_turn(std::string party, done<handed_over> then);
  /// On the second registrar's device: what it would do, and the second signature, which ends it.
  void show_act(prepared_act act, done<act_shown> then);
  void cosign(prepared_act act, done<nothing> then);
  /// The next certificate of a device, a year longer: signed here, and by the device when it sees it. Where
  /// this registrar may not do it alone, handed over instead.
  void renew(const device_id& which, done<handed_over> then);
  /// Also a person's own other device. second_factor_too_old: prove it, then call again.
  void revoke(const device_id& which, e2ee::revocation_reason reason, done<nothing> then);
  /// A party by its id, or by the name of a role or person: a new link with what waits in it.
  void turn(std::string party, done<nothing> then);
  /// Keys of a conversation for a device that replaced its person's others (e2ee 6.9), after the identity
  /// check and with a person's approval. How many.
  void give_keys(const conversation_id& where, const device_id& to, done<std::size_t> then);
  /// Every device of a person, or the station, by name.
  void devices_of(std::string name, done<std::vector<member_row>> then);
  void pending(done<std::vector<waiting_row>> then);
  /// Destroys all messages of a conversation, for everybody and for ever: its id, its parties and the audit
  /// log stay. second_factor_too_old: prove it, then call again. The leaf of the order; the keys die soon
  /// after.
  void destroy(const conversation_id& where, e2ee::destroy_reason reason, done<std::uint64_t> then);
  /// A person or role into a conversation.
  void add_to(const conversation_id& where, std::string name, done<conversation_id> then);
  /// When this device's certificate ends: an alarm, never a refusal. 0 before enrolment.
  [[nodiscard]] time_ms certificate_until() const;
  /// The device's own certificate, for `wardctl registrar certify`. Empty before enrolment.
  [[nodiscard]] bytes certificate() const;
  /// The registrar certificate made with it.
  void install_registrar(bytes object, done<nothing> then);

  // ---- what is known here
  /// Waiting first, by level, then by age; then the acknowledged, newest first. Own messages are left out.
  [[nodiscard]] std::vector<message_row> inbox() const;
  /// What this person wrote, on any device, newest first.
  [[nodiscard]] std::vector<message_row> sent() const;
  [[nodiscard]] std::vector<message_row> messages(const conversation_id& where) const;
  [[nodiscard]] std::optional<message_row> find(const message_id& message) const;
  [[nodiscard]] std::vector<conversation_row> conversations() const;
  [[nodiscard]] std::vector<outbox_row> outbox() const;
  /// As certified; empty for somebody whose certificate is not held here.
  [[nodiscard]] std::string name_of(const user_id& user) const;
  /// Whoever belongs to a party can compare heads with another device of it: they are the same or one is
  /// behind.
  [[nodiscard]] party_head head_of(const party_id& party) const;

  /// Numbers shown to the person (1..): remember_listing() persists what they mean, listed() finds it again.
  expected<nothing> remember_listing(const std::vector<message_row>& shown);
  [[nodiscard]] std::optional<message_row> listed(std::uint32_t number) const;

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace wardline::client
