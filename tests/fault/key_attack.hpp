#pragma once
// Somebody with the state folder and its keys: tries every place of the database file, pages that LMDB has
// given up included, with every key of the keyring. Shares no code with the reading side but the keyring's.
#include "keyring.hpp"
#include "wire/ids.hpp"
#include <set>

namespace wardline::fault {

struct attack_result {
  std::set<message_id> bodies; ///< messages whose body came out in clear of the sealing
  std::size_t places = 0;      ///< that look like a sealed value of table log
};

attack_result attack(const std::filesystem::path& data_file, const keyring& keys);

/// The keys of both copies of the key file, each opened by itself; nothing of a copy that does not open. The
/// file is copied before: opening heals.
std::set<bytes> keys_in_copies(const std::filesystem::path& file, const secret32& kek,
                               const std::vector<key_of_segment>& asked);

} // namespace wardline::fault
