#pragma once
// Stored rows beside parties, conversations and devices: the newest word about who belongs, history packs,
// key lists, renewals. Like people_rows.hpp: one struct a row, decoders complete and bounded, all stamped.
#include "e2ee/trust.hpp"
#include "people_rows.hpp"
#include "ports/storage.hpp"

namespace wardline::rows {

/// table party, key party id | 2 | u8 subject kind | subject id: the newest grant or withdrawal. Without its
/// object nobody belongs by it: a damaged withdrawal must not bring an older grant back.
struct word {
  std::uint32_t serial = 0;
  hash32 object{};
};

/// table party, key party id | 3 | device id: a member that came without the seeds it may have.
struct pack_wanted {
  time_ms history_from = 0;
};

/// table party, key party id | 4 | device id | object hash: a pack kept for its receiver.
struct kept_pack {
  std::uint32_t first = 0; ///< epochs
  std::uint32_t last = 0;
};

/// table conversation, key conversation id | 1 | device id | u16 part | giver's device id: a part of a key
/// list, kept for its receiver.
struct kept_keys {
  hash32 object{};
  std::uint16_t parts = 0; ///< of this giver's list
};

/// table conversation, key conversation id | 2 | device id: a whole key list has been given.
struct keys_given {
  device_id giver;
};

/// table seed_seal, key party id | device id | u32 BE link number: how a member that was away for the link
/// gets its seed all the same. The newest `seals_kept_max` links, and only while it is a member.
struct kept_seal {
  std::array<std::uint8_t, 80> seal{}; ///< b32 enc | b48 ct
};
inline constexpr std::uint32_t seals_kept_max = 512;
static_assert(seals_kept_max <= ports::scan_rows_max, "one scan finds all of a member's");

/// table device, key device id | 5: the device's next certificate, signed by a registrar, until the device
/// signs it too (e2ee 5.4).
struct renewal {
  bytes offer;  ///< certificate with one signature
  bytes word{}; ///< a second registrar's cosignature, or none
};

/// table conversation, key conversation id | 3 | device id | message id: the key that answers a report.
struct kept_answer {
  hash32 object{}; ///< a key list of one key
  device_id giver;
};

/// table meta, key "report" | conversation id | device id | message id: a device's word that it cannot read
/// this message (act 7), until somebody has given it the key (e2ee 5.7, 5.9).
struct report {
  bytes act; ///< as received
};

bytes encode(const word& r);
bytes encode(const pack_wanted& r);
bytes encode(const kept_pack& r);
bytes encode(const kept_keys& r);
bytes encode(const keys_given& r);
bytes encode(const kept_seal& r);
bytes encode(const renewal& r);
bytes encode(const report& r);
bytes encode(const kept_answer& r);

bytes key_of_word(const e2ee::grant_key& k);
bytes key_of_pack_wanted(const party_id& p, const device_id& d);
/// All packs of one device start with this.
bytes prefix_of_packs(const party_id& p, const device_id& d);
bytes key_of_pack(const party_id& p, const device_id& d, const hash32& pack);
/// All parts for one device start with this; they ascend by part.
bytes prefix_of_keys(const conversation_id& c, const device_id& d);
bytes key_of_keys(const conversation_id& c, const device_id& d, std::uint16_t part, const device_id& giver);
bytes key_of_keys_given(const conversation_id& c, const device_id& d);
/// All answers for one device start with this.
bytes prefix_of_answers(const conversation_id& c, const device_id& d);
bytes key_of_answer(const conversation_id& c, const device_id& d, const message_id& m);
bytes key_of_renewal(const device_id& d);
/// All reports start with this.
inline constexpr std::string_view report_prefix = "report";
bytes key_of_report(const conversation_id& c, const device_id& d, const message_id& m);
/// All reports of one device in one conversation start with this.
bytes prefix_of_reports(const conversation_id& c, const device_id& d);

/// All seals of one device in a party start with this; they ascend by link.
bytes prefix_of_seals(const party_id& p, const device_id& d);
bytes key_of_seal(const party_id& p, const device_id& d, std::uint32_t n);

/// Back from their keys; nothing for a key of another shape.
std::optional<e2ee::grant_key> word_of_key(bytes_view key);
std::optional<std::pair<party_id, device_id>> pack_wanted_of_key(bytes_view key);
std::optional<std::uint16_t> part_of_key(bytes_view key);
std::optional<std::uint32_t> link_of_seal_key(bytes_view key);
struct report_key {
  conversation_id conversation;
  device_id device;
  message_id message;
};
std::optional<report_key> report_of_key(bytes_view key);

} // namespace wardline::rows
