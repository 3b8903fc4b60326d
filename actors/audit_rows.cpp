#include "audit_rows.hpp"
#include <algorithm>

namespace wardline {

namespace {

constexpr std::uint8_t row_version = 1;

std::vector<hash32> leaf_hashes(const ports::reader& disk, std::uint64_t first, std::size_t count) {
  auto after = first == 0 ? bytes{} : ports::row_key(first - 1);
  std::vector<hash32> out;
  for (const auto& row : disk.scan(ports::table::leaf, {}, after, count)) {
    if (ports::row_number(row.key) != first + out.size() || row.value.size() != rules::leaf_data_bytes)
      return {};
    out.push_back(rules::leaf_hash(row.value));
  }
  return out;
}

std::vector<hash32> node_hashes(const ports::reader& disk, unsigned level, std::uint64_t first,
                                std::size_t count) {
  bytes prefix{static_cast<std::uint8_t>(level)};
  auto after = first == 0 ? bytes{} : node_key(level, first - 1);
  std::vector<hash32> out;
  for (const auto& row : disk.scan(ports::table::node, prefix, after, count)) {
    auto hash = fixed<32>(row.value);
    if (row.key != node_key(level, first + out.size()) || !hash)
      return {};
    out.push_back(*hash);
  }
  return out;
}

/// The number of rows of a monotone table, judged by its last key. Nothing if that is not a row number.
std::optional<std::uint64_t> rows_in(const ports::reader& disk, ports::table where) {
  auto last = disk.last(where, {});
  if (!last)
    return 0;
  auto number = ports::row_number(last->key);
  if (!number)
    return std::nullopt;
  return *number + 1;
}

std::optional<store_head> decode_head(bytes_view raw) {
  if (raw.size() < 9 || raw[0] != row_version)
    return std::nullopt;
  auto tree = rules::decode_frontier(raw.subspan(9));
  if (!tree)
    return std::nullopt;
  return store_head{std::move(*tree), *ports::row_number(raw.subspan(1, 8))};
}

struct dated_checkpoint {
  checkpoint_note last;
  time_ms time = 0;
};

std::optional<dated_checkpoint> decode_checkpoint(bytes_view raw) {
  if (raw.size() < 49 || raw[0] != row_version)
    return std::nullopt;
  dated_checkpoint out;
  out.time = *ports::row_number(raw.subspan(1, 8));
  out.last.size = *ports::row_number(raw.subspan(9, 8));
  out.last.root = *fixed<32>(raw.subspan(17, 32));
  out.last.note = text(raw.subspan(49));
  return out;
}

/// Nothing if the last checkpoint is damaged or the tree does not hold it unchanged: then signing on would
/// fork the log.
bool load_checkpoint(const ports::reader& disk, const ports::read_result& row, store_start& out) {
  auto stored = decode_checkpoint(row.value);
  if (!stored || stored->last.size > out.head.tree.size)
    return false;
  auto then = rules::frontier_from(stored->last.size, tree_rows_of(disk));
  if (!then || rules::root(*then) != stored->last.root)
    return false;
  out.checkpoint_time = stored->time;
  out.checkpoint = std::move(stored->last);
  return true;
}

} // namespace

bytes node_key(unsigned level, std::uint64_t index) {
  auto out = ports::row_key(index);
  out.insert(out.begin(), static_cast<std::uint8_t>(level));
  return out;
}

rules::tree_rows tree_rows_of(const ports::reader& disk) {
  return [&disk](unsigned level, std::uint64_t first, std::size_t count) {
    return level == 0 ? leaf_hashes(disk, first, count) : node_hashes(disk, level, first, count);
  };
}

expected<stored_entry> read_entry(const ports::reader& disk, std::uint64_t index) {
  auto key = ports::row_key(index);
  auto leaf = disk.read(ports::table::leaf, key);
  auto entry = disk.read(ports::table::entry, key);
  if (leaf.status == ports::read_status::absent)
    return refusal::not_found;
  if (!leaf || entry.status == ports::read_status::not_openable)
    return refusal::value_not_openable;
  if (!entry || entry.value.size() < rules::audit_salt_bytes || leaf.value.size() != rules::leaf_data_bytes)
    return refusal::log_corrupt;
  stored_entry out;
  std::copy_n(entry.value.begin(), rules::audit_salt_bytes, out.salt.begin());
  out.entry = to_bytes(bytes_view{entry.value}.subspan(rules::audit_salt_bytes));
  auto committed_to = rules::leaf_data_of(static_cast<rules::audit_kind>(leaf.value[1]), out.salt, out.entry);
  if (!std::equal(committed_to.begin(), committed_to.end(), leaf.value.begin()))
    return refusal::log_corrupt;
  return out;
}

bytes head_row_key() {
  return to_bytes(view("store/head"));
}

bytes checkpoint_row_key() {
  return to_bytes(view("store/checkpoint"));
}

bytes encode(const store_head& head) {
  bytes out{row_version};
  for (const auto& part : {ports::row_key(head.next_log), rules::encode(head.tree)})
    out.insert(out.end(), part.begin(), part.end());
  return out;
}

bytes encode(const checkpoint_note& checkpoint, time_ms time) {
  bytes out{row_version};
  for (auto number : {time, checkpoint.size}) {
    auto part = ports::row_key(number);
    out.insert(out.end(), part.begin(), part.end());
  }
  out.insert(out.end(), checkpoint.root.begin(), checkpoint.root.end());
  out.insert(out.end(), checkpoint.note.begin(), checkpoint.note.end());
  return out;
}

expected<checkpoint_note> read_checkpoint(const ports::reader& disk) {
  auto row = disk.read(ports::table::meta, checkpoint_row_key());
  if (row.status == ports::read_status::absent)
    return refusal::not_found;
  auto stored = row ? decode_checkpoint(row.value) : std::nullopt;
  if (!stored)
    return refusal::value_not_openable;
  return std::move(stored->last);
}

time_ms read_checkpoint_time(const ports::reader& disk) {
  auto row = disk.read(ports::table::meta, checkpoint_row_key());
  auto stored = row ? decode_checkpoint(row.value) : std::nullopt;
  return stored ? stored->time : 0;
}

expected<store_start> load_store(const ports::reader& disk) {
  auto stored = disk.read(ports::table::meta, head_row_key());
  auto checkpoint = disk.read(ports::table::meta, checkpoint_row_key());
  if (stored.status == ports::read_status::not_openable ||
      checkpoint.status == ports::read_status::not_openable)
    return refusal::value_not_openable;
  auto leaves = rows_in(disk, ports::table::leaf);
  auto entries = rows_in(disk, ports::table::entry);
  auto log_rows = rows_in(disk, ports::table::log);
  if (!leaves || !entries || !log_rows)
    return refusal::log_corrupt;
  store_start out;
  if (stored) {
    auto head = decode_head(stored.value);
    if (!head)
      return refusal::log_corrupt;
    out.head = std::move(*head);
  }
  // A row behind the head was never committed with it; a row before it is missing. Both are another's work.
  if (*leaves != out.head.tree.size || *entries != out.head.tree.size || *log_rows > out.head.next_log)
    return refusal::log_corrupt;
  if (rules::frontier_from(out.head.tree.size, tree_rows_of(disk)) != out.head.tree)
    return refusal::log_corrupt;
  if (checkpoint && !load_checkpoint(disk, checkpoint, out))
    return refusal::log_corrupt;
  return out;
}

} // namespace wardline
