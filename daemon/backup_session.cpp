#include "backup_session.hpp"
#include "audit_rows.hpp"
#include "key_turn_row.hpp"
#include "stored.hpp"
#include <algorithm>
#include <sodium.h>

namespace wardline::daemon {

struct backup_sessions::session {
  std::uint64_t id = 0;
  time_ms asked = 0;
  std::unique_ptr<lmdb_snapshot> snapshot;
  backup_manifest manifest;
  bytes current;
  bytes held; ///< of a row that did not fit into the last piece
  running_sha256 rows_hash;
  running_sha256 blobs_hash;
  bool rows_over = false, blobs_over = false;
  ports::blob_id last_blob;
};

namespace {

std::uint64_t size_in(const ports::reader& rows) {
  auto start = load_store(rows);
  return start ? start->head.tree.size : 0;
}

void give_piece(const bytes& whole, std::uint64_t offset, admin::backup_report& out) {
  out.size = whole.size();
  auto from = std::min<std::uint64_t>(offset, whole.size());
  auto size = std::min<std::uint64_t>(whole.size() - from, admin::backup_piece_bytes_max);
  out.piece =
      to_bytes(bytes_view{whole}.subspan(static_cast<std::size_t>(from), static_cast<std::size_t>(size)));
}

} // namespace

std::uint64_t backup_sessions::mark() const {
  auto stored = from_.rows.read(ports::table::meta, turn_row_key());
  auto row = stored ? decode_turn_row(*stored) : std::nullopt;
  return row ? turn_mark(row->number, row->at) : 0;
}

/// Snapshot first, keys after it: none is missing. No key that the snapshot needs may have gone in between.
refusal backup_sessions::look(bool whole, const public_key& recovery, session& s, time_ms now) const {
  auto clinic =
      read_row<wardline::rows::clinic>(from_.rows, ports::table::meta, view(wardline::rows::clinic_key));
  auto root = clinic ? read_object(from_.rows, clinic->row.root) : std::nullopt;
  auto server = clinic ? read_object(from_.rows, clinic->row.server) : std::nullopt;
  if (!root || !server)
    return refusal::value_not_openable;
  current_table table;
  s.manifest = {};
  s.manifest.clinic = table.clinic = clinic->row.id;
  s.manifest.incarnation = clinic->row.incarnation;
  s.manifest.time = table.time = now;
  s.manifest.root = std::move(root->raw);
  s.manifest.server = std::move(server->raw);
  for (unsigned i = 0; i < backup_looks_max; ++i) {
    auto before = mark();
    // What is safe is counted before the snapshot is taken: it holds that and more.
    s.manifest.leaves = size_in(from_.rows);
    s.snapshot = whole ? from_.lmdb.snapshot() : nullptr;
    table.segments.clear();
    from_.ring.for_each(
        [&](const key_of_segment& of, bytes_view key) { table.segments.emplace(of, secret32{key}); });
    table.keyring_epoch = from_.ring.file_epoch();
    table.kept = kept_rows_of(from_.rows);
    table.known.reset();
    if (auto known = read_checkpoint(from_.rows))
      table.known = std::move(*known);
    if (before == mark()) {
      s.manifest.turn_mark = table.turn_mark = before;
      table.keys.link_key = from_.keys.link_key.copy();
      table.keys.noise_key = from_.keys.noise_key.copy();
      table.keys.log_key = from_.keys.log_key.copy();
      table.keys.daemon_key = from_.keys.daemon_key.copy();
      s.current = seal_current_table(table, recovery);
      return s.current.empty() ? refusal::wrong_recovery_key : refusal::none;
    }
  }
  return refusal::keys_turning;
}

refusal backup_sessions::begin(bool whole, const public_key& recovery, time_ms now,
                               admin::backup_report& out) {
  live_.reset(); // one snapshot at a time
  auto next = std::make_shared<session>();
  if (auto why = look(whole, recovery, *next, now); why != refusal::none)
    return why;
  randombytes_buf(&next->id, sizeof next->id);
  next->asked = now;
  out.session = next->id;
  out.turn_mark = next->manifest.turn_mark;
  out.leaves = next->manifest.leaves;
  live_ = std::move(next);
  return refusal::none;
}

refusal backup_sessions::rows(session& s, admin::backup_report& out) const {
  if (s.snapshot == nullptr)
    return refusal::backup_session_over;
  lmdb_snapshot::raw_row row;
  while (!s.rows_over) {
    if (s.held.empty()) {
      auto step = s.snapshot->next(row);
      if (step == lmdb_snapshot::step::failed)
        return refusal::storage_refused;
      s.rows_over = step == lmdb_snapshot::step::end;
      if (s.rows_over)
        break;
      put_row(s.held, row.where, row.key, row.value);
      ++s.manifest.rows;
    }
    auto size = std::min(s.held.size(), admin::backup_piece_bytes_max - out.piece.size());
    out.piece.insert(out.piece.end(), s.held.begin(), s.held.begin() + static_cast<std::ptrdiff_t>(size));
    s.held.erase(s.held.begin(), s.held.begin() + static_cast<std::ptrdiff_t>(size));
    if (out.piece.size() == admin::backup_piece_bytes_max)
      break;
  }
  s.rows_hash.add(out.piece);
  return refusal::none;
}

refusal backup_sessions::blobs(session& s, const ports::blob_id& after, admin::backup_report& out) const {
  if (s.snapshot == nullptr)
    return refusal::backup_session_over;
  if (after != s.last_blob) // asked for in order, once: what is signed is what was given
    return refusal::malformed_request;
  auto keys = s.snapshot->keys(ports::table::blob, after ? after.view() : bytes_view{}, ports::scan_rows_max);
  for (const auto& key : keys)
    if (auto id = ports::blob_id::from(key)) {
      out.piece.insert(out.piece.end(), key.begin(), key.end());
      s.last_blob = *id;
      ++s.manifest.blobs;
    }
  s.blobs_hash.add(out.piece);
  s.blobs_over = keys.size() < ports::scan_rows_max;
  return refusal::none;
}

refusal backup_sessions::manifest(session& s, admin::backup_report& out) const {
  if (!s.rows_over || !s.blobs_over)
    return refusal::backup_session_over;
  s.manifest.rows_hash = running_sha256{s.rows_hash}.finish();
  s.manifest.blobs_hash = running_sha256{s.blobs_hash}.finish();
  out.piece = signed_manifest(s.manifest, signer_of(from_.keys.daemon_key));
  return refusal::none;
}

admin::backup_report backup_sessions::answer(const admin::backup_question& q,
                                             const std::optional<public_key>& recovery, time_ms now) {
  std::lock_guard hold{mutex_};
  admin::backup_report out;
  if (const auto* b = std::get_if<admin::begin_backup>(&q)) {
    out.why = recovery ? begin(b->whole, *recovery, now, out) : refusal::no_recovery_key;
    return out;
  }
  auto asked_for = std::visit(
      [](const auto& x) -> std::uint64_t {
        if constexpr (requires { x.session; })
          return x.session;
        return 0;
      },
      q);
  if (live_ == nullptr || asked_for != live_->id) {
    out.why = refusal::backup_session_over;
    return out;
  }
  auto& s = *live_;
  s.asked = now;
  out.session = s.id;
  if (std::holds_alternative<admin::backup_rows>(q))
    out.why = rows(s, out);
  else if (const auto* all = std::get_if<admin::backup_blobs>(&q))
    out.why = blobs(s, all->after, out);
  else if (const auto* one = std::get_if<admin::backup_blob>(&q))
    out.why =
        from_.blobs.read_raw(one->blob, one->offset, admin::backup_piece_bytes_max, out.piece, out.size);
  else if (const auto* table = std::get_if<admin::backup_current_table>(&q))
    give_piece(s.current, table->offset, out);
  else
    out.why = manifest(s, out);
  return out;
}

/// Also where the clock was set back.
void backup_sessions::let_go(time_ms now) {
  std::lock_guard hold{mutex_};
  if (live_ != nullptr && (now < live_->asked || now - live_->asked > backup_idle_ms))
    live_.reset();
}

} // namespace wardline::daemon
