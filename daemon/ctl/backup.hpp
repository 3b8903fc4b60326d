#pragma once
// `wardctl backup`: a running daemon's copy of everything into a folder, in bounded pieces, read back before
// the daemon is told that it is safe. ../backup_format.hpp says what lies there.
#include "../backup_format.hpp"
#include "admin_words.hpp"
#include "backup_words.hpp"
#include <filesystem>
#include <functional>

namespace wardline::ctl {

using ask_daemon_for = std::function<std::optional<bytes>(bytes_view)>;

/// Bulks kept in one folder.
inline constexpr unsigned bulks_kept = 7;
inline constexpr unsigned bulks_kept_max = 1'000;

struct backup_order {
  std::filesystem::path folder;
  bool current_only = false;
  unsigned keep = bulks_kept; ///< 1..bulks_kept_max
  time_ms now = 0;
};

struct backup_made {
  std::string problem; ///< empty: done
  std::string bulk;    ///< its name; empty: the current table alone was replaced
  std::uint64_t leaves = 0, rows = 0, blobs = 0, blobs_copied = 0, bytes = 0, dropped = 0;
  bool keys_turned = false; ///< a whole one was made because keys had been turned since
};

/// A crash leaves what was there, and a folder that ends in ".unfinished", which the next one takes away.
backup_made make_backup(const ask_daemon_for& ask, const backup_order& order,
                        const std::function<void(std::uint64_t rows_bytes)>& progress);

/// Names of finished bulks, oldest first.
std::vector<std::string> bulks_in(const std::filesystem::path& folder);
std::filesystem::path blob_path(const std::filesystem::path& folder, const ports::blob_id& id);

struct bulk_facts {
  std::string problem; ///< empty: it is whole
  daemon::backup_manifest manifest;
  std::vector<ports::blob_id> blobs;
};
/// What can be seen without the recovery key: the signature, every byte of the rows, every attachment's hash.
/// `each_row`: told of every row, in order; false ends it.
bulk_facts read_bulk(const std::filesystem::path& folder, const std::string& name,
                     const std::function<bool(ports::change&&)>& each_row);

/// A file piece by piece; false: `visit` ended it.
bool each_piece(const std::filesystem::path& file, const std::function<bool(bytes_view)>& visit);
/// Nothing: it cannot be read or is larger than `bytes_max`.
std::optional<bytes> read_whole(const std::filesystem::path& file, std::size_t bytes_max);

} // namespace wardline::ctl
