#pragma once
// Key lists: keys of single messages for a device that replaced all others of its person, or that reported a
// message it cannot open (e2ee 5.7, 6.9, 6.10). Public half: form, who may have one, and who signed it.
// Sealing and opening: keylist_seal.hpp.
//
//   b16 conversation | b16 for device | b32 its certificate hash | b32 invitation hash | u16 part | u16 parts
//   | b32 enc | v32 ct         pt = (b16 message id, b32 K) each
#include "e2ee/act.hpp"
#include "e2ee/history.hpp"
#include "e2ee/slip.hpp"
#include <functional>

namespace wardline::e2ee {

/// Keys in one part.
inline constexpr std::size_t keylist_entries_max = 2'048;
inline constexpr std::size_t keylist_entry_bytes = 16 + 32;
inline constexpr std::size_t keylist_sealed_bytes_max = keylist_entries_max * keylist_entry_bytes + 16;
/// Parts of one list: what its u16 can say.
inline constexpr std::size_t keylist_parts_max = 0xffff;
/// Who fetches key lists from this part on fetches answers to reports instead: lists of one key, counted from
/// here.
inline constexpr std::uint32_t answers_from_part = 32'768;

struct keylist_fields {
  static constexpr kind of = kind::keylist;
  static constexpr std::uint8_t signatures_min = 1, signatures_max = 1;

  conversation_id conversation;
  device_id receiver;
  hash32 receiver_certificate{}; ///< object hash
  hash32 invitation{};           ///< of the replacement (6.9); 0^32: every key answers a report
  std::uint16_t part = 0;        ///< from 0
  std::uint16_t parts = 0;       ///< at least 1
  public_key enc{};
  bytes ct;

  void write(writer& out) const;
  static keylist_fields read(reader& in);
  [[nodiscard]] refusal check_keys() const { return refusal::none; }
};
using key_list = object<keylist_fields>;

/// HPKE info: lab("wardline keys v1") | the object's bytes before `enc`.
bytes keylist_info(const key_list& list);
bytes keylist_info(const clinic_id& clinic, const keylist_fields& fields);

/// How many parts this many keys need. `count_too_large`: none, or more than keylist_parts_max can hold.
expected<std::uint16_t> keylist_parts(std::size_t keys);

/// What has to be known of a slip whose key is given or received.
struct keyed_slip {
  message_id message;
  conversation_id conversation;
  hash32 h{};
  hash32 key_commitment{};
  std::vector<party_id> parties;
  time_ms time = 0; ///< of its leaf

  static keyed_slip of(const slip& s, time_ms logged_at);
};
/// Nothing: the slip is not here.
using find_slip = std::function<std::optional<keyed_slip>(const message_id&)>;
/// The receiver has reported that it cannot read the message with this h: the act as the log has it.
using find_report = std::function<std::optional<act>(const message_id&, const hash32& h)>;

/// Why a device may have keys at all: what its key list claims.
struct keylist_claim {
  conversation_id conversation;
  device_id receiver;
  hash32 invitation{}; ///< 0^32: by its reports alone
};
keylist_claim claim_of(const keylist_fields& list);

/// The claim holds: the receiver's certificate is its newest and it is not barred; the invitation is the one
/// for a replacement that certified it, and every device its person had before is revoked. Refuses: `needs`,
/// `device_revoked`, `stale_certificate`, `key_list_not_allowed`.
[[nodiscard]] refusal check_keylist_claim(const keylist_claim& claim, const hash32& certificate,
                                          const standing& known);

/// The claim covers this slip: of the conversation, with a party that the receiver belongs to, and logged
/// since the date of the invitation, or reported by the receiver. Otherwise `key_list_not_allowed`.
[[nodiscard]] refusal check_keylist_slip(const keylist_claim& claim, const keyed_slip& slip,
                                         const find_report& reports, const standing& known);

/// The receiver's own report on exactly this slip, under its signature.
[[nodiscard]] bool is_report_on(const act& a, const device_facts& receiver, const keyed_slip& slip);

} // namespace wardline::e2ee
