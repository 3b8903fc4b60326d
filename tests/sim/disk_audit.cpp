#include "disk_audit.hpp"
#include "audit_rows.hpp"
#include "e2ee/checkpoint.hpp"
#include "item_rows.hpp"
#include "message_rows.hpp"
#include "stored.hpp"
#include "wipe_rows.hpp"

namespace wardline::sim {

namespace {

using complain = std::function<void(const std::string&)>;

std::vector<ports::row> all_rows(const ports::reader& from, ports::table where) {
  std::vector<ports::row> out;
  bytes after;
  for (;;) {
    auto page = from.scan(where, {}, after, ports::scan_rows_max);
    if (page.empty())
      return out;
    after = page.back().key;
    out.insert(out.end(), page.begin(), page.end());
  }
}

/// The tree hash from its definition (RFC 6962 2.1), over the leaves as stored: shares nothing with the
/// frontier.
hash32 naive_root(const std::vector<hash32>& leaves, std::size_t from, std::size_t n) {
  if (n == 0)
    return sha256(bytes_view{});
  if (n == 1)
    return leaves[from];
  std::size_t k = 1;
  while (2 * k < n)
    k *= 2;
  constexpr std::uint8_t node[] = {1};
  return sha256({node, naive_root(leaves, from, k), naive_root(leaves, from + k, n - k)});
}

std::uint64_t audit_log(const ports::reader& disk, const complain& wrong) {
  constexpr std::uint8_t leaf_prefix[] = {0};
  std::vector<hash32> leaves;
  for (const auto& row : all_rows(disk, ports::table::leaf)) {
    if (ports::row_number(row.key) != leaves.size())
      wrong("the log has a gap at leaf " + std::to_string(leaves.size()));
    leaves.push_back(sha256({leaf_prefix, row.value}));
    if (!read_entry(disk, leaves.size() - 1))
      wrong("an entry does not fit its leaf");
  }
  auto start = load_store(disk);
  if (!start) {
    wrong("the audit log does not verify: " + to_string(start.why()));
    return leaves.size();
  }
  if (start->checkpoint && start->checkpoint->size <= leaves.size() &&
      start->checkpoint->root != naive_root(leaves, 0, start->checkpoint->size))
    wrong("the last checkpoint is not the root of its leaves");
  return leaves.size();
}

/// Each message is there whole: place, slip, body and idempotency row of one act, or nothing of it. Of a
/// recalled one the body is gone, with its key.
void audit_messages(const ports::reader& disk, const complain& wrong) {
  std::map<conversation_id, std::uint64_t> last_seq;
  std::size_t places = 0;
  std::size_t recalled = 0;
  if (!disk.scan(ports::table::meta, view(rows::order_prefix), {}, 1).empty())
    wrong("an order of destruction is still pending");
  for (const auto& row : all_rows(disk, ports::table::index)) {
    auto parts = split_stamp(row.value);
    auto place = parts ? rows::decode<rows::place>(parts->value) : std::nullopt;
    auto seq = rows::seq_of_place(row.key);
    if (!place || !seq)
      return wrong("an index row is damaged");
    ++places;
    auto conversation = *conversation_id::from(bytes_view{row.key}.first(conversation_id::size));
    if (*seq != ++last_seq[conversation])
      wrong("the seqs of a conversation are not dense");
    auto slip = disk.read(ports::table::log, ports::row_key(parts->at.log));
    auto body = disk.read(ports::table::log, ports::row_key(parts->at.log + 1));
    auto accepted = read_row<rows::accepted>(disk, ports::table::idempotency, place->message.view());
    bool gone = is_recalled(disk, place->message);
    recalled += gone ? 1 : 0;
    if (!slip || !rows::decode<rows::slip>(*slip) || (!gone && (!body || !rows::decode<rows::body>(*body))))
      wrong("a message lacks its slip or body");
    if (gone && body.status != ports::read_status::absent)
      wrong("a recalled message still has its body");
    if (!accepted || accepted->row.seq != *seq || accepted->at.leaf != parts->at.leaf)
      wrong("a message lacks its idempotency row");
    auto entry = read_entry(disk, parts->at.leaf);
    auto said = entry ? rules::decode_audit_entry(entry->entry) : std::nullopt;
    if (!said || said->kind != rules::audit_kind::posted || said->object != place->message.value)
      wrong("a message lacks its leaf");
  }
  if (places + recalled != all_rows(disk, ports::table::idempotency).size() ||
      2 * places - recalled != all_rows(disk, ports::table::log).size())
    wrong("something of a message is there without the rest of it");
}

/// Each message has its item, and each urgent one exactly one owner or exactly one live step; whatever is due
/// belongs to an item that says so, and nothing else is.
void audit_items(const ports::reader& disk, const complain& wrong) {
  std::map<message_id, std::vector<rows::due_key>> due;
  for (const auto& row : all_rows(disk, ports::table::due)) {
    auto key = rows::due_of_key(row.key);
    if (!key)
      return wrong("a due row is damaged");
    due[key->message].push_back(*key);
  }
  std::size_t open = 0;
  auto items = all_rows(disk, ports::table::item);
  for (const auto& row : items) {
    auto message = message_id::from(row.key);
    auto item = message ? read_item(disk, *message) : expected<stamped_row<rows::item>>{refusal::not_found};
    if (!item)
      return wrong("an item is damaged");
    const auto& s = item->row.state;
    open += s.at != rules::phase::answered ? 1 : 0;
    auto rows_due = due.extract(*message);
    auto live = rows_due.empty() ? std::vector<rows::due_key>{} : rows_due.mapped();
    if (live.size() != (s.clock ? 1u : 0u) ||
        (s.clock && live[0] != rows::due_key{s.level, s.clock->at, *message}))
      wrong("an item's due row is not what its clock says");
    bool has_owner = static_cast<bool>(s.owner);
    bool step_due = s.at == rules::phase::climbing && live.size() == 1;
    if (s.level <= rules::lane::urgent && has_owner == step_due)
      wrong("an urgent message has neither one owner nor one live step, or both");
  }
  if (!due.empty())
    wrong("something is due for no item");
  if (open != all_rows(disk, ports::table::waiting).size())
    wrong("what is not answered is not what waits");
  auto accepted = all_rows(disk, ports::table::idempotency); // recalls stand there as well, under longer keys
  auto messages = std::count_if(accepted.begin(), accepted.end(),
                                [](const auto& row) { return row.key.size() == message_id::size; });
  if (items.size() != static_cast<std::size_t>(messages))
    wrong("a message lacks its item");
}

} // namespace

void audit_waiting(box_disk& disk, ports::random& random, const complain& wrong) {
  kept_journal journal;
  auto ring = keyring::open(disk.keyring_file, disk.keys.kek, journal);
  if (!ring)
    return wrong("the keyring does not open");
  sealed_storage sealed{disk.rows, **ring, random};
  audit_items(sealed, wrong);
}

std::uint64_t audit_disk(box_disk& disk, ports::random& random, const complain& wrong) {
  kept_journal journal;
  auto ring = keyring::open(disk.keyring_file, disk.keys.kek, journal);
  if (!ring) {
    wrong("the keyring does not open");
    return 0;
  }
  sealed_storage sealed{disk.rows, **ring, random};
  audit_messages(sealed, wrong);
  audit_items(sealed, wrong);
  return audit_log(sealed, wrong);
}

} // namespace wardline::sim
