#pragma once
// Conversation links: which parties a conversation has (e2ee 5.8). Public half.
#include "e2ee/codec.hpp"
#include "e2ee/standing.hpp"

namespace wardline::e2ee {

inline constexpr std::size_t conversation_parties_max = 32;

struct conversation_party {
  party_id party;
  party_kind kind = party_kind::user;
  bool operator==(const conversation_party&) const = default;
};

struct conversation_fields {
  static constexpr e2ee::kind of = e2ee::kind::conversation;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;

  conversation_id conversation;
  std::uint32_t n = 0;                     ///< from 1
  hash32 previous{};                       ///< object hash of link n - 1; 0^32 for n = 1
  party_id subject;                        ///< the patient party it is about, or none
  std::vector<conversation_party> parties; ///< ascending by party, 1..32
  std::uint8_t reason = 0;                 ///< shown beside the change; 0 = none given
  device_id signer_device;
  hash32 signer_certificate{};
  time_ms time = 0;

  void write(writer& out) const;
  static conversation_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }

  [[nodiscard]] bool has(const party_id& p) const;
  [[nodiscard]] std::vector<party_id> party_ids() const; ///< ascending, as a slip lists them
};
using conversation_link = object<conversation_fields>;

/// What is held of a conversation: its head.
struct conversation_head {
  conversation_id conversation;
  std::uint32_t n = 0; ///< 0: nothing yet
  hash32 hash{};
  party_id subject;
  std::vector<conversation_party> parties;
};

/// Every check of e2ee 5.8 for the link that follows `head`. Refuses: `needs` (a gap, an unknown signer),
/// `stale_certificate`, `bad_signature`, `conversation_taken` (n <= head), `chain_broken`, `subject_changed`,
/// `no_role_party`, `signer_not_member`.
[[nodiscard]] refusal check_conversation_link(const conversation_head& head, const conversation_link& next,
                                              const standing& known);

conversation_head head_of(const conversation_link& link);

} // namespace wardline::e2ee
