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
#include "client/device_values.hpp"
#include "client/exposure_report.hpp"
#include "client/pipe.hpp"
#include "client/session.hpp"

namespace wardline::client {

/// What the owner may listen to; all may stay unset.
struct device_events {
  std::function<void(const message_row&)> arrived;      ///< verified and on this device's disk
  std::function<void(const message_row&)> acknowledged; ///< somebody's act was verified
  /// Something urgent waits and nobody has it: ring. Also while nobody is logged in; then the message may not
  /// be known here.
  std::function<void(const message_id&, urgency)> woken;
  std::function<void(const message_row&)> recalled; ///< its author's act was verified
  std::function<void(const notice&)> said;
  std::function<void(const transfer&)> transferred;
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
  /// A file of a message that was opened: `attachment` out of its content. `write` is given the file piece by
  /// piece and says whether it could keep it; it is the file only when `then` has the leaf.
  void fetch(const conversation_id& where, std::uint64_t seq, const wire::content_attachment& attachment,
             std::function<bool(bytes_view)> write, done<std::uint64_t> then);
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
  /// Of a device that was turned out: what it could open, and every entry of the log that names it, from this
  /// leaf on (with 0 also the conversations and groups). device_in_use: report it first.
  void exposure(const device_id& which, std::uint64_t from_leaf, done<exposure_report> then);
  /// A device whose certificate was verified here.
  [[nodiscard]] std::optional<member_row> member(const device_id& which) const;
  /// This device's signature over the bytes of a file; nothing while locked.
  [[nodiscard]] std::optional<signature64> sign_statement(bytes_view file) const;
  /// Is it the signature of this device, by the certificate that the log shows? not_found, bad_signature.
  void check_statement(const device_id& by, bytes file, const signature64& signature, done<member_row> then);
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
