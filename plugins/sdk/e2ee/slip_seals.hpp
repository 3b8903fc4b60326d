#pragma once
// The secret half of slips (e2ee 5.9, 6.5): a message's key K is made, sealed to every party, and opened.
#include "e2ee/signing.hpp"
#include "e2ee/slip.hpp"
#include <functional>

namespace wardline::e2ee {

/// A party's epoch to seal to: its inbox from a verified link, never from a refusal alone.
struct recipient {
  party_id party;
  std::uint32_t epoch = 0;
  public_key inbox{};
};

/// Computes the records copy of (K, h) under the key that the header names (e2ee 8.3).
using records_sealer = std::function<records_copy(const secret32& key, const hash32& h)>;

/// A message to be written. Body hash, size, commitment and parties of the header are filled in here.
struct draft {
  slip_header header;
  bytes_view content;                ///< at most 65 532 bytes
  std::vector<recipient> recipients; ///< 1..32, in any order
  records_sealer seal_records;       ///< present exactly when header.records_key is not 0^32
};

/// What goes into the outbox, before the first send; every retry sends these bytes.
struct sealed_message {
  bytes slip;
  bytes body;
  hash32 h{};
  secret32 key; ///< K, for re-sealing
};

/// A whole message under a fresh K. Refuses: `count_too_large` (recipients, attachments), `not_sorted` (a
/// party or attachment twice), `body_size` (content too long), `bad_public_key` (an inbox),
/// `stale_records_key` (records key and sealer do not fit each other).
expected<sealed_message> seal_message(const clinic_id& clinic, draft message, const signing_key& author);

/// The same under a K given: for a message whose attachments were sealed under it first, and for vectors. K
/// is never used twice (e2ee 5.10).
expected<sealed_message> seal_message_with(secret32 key, const clinic_id& clinic, draft message,
                                           const signing_key& author);

/// A party turned (`stale_party`): its 84 bytes are replaced and the slip signed again. h, body, K, the
/// records copy and the other seals stay byte for byte. Refuses: `recipients_mismatch` (not a recipient),
/// `key_commitment_mismatch` (another message's K), `bad_public_key`.
expected<bytes> reseal(const slip& s, const secret32& key, const recipient& to, const signing_key& author);

/// The conversation or the records key changed: a new header (new h, all seals) around the same id, K, body
/// and attachments. `changed` starts from `s.header`; its id, body fields, commitment and attachments are
/// taken from `s`. Refuses like `seal_message`, and `key_commitment_mismatch`. The caller keeps the body.
struct readdressed {
  bytes slip;
  hash32 h{};
};
expected<readdressed> readdress(const slip& s, const secret32& key, slip_header changed,
                                std::vector<recipient> recipients, const records_sealer& seal_records,
                                const signing_key& author);

/// K out of a party's seal, checked against the commitment. `inbox` is that of the seal's epoch. Refuses:
/// `not_for_me`, `seal_not_openable`, `key_commitment_mismatch`.
expected<secret32> open_seal(const slip& s, const party_id& party, const x25519_pair& inbox);

} // namespace wardline::e2ee
