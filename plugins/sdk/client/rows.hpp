#pragma once
// The rows of a device's store as values. Each is u8 version 1 and then its fields in the encoding of e2ee 1;
// decoders are complete and bounded, nothing means the row is damaged or of another version.
#include "client/device.hpp"
#include "e2ee/bytes.hpp"

namespace wardline::client::rows {

/// table device, key "device": who this device is. Outer: the channel needs it before anybody logs in.
struct device {
  clinic_id clinic;
  device_id id;
  public_key identity_key{};
  public_key server_noise_key{};
  public_key noise_public{};
  secret32 noise_secret;
  std::string endpoint;
  public_key server_curve_key{};
  public_key client_curve_public{};
  secret32 client_curve_secret;
  invitation_id invitation;
  bytes root; ///< objects, as received; empty before the invitation was shown
  bytes server;
  bytes certificate;         ///< own; empty before it was made
  bool enrolled = false;     ///< the daemon has accepted the certificate
  std::vector<hash32> chain; ///< what the certificate hangs on, to be fetched with proofs
};

/// cell enrolment, until the inner part holds the keys. The seed is dropped when the certificate is made. The
/// authenticator's secret is kept as it was shown: an enrolment that goes on sends the same one.
struct enrolment {
  secret32 signing_seed;
  secret32 sealing_secret;
  std::optional<secret32> invitation_seed;
  wiped_bytes totp_secret{}; ///< 20 bytes or none
};

/// table keys, key "keys". `device_row` is SHA-256 of the outer row: who swaps pins on a locked device is
/// seen.
struct keys {
  secret32 signing_seed;
  secret32 sealing_secret;
  hash32 device_row{};
};

/// table pin, key "pin"; the same bytes in table keys under "pin", for the same reason.
struct pin {
  incarnation_id incarnation;
  std::string origin;
  std::uint64_t size = 0;
  hash32 root{};
  std::uint64_t shared = UINT64_MAX; ///< likewise in rows written before there were restores
};

/// table conversations, key conversation id.
struct conversation {
  bytes link; ///< head object, as received
  incarnation_id incarnation;
  std::uint64_t seq = 0; ///< slips up to here are kept
};

/// table messages, key conversation id | u64 seq.
struct message {
  std::uint64_t leaf = 0;
  time_ms accepted = 0;
  refusal unreadable = refusal::none;
  secret32 key; ///< K; zero if unreadable
  std::uint64_t opened = 0;
  user_id acknowledged_by;
  time_ms acknowledged = 0;
  bytes slip;           ///< object, as received
  time_ms recalled = 0; ///< the author's clock; 0 also in rows written before messages could be recalled
};

/// table outbox, key message id.
struct outbox {
  conversation_id conversation;
  request_id request;
  outbox_state state = outbox_state::written;
  std::uint64_t order = 0; ///< as written on this device: sent in this order
  std::uint8_t reseals = 0;
  refusal why = refusal::none;
  std::uint64_t seq = 0;
  std::uint64_t leaf = 0;
  secret32 key; ///< K, for sealing again
  bytes slip;
  bytes body;
};

/// table uploads, key message id: whose chunks stand in table chunks. Written before the first of them, and
/// before the row of the outbox: without that one they are garbage.
struct upload {
  struct file {
    attachment_id attachment;
    std::uint64_t blob_size = 0; ///< bytes
  };
  std::vector<file> files; ///< at most attachments_max
};

/// table acts, key message id.
struct staged_act {
  request_id request;
  bytes object;
};

/// table turns, key party id.
struct turn {
  request_id request;
  bytes core;
  bytes members;
  bytes seals;
  std::vector<bytes> packs; ///< that travel with it
};

/// table changes, key "changes".
struct changes {
  std::uint64_t after_leaf = 0; ///< leaf + 1 of the last one taken
};

/// table objects, key object hash.
struct object {
  std::uint64_t position = 0;
  time_ms time = 0;
  bytes raw;
  bytes cosigned{}; ///< a second registrar's word, or none
};

/// table parties, key party id: the head. Its cores stand under party id | u32 n, as received.
struct party {
  std::uint8_t kind = 0;
  std::uint32_t head = 0;
  bytes members; ///< as received
};

bytes encode(const device& r);
bytes encode(const enrolment& r);
bytes encode(const keys& r);
bytes encode(const pin& r);
bytes encode(const conversation& r);
bytes encode(const message& r);
bytes encode(const outbox& r);
bytes encode(const upload& r);
bytes encode(const staged_act& r);
bytes encode(const turn& r);
bytes encode(const changes& r);
bytes encode(const object& r);
bytes encode(const party& r);

template <class Row>
std::optional<Row> decode(bytes_view raw);

// Keys that are more than an id.
bytes key_of(std::string_view word);
bytes key_of_core(const party_id& p, std::uint32_t n);
bytes key_of_chunk(const message_id& m, const attachment_id& a, std::uint32_t index);
bytes key_of_message(const conversation_id& c, std::uint64_t seq);
template <class Id>
bytes key_of_id(const Id& x) {
  return to_bytes(x.view());
}

} // namespace wardline::client::rows
