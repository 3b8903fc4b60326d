#pragma once
// Stored rows of people, devices, parties and conversations: one struct a row, one version byte first. Rows
// marked *stamped* stand behind the store's stamp (store_messages.hpp: leaf and log number of the act that
// wrote them). Decoders are complete and bounded; nothing means the row is not of this version, which is a
// poison row.
#include "rules/clinic.hpp"
#include "rules/second_factor.hpp"
#include "wire/device.hpp"
#include "wire/limits.hpp"

namespace wardline::rows {

/// table user, key user id, stamped. The Argon2id string never leaves the daemon.
struct user {
  party_id party;           ///< the person's own
  std::string display_name; ///< as certified, 1..96 bytes
  std::string password;     ///< PHC string, at most 256 bytes
};

/// table user, key user id | 1, stamped: what the person's authenticator holds, which of its codes were used,
/// and her recovery codes: 128 random bits each, so that a fast hash is enough (security 7.3).
struct second_factor {
  bytes secret; ///< 20 bytes
  rules::used_steps used;
  std::array<std::uint8_t, 16> salt{};
  std::vector<hash32> recovery; ///< SHA-256(salt | code) of those not used yet, at most ten
};

/// table device, key device id | 3, stamped: the one store that speaks for this device (e2ee 11, rule 4).
struct store_instance {
  std::array<std::uint8_t, 16> instance{};
};

/// table device, key device id, stamped. Everything else stands in its certificate.
struct device {
  hash32 certificate{}; ///< object hash of the newest
  bool gated = false;
};

/// table device, key device id | 1, stamped: the daemon's half of the device store's key (e2ee 5.13).
struct lock_share {
  std::uint32_t number = 0; ///< >= 1
  bytes share;              ///< 32 bytes
  bytes next{}; ///< of number + 1: offered at log-in until the device confirms it; 32 bytes or none
  /// Of number - 1, while only the backups know that one: a restore would bring it back. 32 bytes or none.
  bytes earlier{};
};

/// table device, key device id | 2 | user id, stamped: wrong passwords and second factors of this person on
/// this device since the last right ones. Survives restarts, so that nobody gets free tries by one (security
/// 7.5).
struct wrong_passwords {
  std::uint32_t in_a_row = 0;
  time_ms last = 0;
  bool known = false; ///< she has logged in here before
};

/// table user, key user id | 2, stamped: the same of all devices on which she never logged in.
struct strange_tries {
  std::uint32_t in_a_row = 0;
  time_ms last = 0;
};

/// table device, key_of_gate, stamped: nothing but that it is there.
struct gate {};

/// table device, key_of_brake, stamped: the administrator of the box closed the gate and may open it again.
struct brake {
  std::string reason; ///< as typed, at most brake_reason_bytes_max; shown to nobody but auditors
};
inline constexpr std::size_t brake_reason_bytes_max = 200;

/// table party, key party id, stamped.
struct party {
  rules::party_kind kind = rules::party_kind::user;
  std::string name;    ///< 1..96 bytes
  std::uint32_t n = 0; ///< head's number, 0 = no link yet
  hash32 head{};
};

/// table party, key party id | 1: members and seals of the head, as received (e2ee 5.6).
struct party_head {
  bytes members;
  bytes seals;
};

/// table conversation, key conversation id, stamped.
struct conversation {
  std::uint32_t n = 0; ///< head's number, >= 1
  hash32 head{};       ///< its bytes stand in table object
};

enum class invitation_state : std::uint8_t { waiting = 1, spent, dead };

/// table invitation, key invitation id, stamped.
struct invitation {
  hash32 object{}; ///< its bytes stand in table object
  std::array<std::uint8_t, 16> code_salt{};
  hash32 code_hash{}; ///< SHA-256(salt | code); the row is sealed, five tries guard the eight digits
  std::uint8_t wrong_codes = 0;
  invitation_state state = invitation_state::waiting;
  hash32 certificate{};  ///< object hash of the one it made, once spent
  public_key link_key{}; ///< CURVE key that came with it and goes with its device; 0^32 = none
};

/// table link_key, key SHA-256 of the CURVE key, stamped.
struct link_key {
  public_key key{};
  std::string plugin; ///< 1..64 bytes
};

/// table session, key device id, stamped: who is logged in there.
struct session {
  user_id user;
  time_ms since = 0;
  time_ms until = 0;  ///< absolute end
  time_ms proved = 0; ///< when a second factor was given last
  /// Of the channel in which that was; zero for the session that came with an enrolment. Nothing compares it
  /// yet: a session goes on over channels of the same device key. The challenges of WebAuthn will be bound to
  /// it (e2ee 7.5).
  hash32 handshake{};
};

/// table meta, key "clinic": what was ingested at founding.
struct clinic {
  clinic_id id;
  incarnation_id incarnation;
  hash32 root{};        ///< object hash; bytes in table object
  hash32 server{};      ///< object hash of the newest server certificate
  party_id emergency{}; ///< the role that is in every patient's conversation
};

bytes encode(const user& r);
bytes encode(const second_factor& r);
bytes encode(const device& r);
bytes encode(const store_instance& r);
bytes encode(const lock_share& r);
bytes encode(const wrong_passwords& r);
bytes encode(const strange_tries& r);
bytes encode(const gate& r);
bytes encode(const brake& r);
bytes encode(const party& r);
bytes encode(const party_head& r);
bytes encode(const conversation& r);
bytes encode(const invitation& r);
bytes encode(const link_key& r);
bytes encode(const session& r);
bytes encode(const clinic& r);

template <class Row>
std::optional<Row> decode(bytes_view raw);

/// Keys that are more than an id.
bytes key_of_factor(const user_id& u);
bytes key_of_strange_tries(const user_id& u);
bytes key_of_store_instance(const device_id& d);
bytes key_of_share(const device_id& d);
bytes key_of_wrong_passwords(const device_id& d, const user_id& u);
/// table device: stands there from the commit that gates the device on; for ever, but for what the
/// administrator's brake closed. What a device asked for
/// before it and was decided on an older snapshot is written only if it is absent.
bytes key_of_gate(const device_id& d);
bytes key_of_brake(const device_id& d);
bytes key_of_head(const party_id& p);
/// table conversation: party id | conversation id, value one byte: which conversations a party is in.
bytes key_of_membership(const party_id& p, const conversation_id& c);
inline constexpr std::string_view clinic_key = "clinic";

} // namespace wardline::rows
