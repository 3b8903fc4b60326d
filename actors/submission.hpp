#pragma once
// Signed objects that devices submit, and what their acceptance does beyond their own rows (e2ee 5.2-5.8).
// One source for each group of kinds: submission_identity, _roster, _history, _conversation.
#include "verdict.hpp"
#include "wire/limits.hpp"

namespace wardline {

/// Packs kept for one device and party; the oldest makes room for one more.
inline constexpr std::size_t packs_kept_max = wire::packs_per_message_max;
/// Members whose key lists for one device and conversation are kept at a time.
inline constexpr std::size_t key_list_givers_max = 4;
/// Parts of a kept key list: 131 072 messages of one conversation.
inline constexpr std::uint16_t key_list_parts_max = 64;
/// Answers to reports kept for one device and conversation; the oldest makes room for one more.
inline constexpr std::size_t answers_kept_max = 64;
/// Reports of one device in one conversation that wait for an answer.
inline constexpr std::size_t reports_open_max = 64;

/// A device that was turned out: from the commit on it has no channel and no way to the box.
struct turned_out {
  device_id device;
  public_key link_key{}; ///< CURVE key of its plugin; 0^32 = none is known
  hash32 by{};           ///< object hash of its revocation; 0^32 = a gate alone
};

/// A party with a new head, and who was in it before.
struct new_head {
  party_id party;
  std::uint32_t n = 0;
  std::vector<device_id> before;
};

/// A device that has something new to fetch about a party: a history pack.
struct pack_for {
  party_id party;
  device_id device;
};

/// A device that reported a message, and the key is there.
struct answer_for {
  conversation_id conversation;
  device_id device;
};

/// What `directory` has to do after the commit.
struct submitted_change {
  verdict what;
  conversation_id conversation{};       ///< its actor must be told
  std::vector<turned_out> removed{};    ///< their channels end
  std::optional<new_head> turned{};     ///< its devices are told
  std::optional<pack_for> given{};      ///< its receiver is told
  std::optional<answer_for> answered{}; ///< its receiver is told
  std::optional<device_id> renewed{};   ///< a next certificate waits for its signature: it is told
};

/// Every check of the daemon, then rows and leaves in one write. Refusals as in e2ee 5; unknown_kind for
/// objects that are not submitted this way; not_found for parties and conversations the caller is not in;
/// author_not_channel for an object that another device signed.
submitted_change decide_submit(const circumstances& c, const caller& who, const wire::device::submit& m);

/// Closes gates without a registrar, or opens what was closed this way. not_found; device_revoked: closed
/// already; gate_not_yours, gate_open.
submitted_change decide_gate(const circumstances& c, const admin::set_gate& m);

} // namespace wardline
