#pragma once
// `wardctl restore`: an empty machine becomes the clinic's box again, from a bulk, the current table and the
// recovery key; under a new life of the store (e2ee 6.6). `wardctl backup verify` does the same into a
// scratch folder.
#include "../config.hpp"
#include "backup.hpp"

namespace wardline::ctl {

struct restore_order {
  std::filesystem::path folder; ///< of the backups
  std::string bulk{};           ///< empty: the newest
  secret32 recovery;
  time_ms now = 0;
};

struct restored {
  std::string problem; ///< empty: done
  std::string bulk;
  daemon::backup_manifest manifest;
  hash32 root{};               ///< of the audit log, computed from every leaf
  std::uint64_t lost_rows = 0; ///< whose key was destroyed since, or that are damaged
  std::uint64_t log_epoch = 0; ///< of the new life
};

/// Into conf.state_dir, which must be missing or empty, and the keys into `keys_dir`. All of it or nothing:
/// until the end everything lies in a folder beside it, which the next try takes away.
restored run_restore(const restore_order& order, const daemon::config& conf,
                     const std::filesystem::path& keys_dir,
                     const std::function<void(std::uint64_t rows, std::uint64_t all)>& progress);

/// The same into `scratch`, which is taken away again; every row is opened, and the log's root compared.
restored verify_backup(const restore_order& order, const std::filesystem::path& scratch,
                       const std::function<void(std::uint64_t rows, std::uint64_t all)>& progress);

} // namespace wardline::ctl
