#pragma once
// What this machine can see of the file system that a file lies on.
#include "rules/erasure_claim.hpp"
#include <filesystem>
#include <optional>

namespace wardline::daemon {

/// Never fails: what cannot be found out lowers the claim.
rules::disk_facts disk_facts_of(const std::filesystem::path& file);

/// The innermost mount that holds the path, in the text of /proc/self/mountinfo (proc(5)). `device` is
/// major:minor.
struct mount_entry {
  std::string device;
  std::string file_system;
  std::vector<std::string> options; ///< of the mount and of the file system
};
std::optional<mount_entry> mount_of(const std::filesystem::path& absolute, std::string_view mountinfo);

} // namespace wardline::daemon
