#include "box.hpp"
#include "life_rows.hpp"
#include "readiness.hpp"
#include "rows_accepted.hpp"
#include "stored.hpp"
#include <cerrno>
#include <cstdio>
#include <unistd.h>

namespace wardline::daemon {

namespace {

exit_code say(exit_code code, const std::string& what) {
  complain(code, what);
  return code;
}

std::string reason(refusal why) {
  return std::string{sentence_of(why)} + " (" + std::string{name_of(why)} + ")";
}

exit_code read_settings(const std::filesystem::path& file, box& out) {
  out.config_file = std::filesystem::absolute(file);
  auto problems = read_config(file, out.conf);
  if (problems.empty())
    problems = read_plugins(out.conf.plugins_dir, out.plugins);
  for (const auto& p : problems)
    say(bad_config, p);
  return problems.empty() ? stopped : bad_config;
}

exit_code read_keys(box& out) {
  std::string file;
  auto keys = credentials::load(out.conf.credentials_dir, file);
  if (!keys)
    return say(no_permission,
               file + " cannot be used as a key: it must exist, be readable by this user and hold 32 "
                      "bytes. `wardctl setup` makes all keys of this box.");
  out.keys = std::move(*keys);
  return stopped;
}

/// Progress is told this often, and whoever waits for the start is asked to wait on.
constexpr std::uint64_t rows_between_words = 200'000;

/// Whether they are to be accepted as they are; what is wrong with them otherwise.
exit_code check_rows(const start_order& order, ports::journal& journal, ports::random& random, box& out) {
  std::uint64_t told = 0;
  auto why = out.rows->check_rows([&](std::uint64_t rows) {
    if (rows < told + rows_between_words)
      return;
    told = rows;
    notify_starter("EXTEND_TIMEOUT_USEC=60000000\nSTATUS=checking the store: " + std::to_string(rows) +
                   " rows");
  });
  auto store = (out.conf.state_dir / "store").string();
  if (why == refusal::none)
    return stopped;
  if (!order.accept_changed_rows)
    return say(damaged,
               store + ": " + reason(why) +
                   " Restore a backup: wardctl restore. Only if you know what wrote there, and want to "
                   "go on with the store as it is: wardlined --config FILE --accept-changed-rows");
  journal.write(ports::severity::error, "changed_rows_accepted", {});
  out.rows->accept_rows();
  if (auto noted = note_rows_accepted(*out.rows, random, order.now); noted != refusal::none)
    return say(damaged, store + ": " + reason(noted));
  return stopped;
}

exit_code open_disk(const start_order& order, ports::journal& journal, ports::random& random, box& out) {
  auto store_dir = out.conf.state_dir / "store";
  std::error_code error;
  std::filesystem::create_directories(store_dir, error);
  if (error)
    return say(unavailable, store_dir.string() + " cannot be made: " + error.message());
  std::filesystem::permissions(out.conf.state_dir, std::filesystem::perms::owner_all, error);
  if (error)
    return say(unavailable, out.conf.state_dir.string() + " cannot be closed to others: " + error.message());
  auto lmdb = lmdb_storage::open(store_dir, journal, out.conf.map_bytes);
  if (!lmdb)
    return say(lmdb.why() == refusal::log_corrupt ? damaged : unavailable,
               store_dir.string() + ": " + reason(lmdb.why()));
  out.lmdb = std::move(*lmdb);
  auto ring_file = out.conf.state_dir / "keyring";
  // A missing keyring beside a full store is a loss to be seen, never to be papered over by a new one.
  bool fresh = out.lmdb->empty() && !std::filesystem::exists(ring_file);
  auto ring = fresh ? keyring::create(ring_file, out.keys.kek, journal)
                    : keyring::open(ring_file, out.keys.kek, journal);
  if (!ring)
    return say(no_permission, ring_file.string() + ": " + reason(ring.why()));
  out.ring = std::move(*ring);
  out.rows = std::make_unique<sealed_storage>(*out.lmdb, *out.ring, random);
  auto blob_dir = out.conf.state_dir / "blobs";
  auto blobs = blob_files::open(blob_dir, random, journal);
  if (!blobs)
    return say(unavailable, blob_dir.string() + ": " + reason(blobs.why()));
  out.blobs = std::move(*blobs);
  out.claim = rules::claim_of(disk_facts_of(ring_file));
  journal.write(
      out.claim.level == rules::erasure_claim::unproved ? ports::severity::warning : ports::severity::notice,
      "erasure_claim",
      {{"level", ports::word::of_table(word_of(out.claim.level))},
       {"limit",
        ports::word::of_table(out.claim.limits.empty() ? "none" : word_of(out.claim.limits.front()))}});
  if (auto code = check_rows(order, journal, random, out); code != stopped)
    return code;
  if (auto why = out.rows->resume_turn(); why != refusal::none)
    return say(why == refusal::storage_refused ? unavailable : damaged,
               ring_file.string() + ": " + reason(why));
  return stopped;
}

exit_code find_clinic(box& out) {
  if (auto row = read_row<rows::clinic>(*out.rows, ports::table::meta, view(rows::clinic_key))) {
    out.clinic = row->row.id;
    auto lives = lives_of(*out.rows);
    if (!lives)
      return say(damaged, "the store: " + reason(refusal::value_not_openable));
    out.log_epoch = lives->empty() ? 1 : lives->back().row.log_epoch;
    remove_founding(out.conf); // a crash after the founding commit may have left it
    return stopped;
  }
  auto file = out.conf.state_dir / founding_file_name;
  if (::access(file.c_str(), R_OK) != 0 && errno == EACCES)
    return say(no_permission, file.string() +
                                  " is there, but this user may not read it: give it to the owner of "
                                  "the folder around it (chown), then start again.");
  auto first = read_founding(file);
  if (!first)
    return say(bad_config, file.string() + ": " + reason(first.why()) +
                               " This box has no clinic yet: run `wardctl setup` first.");
  out.first = std::move(*first);
  out.clinic = out.first->clinic;
  return stopped;
}

} // namespace

int complain(exit_code code, const std::string& what) {
  std::fprintf(stderr, "wardlined: %s\n", what.c_str());
  return code;
}

exit_code open_box(const start_order& order, ports::journal& journal, ports::random& random, box& out) {
  if (auto code = read_settings(order.config_file, out); code != stopped)
    return code;
  if (auto code = read_keys(out); code != stopped)
    return code;
  if (auto code = open_disk(order, journal, random, out); code != stopped)
    return code;
  auto start = load_store(*out.rows);
  if (!start)
    return say(damaged, "the audit log: " + reason(start.why()));
  out.start = std::move(*start);
  return find_clinic(out);
}

void remove_founding(const config& c) {
  std::error_code ignored; // it is looked for again at the next start
  std::filesystem::remove(c.state_dir / founding_file_name, ignored);
}

} // namespace wardline::daemon
