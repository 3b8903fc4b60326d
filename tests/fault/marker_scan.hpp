#pragma once
// Finds planted strings in files and in a process's memory.
#include <filesystem>
#include <string>
#include <sys/types.h>
#include <vector>

namespace wardline::fault {

/// `n` strings that stand nowhere else: "MARKER-" and 24 random hex digits. All of one length.
std::vector<std::string> make_markers(std::size_t n);

struct scan_result {
  std::size_t found = 0;          ///< different markers
  std::size_t bytes_read = 0;     ///< how much was looked at
  std::vector<std::string> where; ///< a few places
};

/// Every file below the folder, or the file itself, raw.
scan_result scan_files(const std::filesystem::path& where, const std::vector<std::string>& markers);

/// Every writable page of a process. Nothing read: this user may not.
scan_result scan_memory(pid_t process, const std::vector<std::string>& markers);

} // namespace wardline::fault
