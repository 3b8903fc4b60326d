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

/// One change of the present state; false: there is nothing to change in this way, ask again.
struct tampering {
  const char* kind;
  std::function<bool(const box_history&, box_state&, std::mt19937_64&)> apply;
};

/// Changes of rows, in every table.
std::vector<tampering> row_tamperings();
/// Changes of the keyring's file.
std::vector<tampering> keyring_tamperings();
/// Changes of files of messages.
std::vector<tampering> blob_tamperings();
/// An older whole, or an older part of it beside the present rest.
std::vector<tampering> rollbacks();

} // namespace wardline::fault
