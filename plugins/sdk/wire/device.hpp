#pragma once
// Messages inside the device channel as plain values; plugins/sdk/proto/device.proto says what each field
// means. Signed objects stay opaque bytes here: plugins/sdk/e2ee decodes and verifies them as received.
#include "wire/device_attachments.hpp"
#include "wire/expected.hpp"
#include "wire/ids.hpp"
#include <variant>

namespace wardline::wire::device {

struct server_hello {
  incarnation_id incarnation{};
  time_ms time = 0;
  std::uint64_t message_bytes_max = 0;
  std::string checkpoint;
  std::optional<hash32> heads_digest;
};

// ---------------------------------------------------------------- requests

struct hello {
  device_id device{};
  hash32 certificate_hash{};
  std::array<std::uint8_t, 16> store_instance{};
  std::uint64_t pin_size = 0;
};
struct show_invitation {
  invitation_id invitation{};
  std::string code;
};
struct enrol {
  invitation_id invitation{};
  std::string code;
  bytes certificate;
  std::string password;        ///< whoever holds this wipes it
  bytes totp_secret{};         ///< 20 bytes or none; likewise
  std::string second_factor{}; ///< likewise
};
struct log_in {
  user_id user{}; ///< none on a personal device
  std::string password;
  std::string second_factor{};
};
struct log_off {
  device_id device{}; ///< none = this one
};
struct find_person {
  std::string display_name;
};
struct list_parties {
  party_id after{}; ///< none = from the first
};
struct get_party {
  party_id party{};
  std::uint32_t from_n = 1;
};
struct get_objects {
  std::vector<hash32> hashes;
};
struct list_conversations {
  conversation_id after{}; ///< none = from the first
};
struct submit {
  bytes object;
  bytes members;
  bytes seals;
  std::vector<bytes> packs{};
  bytes cosignature{};
  std::optional<hash32> report{};
};
struct party_name {
  party_id party{};
  std::uint8_t kind = 0; ///< 1 user, 2 role, 3 patient, 4 service
  std::string name;
  bool emergency = false; ///< in answers only
};
struct invite {
  bytes object;
  std::string code;
  std::optional<public_key> link_key;
  std::vector<party_name> names;
  bytes cosignature{};
};
struct post {
  bytes slip;
  bytes body;
};
struct get_slips {
  conversation_id conversation{};
  incarnation_id incarnation{};
  std::uint64_t after_seq = 0;
  std::uint32_t slips_max = 0;
};
enum class purpose : std::uint8_t { treatment = 1, off_duty, break_glass, records, restore };
enum class off_duty_reason : std::uint8_t {
  none = 0,
  covering,
  asked_to_help,
  roster_wrong,
  finishing,
  other
};
struct open {
  conversation_id conversation{};
  std::vector<std::uint64_t> seqs;
  device::purpose purpose = device::purpose::treatment;
  off_duty_reason reason = off_duty_reason::none; ///< with off_duty only
};
struct act {
  bytes object;
};
struct get_checkpoint {
  std::uint64_t old_size = 0;
};
struct prove {
  std::string second_factor; ///< whoever holds this wipes it
};
struct make_recovery_codes {};
struct set_second_factor {
  bytes secret; ///< 20 bytes; whoever holds this wipes it
  std::string code;
};
struct list_pending {};
struct get_packs {
  party_id party{};
};
struct want_pack {
  party_id party{};
};
struct get_key_lists {
  conversation_id conversation{};
  std::uint32_t from_part = 0;
};
/// Exactly one of the two.
struct get_standing {
  user_id user{};
  device_id device{};
};
struct get_changes {
  std::uint64_t after_leaf = 0; ///< leaf + 1 of the last one known
};

struct claim {
  bytes object;
  std::uint32_t version = 0;
};
enum class inbox_view : std::uint8_t { all = 0, unassigned, mine, role };
struct list_inbox {
  inbox_view view = inbox_view::all;
  party_id role{};
  bytes cursor; ///< empty = from the first
  std::uint32_t items_max = 0;
};
struct get_duty {
  party_id role{};
  time_ms at = 0; ///< 0 = now
};

enum class exposure_part : std::uint8_t { could_open = 1, log };
struct get_exposure {
  device_id device{};
  exposure_part part = exposure_part::could_open;
  party_id after_party{}; ///< both or neither
  conversation_id after_conversation{};
  std::uint64_t from_leaf = 0;
};

/// What a device pinned of an earlier life of the store (e2ee 6.6).
struct meet_life {
  incarnation_id earlier{};
  std::uint64_t size = 0; ///< >= 1
  hash32 root{};
};

using request_body =
    std::variant<hello, show_invitation, enrol, log_in, log_off, find_person, list_parties, get_party,
                 get_objects, list_conversations, submit, invite, post, get_slips, open, act, get_checkpoint,
                 prove, make_recovery_codes, set_second_factor, list_pending, get_packs, get_key_lists,
                 get_standing, get_changes, want_pack, claim, list_inbox, get_duty, get_exposure, get_upload,
                 put_chunk, get_chunk, meet_life>;

struct request {
  request_id id{};
  request_body what;
};

// ---------------------------------------------------------------- answers

struct logged {
  bytes object;
  std::uint64_t leaf = 0;
  bytes salt;
  bytes entry;
  std::vector<hash32> proof;
};
/// A refusal and what it carries; unset fields are none or zero.
struct refused {
  refusal why = refusal::none;
  party_id party{};
  std::uint32_t epoch = 0;
  hash32 inbox{};
  hash32 hash{};
  user_id user{};
  time_ms time = 0;
};
struct share {
  std::uint32_t number = 0;      ///< 0 = not set
  bytes value;                   ///< 32 bytes; whoever holds this wipes it
  std::uint32_t next_number = 0; ///< 0 = none is offered
  bytes next{};                  ///< 32 bytes or none; likewise
  std::uint32_t oldest = 0;      ///< the half of this number may come back with a backup; 0 = none
};
struct welcome {
  user_id user{};
  time_ms session_until = 0;
  std::string checkpoint;
  std::vector<hash32> consistency;
  device::share share;
  time_ms idle = 0;              ///< 0 = no automatic log-off
  std::uint64_t safe_leaves = 0; ///< messages accepted at a lower leaf are in a backup
};
struct invitation {
  bytes root;
  bytes server;
  std::vector<bytes> chain;
  bytes invitation_object;
};
struct enrolled {
  std::uint64_t leaf = 0;
};
struct logged_in {
  user_id user{};
  time_ms session_until = 0;
  device::share share;
  time_ms idle = 0; ///< 0 = no automatic log-off
};
struct person {
  user_id user{};
  party_id party{};
};
struct station {
  device_id device{};
};
struct parties {
  std::vector<party_name> names; ///< ascending ids
  bool more = false;
};
struct own_seal {
  std::uint32_t n = 0;
  std::array<std::uint8_t, 80> seal{};
};
struct party {
  party_id id{};
  std::uint8_t kind = 0;
  std::vector<logged> cores;
  bytes members;
  bytes seals;
  std::vector<logged> certificates;
  std::string checkpoint;
  std::vector<own_seal> own_seals{}; ///< ascending
};
struct objects {
  std::vector<logged> found;
  std::string checkpoint;
};
struct conversation {
  conversation_id id{};
  bytes link;
  std::uint64_t last_seq = 0;
};
struct conversations {
  std::vector<conversation> all; ///< ascending ids
  bool more = false;
};
struct submitted {
  hash32 hash{};
  std::uint64_t leaf = 0;
};
struct posted {
  std::uint64_t seq = 0;
  std::uint64_t leaf = 0;
};
struct slip {
  conversation_id conversation{};
  std::uint64_t seq = 0;
  std::uint64_t leaf = 0;
  bytes object;
  bytes acknowledgement;
  time_ms time = 0;
  std::uint64_t acknowledgement_leaf = 0;
  bytes recall{};
  std::uint64_t recall_leaf = 0;
};
struct slips {
  std::vector<slip> rows;
  bool more = false;
};
struct body {
  std::uint64_t seq = 0;
  bytes sealed;
};
struct opened {
  std::uint64_t leaf = 0;
  std::vector<body> bodies;
  std::uint32_t left_off = 0;
};
struct done {
  std::uint64_t leaf = 0;
};
struct checkpoint {
  std::string note;
  std::vector<hash32> consistency;
};

struct turn_wanted {
  party_id party{};
  std::vector<device_id> add;    ///< ascending
  std::vector<device_id> remove; ///< ascending
  time_ms since = 0;
};
struct pack_wanted {
  party_id party{};
  device_id device{};
  time_ms history_from = 0;
};
struct keys_wanted {
  conversation_id conversation{};
  device_id device{};
  time_ms history_from = 0;
  bytes report{}; ///< act, or none: by its invitation
};
struct renewal_due {
  device_id device{};
  time_ms until = 0;
  bool offered = false;
};
struct pending {
  std::vector<turn_wanted> turns;
  std::vector<pack_wanted> packs;
  std::vector<keys_wanted> key_lists;
  bytes renewal{}; ///< device certificate with one signature, or none
  std::vector<renewal_due> renewals{};
};
struct recovery_codes {
  std::vector<std::string> codes; ///< whoever holds this wipes it
};
struct packs {
  std::vector<bytes> objects;
};
struct key_lists {
  std::vector<bytes> objects;
  bool more = false;
};

struct inbox_item {
  message_id message{};
  conversation_id conversation{};
  std::uint64_t seq = 0;
  std::uint8_t level = 0; ///< its lane, 1..5
  bool scored = false;
  bool needs_ack = false;
  std::uint8_t type = 0;
  user_id author{};
  time_ms time = 0;
  user_id owner{}; ///< none = nobody has it
  time_ms since = 0;
  std::uint32_t version = 0;
  party_id party{};
  bool off_duty = false;
  std::uint32_t steps = 0;
  time_ms due = 0; ///< 0 = no clock runs
};
struct inbox {
  std::vector<inbox_item> items;
  bytes next; ///< empty = that was all
  std::uint32_t waiting = 0;
};
struct duty {
  party_id role{};
  bool rostered = false;
  std::vector<user_id> people; ///< ascending
  time_ms until = 0;           ///< 0 = not within two years
  bool mine = false;
};
struct duties {
  std::vector<duty> all; ///< ascending roles
};

struct exposed_conversation {
  party_id party{};
  conversation_id conversation{};
  std::uint64_t last_seq = 0;
};
struct exposure {
  std::vector<exposed_conversation> conversations; ///< ascending
  std::vector<logged> leaves;                      ///< ascending, without objects
  std::string checkpoint;
  bool more = false;
  std::uint64_t next_leaf = 0;
};

using answer_body =
    std::variant<refused, welcome, invitation, enrolled, logged_in, person, parties, party, objects,
                 conversations, submitted, posted, slips, opened, done, checkpoint, pending, recovery_codes,
                 packs, key_lists, station, inbox, duties, exposure, upload, chunk>;

struct answer {
  request_id id{};
  answer_body result;
};

struct session_ended {
  refusal why = refusal::none;
};
struct party_changed {
  party_id party{};
  std::uint32_t n = 0;
};
struct share_gone {
  std::uint32_t number = 0;
};

struct wake {
  message_id message{};
  std::uint8_t level = 0; ///< 1..3
};

struct wipe_order {
  bytes object; ///< signed, at most wipe_order_bytes_max
};

using from_daemon =
    std::variant<answer, slip, session_ended, party_changed, pending, share_gone, wake, wipe_order>;

bytes encode(const server_hello& m);
bytes encode(const request& m);
bytes encode(const from_daemon& m);

/// Complete and bounded, or a refusal: malformed_request, message_too_large, unknown_request (an empty oneof:
/// the peer is newer), object_too_large (a signed object above its kind's size). The id of a request is given
/// back where it could be read, so that the refusal can be answered.
expected<server_hello> decode_server_hello(bytes_view raw);
expected<request> decode_request(bytes_view raw, request_id* id_read = nullptr);
expected<from_daemon> decode_from_daemon(bytes_view raw);

} // namespace wardline::wire::device
