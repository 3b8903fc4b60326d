#pragma once
// Acts: acknowledgement and the other signed words of a device (e2ee 5.12). Public half.
#include "e2ee/codec.hpp"
#include "e2ee/envelope.hpp"

namespace wardline::e2ee {

enum class act_kind : std::uint8_t {
  acknowledge = 1,
  unacknowledge,
  raise,
  lower,
  lock_share_stored,
  wipe_done,
  report,
  // Not in e2ee 5.12, which has no act for them: far from its numbers, so that its next ones stay free.
  recall = 40, ///< by the message's author: released to nobody from here on
  destroy,     ///< by a registrar: target = a conversation's id, h = its newest link, reason = destroy_reason
};

/// Closed list of `destroy`.
enum class destroy_reason : std::uint8_t { retention_over = 1, asked_by_patient, wrong_record, other };

struct act_fields {
  static constexpr kind of = kind::act;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;

  act_kind act = act_kind::acknowledge;
  std::array<std::uint8_t, 16> target{}; ///< message id, or wipe order id
  hash32 h{};                            ///< of the slip, or object hash; lock share: 0^28 | u32 number
  user_id user;
  device_id device;
  hash32 certificate{};
  time_ms time = 0;
  urgency level = urgency::unscored; ///< raise and lower: the new one
  std::uint8_t reason = 0;           ///< closed list; a report: the refusal's number
  std::uint64_t tree_size = 0;       ///< of the log as the device pins it, in leaves
  hash32 tree_root{};

  void write(writer& out) const;
  static act_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }

  [[nodiscard]] message_id message() const { return message_id{target}; }
  [[nodiscard]] conversation_id conversation() const { return conversation_id{target}; }
};
using act = object<act_fields>;

/// h of `lock_share_stored`.
hash32 share_reference(std::uint32_t number);
/// The number in it; nothing if the first 28 bytes are not zero.
std::optional<std::uint32_t> share_number(const hash32& h);

// Checks, in the order of e2ee 5.12. Between them the caller asks its store: which message, who may act.

/// `author_not_channel`, `stale_certificate`, `author_not_device_user`, `bad_signature`.
struct act_author {
  device_id channel_device;
  hash32 newest_certificate{};
  user_id acting_user; ///< the certificate's on a personal device, the one logged in on a station
  public_key signing{};
};
[[nodiscard]] refusal check_act_author(const act& a, const act_author& author);

/// `act_on_other_message`: the act names another version of the message than the one with this h.
[[nodiscard]] refusal check_act_target(const act_fields& a, const message_id& message, const hash32& h);

/// `level_not_changed`, `reason_missing`; none for acts that change no level. `current`: the item's level,
/// unscored counts as today.
[[nodiscard]] refusal check_level_change(const act_fields& a, urgency current);

/// `log_forked` unless the act's tree head is one the daemon signed: `known_root` is the log's root at the
/// act's size, nothing if the log never had that size. Size 0 = the device has no pin yet.
[[nodiscard]] refusal check_act_tree(const act_fields& a, const std::optional<hash32>& known_root);

} // namespace wardline::e2ee
