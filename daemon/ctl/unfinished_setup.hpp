#pragma once
// What a set-up that was cut short leaves, and how the next one takes it away. The founding file is written
// first, under another name; its renaming at the end makes the clinic. Whatever lies between is nobody's.
#include "../config.hpp"
#include "wire/ids.hpp"
#include <filesystem>
#include <string>
#include <vector>

namespace wardline::ctl {

/// Of a set-up: where everything goes.
struct setup_places {
  std::filesystem::path founding;   ///< in the state folder
  std::filesystem::path unfinished; ///< the same file until the end
  std::filesystem::path keys_dir;
  std::filesystem::path identity_file;
  std::filesystem::path invitation_file;
};

/// False: nothing of an unfinished set-up is here.
bool has_unfinished(const setup_places& places);

/// Takes away what the unfinished set-up made, its mark last: keys, and identity and invitation files if they
/// are that clinic's. What is in the way, or nothing.
std::string discard_unfinished(const setup_places& places);

/// Run by root in a folder of another user (the daemon's): the files in it become that user's.
bool give_to_owner_of(const std::filesystem::path& folder, const std::vector<std::filesystem::path>& files);

} // namespace wardline::ctl
