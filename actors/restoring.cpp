#include "restoring.hpp"
#include "e2ee/life.hpp"
#include "store_batch.hpp"
#include "wipe_rows.hpp"
#include <algorithm>
#include <map>
#include <set>

namespace wardline {

namespace {

using ports::table;

void each(const ports::reader& from, table where, bytes_view prefix,
          const std::function<void(const ports::row&)>& visit) {
  bytes after;
  for (;;) {
    auto page = from.scan(where, prefix, after, ports::scan_rows_max);
    for (const auto& row : page)
      visit(row);
    if (page.size() < ports::scan_rows_max)
      return;
    after = page.back().key;
  }
}

/// Their rows come back as the current table has them, and go if it has them no more.
constexpr table kept_tables[] = {table::device,     table::user, table::party,    table::conversation,
                                 table::invitation, table::plan, table::link_key, table::seed_seal};

bool is_recall(bytes_view key) {
  auto message = message_id::from(key.first(std::min(key.size(), message_id::size)));
  return message && to_bytes(key) == rows::key_of_recall(*message);
}

/// What a code was used for between the bulk and now nobody knows any more.
void burn_secrets(const ports::reader& disk, time_ms now, act& with) {
  each(disk, table::user, {}, [&](const ports::row& row) {
    auto user = user_id::from(bytes_view{row.key}.first(std::min(row.key.size(), user_id::size)));
    if (!user || row.key != rows::key_of_factor(*user))
      return;
    auto factor = read_row<rows::second_factor>(disk, table::user, row.key);
    if (!factor)
      return;
    auto next = std::move(factor->row);
    next.used.forgotten = std::max(next.used.last(), rules::step_at(now) + rules::totp_window_steps);
    next.used.kept.clear();
    next.recovery.clear();
    with.changes.push_back(put_row(table::user, row.key, next));
    wipe(next.secret);
    wipe(factor->stored);
  });
  each(disk, table::session, {}, [&](const ports::row& row) {
    with.changes.push_back({ports::del(table::session, row.key), false});
  });
  each(disk, table::invitation, {}, [&](const ports::row& row) {
    auto invitation = read_row<rows::invitation>(disk, table::invitation, row.key);
    if (!invitation || invitation->row.state != rows::invitation_state::waiting)
      return;
    invitation->row.state = rows::invitation_state::dead;
    with.changes.push_back(put_row(table::invitation, row.key, invitation->row));
  });
}

bool is_there_as(const ports::reader& disk, const kept_row& row) {
  auto there = disk.read(row.where, row.key);
  return there && *there == row.value;
}

/// An entry for each object that the bulk lacks: its place is asked for by everybody who verifies it.
std::vector<act> lacking_objects(const ports::reader& disk, const restore_facts& facts) {
  std::vector<act> out;
  for (const auto& row : facts.kept) {
    auto parts = split_stamp(row.value);
    if (row.where != table::object || !parts ||
        disk.read(row.where, row.key).status != ports::read_status::absent)
      continue;
    act a;
    a.entry.kind = rules::audit_kind::object_accepted;
    a.entry.time = facts.now;
    a.entry.hash = fixed<32>(row.key).value_or(hash32{});
    a.entry.detail = row.detail;
    a.changes.push_back({ports::put(row.where, row.key, to_bytes(parts->value)), true});
    out.push_back(std::move(a));
  }
  return out;
}

/// Stamps stay as they were: they name the act of the life before.
void take_over_rows(const ports::reader& disk, const restore_facts& facts, act& with) {
  std::set<std::pair<table, bytes>> all;
  for (const auto& row : facts.kept) {
    if (row.where == table::object)
      continue;
    all.emplace(row.where, row.key);
    if (!is_there_as(disk, row))
      with.changes.push_back({ports::put(row.where, row.key, row.value), false});
  }
  if (facts.kept.empty())
    return;
  for (auto where : kept_tables)
    each(disk, where, {}, [&](const ports::row& row) {
      if (!all.contains({where, row.key}))
        with.changes.push_back({ports::del(where, row.key), false});
    });
}

/// Nobody serves yet, so that steps may follow each other; the life before signed its last checkpoint, and
/// the first of this life covers its opening.
refusal commit(ports::storage& disk, ports::random& dice, write all) {
  auto start = load_store(disk);
  if (!start)
    return start.why();
  store_batch batch{disk, dice, start->head};
  if (auto stamps = batch.add(std::move(all)); !stamps)
    return stamps.why();
  batch.add_row(ports::del(table::meta, checkpoint_row_key()));
  return disk.commit(batch.rows()) == ports::commit_result::committed ? refusal::none
                                                                      : refusal::storage_refused;
}

bytes detail_of(const rows::life& life, const restore_facts& facts) {
  e2ee::opened_life out{life.log_epoch, life.earlier, life.restored, 0, {}};
  if (facts.known) {
    out.known = facts.known->size;
    if (facts.known->note.size() <= e2ee::note_kept_bytes_max)
      out.note = facts.known->note;
  }
  return e2ee::encode(out);
}

} // namespace

std::vector<kept_row> kept_rows_of(const ports::reader& from) {
  std::vector<kept_row> out;
  std::multimap<std::uint64_t, kept_row> objects; // by leaf
  each(from, table::object, {}, [&](const ports::row& row) {
    auto parts = row.openable ? split_stamp(row.value) : std::nullopt;
    auto entry = parts ? read_entry(from, parts->at.leaf) : expected<stored_entry>{refusal::not_found};
    auto said = entry ? rules::decode_audit_entry(entry->entry) : std::nullopt;
    if (parts)
      objects.emplace(parts->at.leaf,
                      kept_row{table::object, row.key, row.value, said ? said->detail : bytes{}});
  });
  for (auto& [leaf, row] : objects)
    out.push_back(std::move(row));
  auto take = [&](table where, bytes_view prefix, bool recalls_alone) {
    each(from, where, prefix, [&](const ports::row& row) {
      if (row.openable && (!recalls_alone || is_recall(row.key)))
        out.push_back({where, row.key, row.value});
    });
  };
  for (auto where : kept_tables)
    take(where, {}, false);
  take(table::idempotency, {}, true);
  take(table::meta, view(rows::order_prefix), false);
  return out;
}

expected<rows::life> open_life(ports::storage& disk, ports::random& dice, const restore_facts& facts) {
  auto start = load_store(disk);
  if (!start)
    return start.why();
  auto clinic = read_row<rows::clinic>(disk, table::meta, view(rows::clinic_key));
  auto lives = lives_of(disk);
  if (!clinic || !lives)
    return refusal::value_not_openable;
  if (clinic->row.incarnation == facts.next)
    return refusal::already_exists;
  if (lives->size() >= rows::lives_max)
    return refusal::count_too_large;
  // The second of the restore: one bulk may be restored twice, and two logs must never share an origin.
  auto second = static_cast<std::uint32_t>(std::min<time_ms>(facts.now / 1'000, UINT32_MAX - 1));
  auto epoch = std::max(second, lives->empty() ? 2u : lives->back().row.log_epoch + 1);
  rows::life life{epoch, facts.next, clinic->row.incarnation, start->head.tree.size};
  act opened;
  opened.entry.kind = rules::audit_kind::incarnation_opened;
  opened.entry.time = facts.now;
  opened.entry.object = facts.next.value;
  opened.entry.detail = detail_of(life, facts);
  auto next = clinic->row;
  next.incarnation = facts.next;
  opened.changes.push_back(put_row(table::meta, to_bytes(view(rows::clinic_key)), next));
  opened.changes.push_back(put_row(table::meta, rows::key_of_life(life.log_epoch), life));
  take_over_rows(disk, facts, opened);
  write all;
  all.acts = lacking_objects(disk, facts);
  all.acts.insert(all.acts.begin(), std::move(opened));
  if (auto why = commit(disk, dice, std::move(all)); why != refusal::none)
    return why;
  act burned;
  burned.entry.kind = rules::audit_kind::secrets_burned;
  burned.entry.time = facts.now;
  burn_secrets(disk, facts.now, burned);
  write last;
  last.acts.push_back(std::move(burned));
  if (auto why = commit(disk, dice, std::move(last)); why != refusal::none)
    return why;
  return life;
}

} // namespace wardline
