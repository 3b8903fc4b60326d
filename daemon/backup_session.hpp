#pragma once
// One backup on its way: the snapshot it is made of, and how far it is (actors/backup_words.hpp).
#include "backup_format.hpp"
#include "backup_words.hpp"
#include "blob_files.hpp"
#include "lmdb_storage.hpp"
#include "sealed_storage.hpp"
#include "wire/hash.hpp"
#include <mutex>

namespace wardline::daemon {

/// Milliseconds without a question after which the snapshot is let go: the store's file grows as long as it
/// is held.
inline constexpr std::uint64_t backup_idle_ms = 60'000;
/// Looks at the keys while a turn goes on; then keys_turning.
inline constexpr unsigned backup_looks_max = 3;

/// Everything pointed to outlives it.
struct backup_sources {
  const sealed_storage& rows;
  const lmdb_storage& lmdb;
  const keyring& ring;
  const blob_files& blobs;
  const credentials& keys;
};

class backup_sessions {
public:
  explicit backup_sessions(backup_sources from) : from_{from} {}

  /// `recovery`: of the settings in force; nothing: no backup is made.
  admin::backup_report answer(const admin::backup_question& q, const std::optional<public_key>& recovery,
                              time_ms now);
  /// Lets go of one that nobody asks for.
  void let_go(time_ms now);

private:
  struct session;
  refusal begin(bool whole, const public_key& recovery, time_ms now, admin::backup_report& out);
  refusal look(bool whole, const public_key& recovery, session& s, time_ms now) const;
  refusal rows(session& s, admin::backup_report& out) const;
  refusal blobs(session& s, const ports::blob_id& after, admin::backup_report& out) const;
  refusal manifest(session& s, admin::backup_report& out) const;
  [[nodiscard]] std::uint64_t mark() const;

  backup_sources from_;
  std::mutex mutex_; ///< the admin socket's thread asks, main's lets go
  std::shared_ptr<session> live_;
};

} // namespace wardline::daemon
