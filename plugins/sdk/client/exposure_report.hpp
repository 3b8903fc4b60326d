#pragma once
// What is known of a device that was turned out: for the breach list and the certificate of its loss.
#include "wire/ids.hpp"
#include <vector>

namespace wardline::client {

/// An entry of the log, as it was proved: who did what, and what was done about it.
struct log_entry {
  std::uint64_t leaf = 0;
  std::uint8_t kind = 0; ///< the daemon's numbers of what is audited
  time_ms time = 0;
  user_id user;
  device_id device;
  conversation_id conversation;
  std::array<std::uint8_t, 16> object{};
  hash32 hash{};
  bytes detail; ///< of an accepted object: a second registrar's word, or nothing
  hash32 leaf_hash{};
};

/// A conversation that it could open by one of its groups: an upper bound, for nothing is released without
/// an entry in the log.
struct exposed_conversation {
  conversation_id conversation;
  party_id party;
  std::uint64_t messages = 0; ///< in it now
};

/// A group of the device, by links that were verified here.
struct exposed_party {
  party_id party;
  std::uint32_t n = 0;       ///< its head
  bool still_member = false; ///< the device has the head's key: nobody has turned it out yet
  bool verified = false;     ///< false: its links could not be had or not be verified
};

struct exposure_report {
  device_id device;
  std::vector<exposed_conversation> conversations; ///< by the server's word
  std::vector<exposed_party> parties;
  std::vector<log_entry> entries; ///< ascending leaves, each proved to be in the log
  bool complete = true;           ///< false: more than exposed_entries_max
  std::uint64_t log_size = 0;     ///< leaves of the newest checkpoint
  hash32 log_root{};
};

} // namespace wardline::client
