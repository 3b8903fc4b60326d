#pragma once
// A look at the database file before LMDB maps it: reading beyond the end of a mapped file kills the process
// (SIGBUS), and LMDB does not check (security 3).
#include <filesystem>

namespace wardline {

enum class lmdb_file {
  readable,  ///< absent, empty, or as long as its newest meta page says
  was_short, ///< it was shorter and is long now: its tables must be walked, because zero pages may be in use.
             ///< Said again at every look (a file beside it remembers) until forget_lmdb_file_was_short
  damaged,   ///< no valid meta page, or it cannot be read or made longer
};

/// LMDB may leave unused pages at the end unwritten, so a short file is not yet a damaged one.
lmdb_file make_lmdb_file_readable(const std::filesystem::path& data_file);

/// The walk found every row.
void forget_lmdb_file_was_short(const std::filesystem::path& data_file);

} // namespace wardline
