#pragma once
// Slips: who wrote to whom, and the message's key sealed to every party; everything but the text (e2ee 5.9).
// Public half: form, hash, signature, and the daemon's checks. Sealing and opening: slip_seals.hpp.
//
//   header | per party of the header, same order: u32 epoch, b32 enc, b48 ct | records copy, 176 B, or
//   nothing
#include "e2ee/codec.hpp"
#include "e2ee/envelope.hpp"

namespace wardline::e2ee {

inline constexpr std::size_t slip_parties_max = 32;
inline constexpr std::size_t slip_attachments_max = 32;
inline constexpr std::size_t seal_bytes = 84; ///< u32 epoch | enc | ct
inline constexpr std::size_t records_copy_bytes = 176;
inline constexpr std::uint64_t time_ahead_ms_max = 5 * 60'000;

struct attachment_ref {
  attachment_id attachment;
  hash32 blob_hash{};
  std::uint64_t blob_size = 0; ///< bytes
  bool operator==(const attachment_ref&) const = default;
};

struct slip_header {
  message_id message;
  conversation_id conversation;
  std::uint32_t conversation_link = 0; ///< n of the conversation's head
  user_id author_user;
  device_id author_device;
  hash32 author_certificate{}; ///< object hash
  time_ms time = 0;            ///< the author's clock: shown, never an order
  bytes envelope;              ///< as written, any version (envelope.hpp)
  hash32 body_hash{};
  std::uint32_t body_size = 0; ///< bytes: bucket + 16
  hash32 key_commitment{};
  std::vector<attachment_ref> attachments; ///< ascending by id, at most 32
  std::vector<party_id> parties;           ///< ascending, 1..32
  hash32 records_key{};                    ///< object hash; 0^32: escrow off, no records copy
  bool operator==(const slip_header&) const = default;
};

struct slip_seal {
  std::uint32_t epoch = 0;
  public_key enc{};
  std::array<std::uint8_t, 48> ct{};
};

using records_copy = std::array<std::uint8_t, records_copy_bytes>;

struct slip_fields {
  static constexpr kind of = kind::slip;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;

  slip_header header;
  std::vector<slip_seal> seals; ///< one per party of the header, same order
  std::optional<records_copy> records;
  std::size_t header_bytes = 0; ///< of the signed bytes, frame start included; set by `read`

  void write(writer& out) const;
  static slip_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }
};

/// A slip as received, and h, the identity of its message.
struct slip : object<slip_fields> {
  hash32 h{};

  static expected<slip> decode(bytes_view raw, const clinic_id& pinned);

  /// Position of a party in header and seals.
  [[nodiscard]] std::optional<std::size_t> position(const party_id& p) const;
};

/// h = H("wardline slip header v1", header), frame start included.
hash32 header_hash(bytes_view header);
/// The header's bytes, as they are hashed.
bytes encode_header(const clinic_id& clinic, const slip_header& header);
/// HPKE info of a party's seal: lab("wardline seal v1") | h | party | u32 epoch.
bytes seal_info(const hash32& h, const party_id& party, std::uint32_t epoch);

// The daemon's checks, in the order of e2ee 5.9. What needs the store stands between them at the caller:
// entitlement (`not_found`), known ids (`message_id_reused`, `message_destroyed`), blobs.

/// `author_not_channel`, `stale_certificate`, `author_not_device_user`. `acting_user`: the certificate's on a
/// personal device, the one logged in on a station.
[[nodiscard]] refusal check_author(const slip_header& header, const device_id& channel_device,
                                   const hash32& newest_certificate, const user_id& acting_user);

/// `stale_conversation`, `recipients_mismatch`. Parties of the conversation's head, ascending.
[[nodiscard]] refusal check_recipients(const slip_header& header, std::uint32_t head_n,
                                       const std::vector<party_id>& head_parties);

/// `time_ahead`: more than five minutes. `now` is the daemon's clock.
[[nodiscard]] refusal check_time(const slip_header& header, time_ms now);

/// Position of the first party whose seal is not for its head (`stale_party`); heads in the header's order.
[[nodiscard]] std::optional<std::size_t> stale_seal(const slip& s, const std::vector<std::uint32_t>& heads);

/// `stale_records_key`. 0^32: escrow is off.
[[nodiscard]] refusal check_records_key(const slip_header& header, const hash32& current);

/// `body_mismatch`: the size is no bucket + 16, or size or SHA-256 are not the header's.
[[nodiscard]] refusal check_posted_body(const slip_header& header, bytes_view body);

/// The author's signature over the received bytes (`bad_signature`).
[[nodiscard]] refusal check_slip_signature(const slip& s, const public_key& author_signing);

/// What a reader knows of the author's device at this slip's place in the log.
struct slip_author {
  public_key signing{};
  user_id user; ///< none on a station: the name is shown "as logged in at"
  bool revoked_before = false;
};

/// A reader's checks that need no secret: `bad_signature`, `author_revoked`, `author_not_device_user`,
/// `not_for_me` (none of the reader's own parties is among the recipients).
[[nodiscard]] refusal check_received(const slip& s, const slip_author& author,
                                     const std::vector<party_id>& own_parties);

} // namespace wardline::e2ee
