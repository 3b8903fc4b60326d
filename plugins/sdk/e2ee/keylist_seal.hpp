#pragma once
// The secret half of key lists (e2ee 5.7): a member of the thread gives keys, the receiver opens them.
#include "e2ee/keylist.hpp"
#include "e2ee/pack_seal.hpp"

namespace wardline::e2ee {

/// A message and its key.
struct message_key {
  message_id message;
  secret32 key;
};

/// What both sides look up of slips: from their own store, never from the list.
struct thread_of_keys {
  find_slip slips;
  find_report reports; ///< may be empty: then only a replacement entitles
};

/// All parts for one device of one conversation, in the order of `keys`. Refuses: `count_too_large` (no key,
/// or too many), those of `check_keylist_claim`; for any of the keys `needs` (its slip is not here),
/// `key_list_not_allowed`, `key_commitment_mismatch` (nothing that is not that message's key is sealed);
/// `bad_public_key`.
expected<std::vector<bytes>> make_key_lists(const clinic_id& clinic, const keylist_claim& claim,
                                            const std::vector<message_key>& keys,
                                            const thread_of_keys& thread, const standing& known,
                                            const signing_key& signing);

/// What came out of one part.
struct opened_key_list {
  struct refused_key {
    message_id message;
    refusal why; ///< `key_commitment_mismatch`, or `needs`: the slip is not here yet
  };
  device_id giver;
  std::uint16_t part = 0;
  std::uint16_t parts = 0;
  std::vector<message_key> keys; ///< each the one its slip commits to
  std::vector<refused_key> refused;
};

/// The reader's checks, in order: `not_for_me`; who signed (`signer_among` the devices given: the members of
/// the conversation's parties); those of `check_keylist_claim`; `seal_not_openable`; then the slips named:
/// one that is not the receiver's refuses the whole list, `key_list_not_allowed`; a wrong key costs itself
/// alone.
expected<opened_key_list> open_key_list(const key_list& list, const sealed_for& own,
                                        const std::vector<device_id>& members, const thread_of_keys& thread,
                                        const standing& known,
                                        const std::optional<device_id>& giver = std::nullopt);

} // namespace wardline::e2ee
