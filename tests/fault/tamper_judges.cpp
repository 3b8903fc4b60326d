#include "tamper_judges.hpp"
#include "audit_rows.hpp"
#include "blob_files.hpp"
#include "ctl/audit_export.hpp"
#include "log_answers.hpp"
#include "log_row.hpp"
#include "plan_rows.hpp"
#include "registry.hpp"
#include "sealed_storage.hpp"
#include "verify/exports.hpp"
#include "verify/proofs.hpp"
#include <algorithm>

namespace wardline::fault {

namespace {

// clang-format off
constexpr std::array<const char*, ports::table_max + 1> table_names{
    "", "meta", "log", "index", "leaf", "entry", "node", "idempotency", "object", "device", "user", "party",
    "conversation", "item", "invitation", "link_key", "session", "seed_seal", "due", "waiting", "plan", "blob"};
// clang-format on

} // namespace

/// A state with its keys, as the daemon opens it.
struct tamper_court::opened {
  const box_state& state;
  std::filesystem::path folder;
  std::vector<std::pair<ports::table, bytes>> changed;
  kept_journal journal;
  seeded_random dice;
  memory_storage raw;
  std::unique_ptr<keyring> ring;
  std::unique_ptr<sealed_storage> rows;
  ctl::ask_log ask;

  opened(const box_state& s, const std::filesystem::path& where, bytes& keyring_there,
         const box_secrets& with)
      : state{s}, folder{where} {
    raw.rows = s.rows;
    if (s.keyring != keyring_there)
      write_file(folder / "keyring", s.keyring);
    keyring_there = s.keyring;
    if (auto found = keyring::open(folder / "keyring", with.keys.kek, journal))
      ring = std::move(*found);
    if (!ring || journal.count("keyring_copy_healed") != 0)
      keyring_there.clear(); // it is not what it was
    if (!ring)
      return;
    rows = std::make_unique<sealed_storage>(raw, *ring, dice);
    ask = [this, origin = daemon::log_origin(with.clinic), key = daemon::ed25519_public(with.keys.log_key)](
              bytes_view frame) { return daemon::answer_log(*rows, origin, key, frame); };
  }
};

tamper_court::tamper_court(const box_history& all, const box_secrets& with) : all_{all}, secrets_{with} {
  old_note_ = note_of(all_.front());
  new_note_ = note_of(all_.back());
  opened untouched{all_.back(), scratch_.path, keyring_there_, secrets_};
  if (!untouched.rows || start_refuses(untouched) || reading_refuses(untouched) != judge::harmless ||
      verifier_refuses(untouched) || did_not_grow(untouched, new_note_) || an_entry_is_refused(untouched))
    throw std::runtime_error{"the untouched state is refused"};
}

std::string tamper_court::note_of(const box_state& s) {
  opened o{s, scratch_.path, keyring_there_, secrets_};
  auto newest = o.rows ? read_checkpoint(*o.rows) : expected<checkpoint_note>{refusal::not_found};
  if (!newest)
    throw std::runtime_error{"a state has no checkpoint"};
  return newest->note;
}

std::vector<std::pair<ports::table, bytes>> tamper_court::rows_changed(const box_state& s) const {
  std::vector<std::pair<ports::table, bytes>> out;
  for (std::uint8_t t = 1; t <= ports::table_max; ++t) {
    const auto& before = all_.back().rows[t];
    const auto& now = s.rows[t];
    for (const auto& [key, value] : now)
      if (auto at = before.find(key); at == before.end() || at->second != value)
        out.emplace_back(static_cast<ports::table>(t), key);
    for (const auto& [key, value] : before)
      if (!now.contains(key))
        out.emplace_back(static_cast<ports::table>(t), key);
  }
  return out;
}

judge tamper_court::look(const box_state& s, bool with_sum) {
  opened o{s, scratch_.path, keyring_there_, secrets_};
  if (!o.rows || o.journal.count("keyring_copy_healed") != 0)
    return judge::start;
  o.changed = rows_changed(s);
  if (sealing_refuses(o))
    return judge::sealing;
  if (start_refuses(o, with_sum))
    return judge::start;
  if (auto who = reading_refuses(o); who != judge::harmless)
    return who;
  // The keyring opened every row of the present state, and files that no row names are swept at the next
  // tick.
  if (o.changed.empty())
    return judge::harmless;
  if (verifier_refuses(o) || did_not_grow(o, old_note_) || an_entry_is_refused(o))
    return judge::verifier;
  return did_not_grow(o, new_note_) ? judge::checkpoint : judge::nobody;
}

/// Rows that were not touched open as before, unless it is the keyring that was.
bool tamper_court::sealing_refuses(const opened& o) const {
  auto refused = [&](ports::table t, const bytes& key) {
    return o.rows->read(t, key).status == ports::read_status::not_openable;
  };
  for (const auto& [t, key] : o.changed)
    if (refused(t, key))
      return true;
  if (o.state.keyring == all_.back().keyring)
    return false;
  for (std::uint8_t t = 1; t <= ports::table_max; ++t)
    for (const auto& [key, value] : o.state.rows[t])
      if (refused(static_cast<ports::table>(t), key))
        return true;
  return false;
}

bool tamper_court::start_refuses(const opened& o, bool with_sum) const {
  if ((with_sum && o.rows->check_rows() != refusal::none) || o.rows->resume_turn() != refusal::none ||
      !load_store(*o.rows))
    return true;
  kept_journal journal;
  if (!registry::load(*o.rows, &journal))
    return true;
  load_plan(*o.rows, journal);
  return !journal.lines.empty();
}

/// Every message that has a place, and every file that a body names, is asked for.
judge tamper_court::reading_refuses(const opened& o) {
  auto folder = scratch_.path / "blobs";
  kept_journal journal;
  seeded_random dice;
  auto files = blob_files::open(folder, dice, journal);
  if (!files)
    throw std::runtime_error{"no folder for files"};
  for (const auto& [name, content] : blobs_there_)
    if (!o.state.blobs.contains(name))
      std::filesystem::remove(folder / name);
  for (const auto& [name, content] : o.state.blobs)
    if (auto at = blobs_there_.find(name); at == blobs_there_.end() || at->second != content)
      write_file(folder / name, content);
  bool look_at_files = blobs_there_ != o.state.blobs || o.state.blobs != all_.back().blobs;
  blobs_there_ = o.state.blobs;
  auto judged = [&](const rows::stored_file& f) {
    for (std::uint32_t chunk = 0;; ++chunk) {
      auto found = (*files)->read(f.blob, f.key.view(), chunk);
      if (found.status != ports::blob_status::found)
        return found.status == ports::blob_status::absent ? judge::reading : judge::sealing;
      if (found.last)
        return judge::harmless;
    }
  };
  for (const auto& [key, sealed] : o.state.rows[static_cast<std::size_t>(ports::table::index)]) {
    auto place = read_row<rows::place>(*o.rows, ports::table::index, key);
    auto seq = rows::seq_of_place(key);
    auto where = conversation_id::from(bytes_view{key}.first(conversation_id::size));
    if (!place || !seq || !where || !log_row<rows::slip>(*o.rows, place->at.log, *where, *seq))
      return judge::reading;
    if (is_recalled(*o.rows, place->row.message) || is_destroyed(*o.rows, *where))
      continue;
    auto body = log_row<rows::body>(*o.rows, place->at.log + 1, *where, *seq);
    if (!body)
      return judge::reading;
    for (const auto& f : body->files)
      if (auto who = look_at_files ? judged(f) : judge::harmless; who != judge::harmless)
        return who;
  }
  return judge::harmless;
}

bool tamper_court::verifier_refuses(const opened& o) {
  auto folder = scratch_.path / "export";
  std::filesystem::remove_all(folder);
  if (!ctl::export_log(o.ask, folder, [](auto, auto) {}).problem.empty())
    return true;
  verify::hasher with;
  return !verify::check_export(with, folder, secrets_.identity, [](auto, auto) {}).problem.empty();
}

/// As `wardline-verify growth`, with the key of the export that was just written.
bool tamper_court::did_not_grow(const opened& o, const std::string& old_note) {
  verify::hasher with;
  verify::finding found;
  auto key = verify::certified_key(scratch_.path / "export", secrets_.identity, found);
  auto old = verify::read_checkpoint(old_note);
  if (!key || !old)
    return true;
  auto made = ctl::prove_growth(o.ask, old->size);
  auto proof = verify::read_growth_proof(made.text);
  return !made.problem.empty() || !proof || !verify::is_signed(*old, *key) ||
         !verify::is_signed(proof->head, *key) || proof->old_size != old->size ||
         !verify::is_grown(with, old->size, old->root, proof->head.size, proof->head.root, proof->hashes);
}

/// As `wardline-verify entry`, for each entry. Only such changes touch what these proofs are made of.
bool tamper_court::an_entry_is_refused(const opened& o) {
  auto is_of_log = [](const auto& row) {
    return row.first == ports::table::leaf || row.first == ports::table::entry ||
           row.first == ports::table::node;
  };
  if (!o.changed.empty() && std::none_of(o.changed.begin(), o.changed.end(), is_of_log))
    return false;
  verify::hasher with;
  auto head = verify::read_checkpoint(note_of(o.state));
  for (std::uint64_t i = 0; i < head->size; ++i) {
    auto made = ctl::prove_entry(o.ask, i);
    auto proof = verify::read_entry_proof(made.text);
    if (!made.problem.empty() || !proof || proof->extra.size() < rules::leaf_data_bytes ||
        !verify::is_included(with, with.leaf(verify::bytes_view{proof->extra}.first(rules::leaf_data_bytes)),
                             proof->index, proof->head.size, proof->head.root, proof->hashes))
      return true;
  }
  return false;
}

std::string tamper_court::tables_touched(const box_state& s) const {
  std::string out;
  std::uint8_t last = 0;
  for (const auto& [t, key] : rows_changed(s)) {
    auto number = static_cast<std::uint8_t>(t);
    if (number == last)
      continue;
    last = number;
    out += (out.empty() ? "" : " ") + std::string{table_names[number]};
    auto words_end =
        std::find_if(key.begin(), key.end(), [](auto c) { return c != '/' && (c < 'a' || c > 'z'); });
    if (t == ports::table::meta)
      out += " " + std::string{key.begin(), words_end};
  }
  return out;
}

} // namespace wardline::fault
