#pragma once
// What main puts together before any actor runs: configuration, keys, disk. Each step says in plain words why
// it does not go on, and with which exit code.
#include "blob_files.hpp"
#include "config.hpp"
#include "credentials.hpp"
#include "disk_facts.hpp"
#include "founding_file.hpp"
#include "keyring.hpp"
#include "lmdb_storage.hpp"
#include "sealed_storage.hpp"
#include "sodium_ports.hpp"
#include "store.hpp"

namespace wardline::daemon {

/// sysexits.h; 64, 65, 77 and 78 are those that systemd must not restart.
enum exit_code : int {
  stopped = 0,
  wrong_usage = 64,
  damaged = 65,
  unavailable = 69,
  crashed = 70,
  no_permission = 77,
  bad_config = 78,
};

/// Prints one line and gives the code back.
int complain(exit_code code, const std::string& what);

/// Everything the actors point to, in the order in which it was opened.
struct box {
  std::filesystem::path config_file;
  config conf;                        ///< of the start
  std::vector<plugin_config> plugins; ///< likewise
  credentials keys;
  std::unique_ptr<lmdb_storage> lmdb;
  std::unique_ptr<keyring> ring;
  std::unique_ptr<sealed_storage> rows;
  std::unique_ptr<blob_files> blobs;
  std::optional<founding> first; ///< what set-up left, if the store has no clinic yet
  clinic_id clinic;
  std::uint32_t log_epoch = 1; ///< of the audit log's origin
  store_start start;           ///< the audit log's right edge, verified
  rules::claim claim;          ///< what a destruction proves on this disk
};

struct start_order {
  std::filesystem::path config_file;
  bool accept_changed_rows = false;
  time_ms now = 0;
};

/// stopped = all is open. Otherwise the exit code; what is wrong was printed.
exit_code open_box(const start_order& order, ports::journal& journal, ports::random& random, box& out);

/// Set-up's file has done its work once the clinic is in the store.
void remove_founding(const config& c);

} // namespace wardline::daemon
