#pragma once
// A clinic's stopped state, as an intruder on the server finds it who has no key, and what he may do to it.
#include "memory_storage.hpp"
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace wardline::fault {

/// Everything under the state folder: sealed rows, the keyring's file, files of messages by their names.
struct box_state {
  memory_storage::image rows;
  bytes keyring;
  std::map<std::string, bytes> blobs;
};

/// One state of the clinic after the other; the last one is the present one.
using box_history = std::vector<box_state>;

/// Seeded; each table's turn comes, however long it is.
class tamper_dice {
public:
  explicit tamper_dice(std::uint64_t seed) : dice_{seed} {}
  std::size_t roll(std::size_t n) { return static_cast<std::size_t>(dice_() % n); }
  std::size_t table() { return 1 + next_table_++ % ports::table_max; }

private:
  std::mt19937_64 dice_;
  std::size_t next_table_ = 0;
};

/// One change of the present state; false: there is nothing to change in this way, ask again.
struct tampering {
  const char* kind;
  std::function<bool(const box_history&, box_state&, tamper_dice&)> apply;
};

/// Changes of rows, in every table.
std::vector<tampering> row_tamperings();
/// Changes of the keyring's file.
std::vector<tampering> keyring_tamperings();
/// Changes of files of messages.
std::vector<tampering> blob_tamperings();
/// An older whole, or an older file beside the present rest.
std::vector<tampering> rollbacks();
/// An older table beside the present rest.
std::vector<tampering> table_rollbacks();

} // namespace wardline::fault
