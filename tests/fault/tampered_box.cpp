#include "tampered_box.hpp"
#include "keyring.hpp"
#include <algorithm>

namespace wardline::fault {

namespace {

using dice = tamper_dice;
using table_rows = memory_storage::table_rows;

/// A table with at least so many rows.
table_rows* some_table(box_state& s, dice& d, std::size_t least) {
  auto& rows = s.rows[d.table()];
  return rows.size() >= least ? &rows : nullptr;
}

table_rows::iterator some_row(table_rows& rows, dice& d) {
  return std::next(rows.begin(), static_cast<std::ptrdiff_t>(d.roll(rows.size())));
}

const box_state& earlier(const box_history& all, dice& d) {
  return all[d.roll(all.size() - 1)];
}

bool flip_bit(bytes& value, dice& d, std::size_t from, std::size_t until) {
  until = std::min(until, value.size());
  if (from >= until)
    return false;
  value[from + d.roll(until - from)] ^= static_cast<std::uint8_t>(1u << d.roll(8));
  return true;
}

bool flip_in_value(const box_history&, box_state& s, dice& d) {
  auto* rows = some_table(s, d, 1);
  if (rows == nullptr)
    return false;
  auto& value = some_row(*rows, d)->second;
  return flip_bit(value, d, 0, value.size());
}

bool swap_values(const box_history&, box_state& s, dice& d) {
  auto* rows = some_table(s, d, 2);
  if (rows == nullptr)
    return false;
  auto a = some_row(*rows, d), b = some_row(*rows, d);
  std::swap(a->second, b->second);
  return a != b;
}

bool move_value(const box_history&, box_state& s, dice& d) {
  auto* from = some_table(s, d, 1);
  auto* to = some_table(s, d, 1);
  if (from == nullptr || to == nullptr)
    return false;
  auto a = some_row(*from, d), b = some_row(*to, d);
  if (a->first == b->first && from == to)
    return false;
  b->second = a->second;
  return true;
}

bool add_row(const box_history&, box_state& s, dice& d) {
  auto* rows = some_table(s, d, 1);
  if (rows == nullptr)
    return false;
  auto row = *some_row(*rows, d);
  auto key = row.first;
  flip_bit(key, d, 0, key.size());
  return rows->emplace(std::move(key), row.second).second;
}

bool delete_row(const box_history&, box_state& s, dice& d) {
  auto* rows = some_table(s, d, 1);
  if (rows == nullptr)
    return false;
  rows->erase(some_row(*rows, d));
  return true;
}

bool truncate_table(const box_history&, box_state& s, dice& d) {
  auto* rows = some_table(s, d, 1);
  if (rows == nullptr)
    return false;
  rows->erase(some_row(*rows, d), rows->end());
  return true;
}

/// Of rows that stand in an earlier state with another value, or there and not now.
bool put_back(const box_history& all, box_state& s, dice& d, bool still_there) {
  auto t = d.table();
  const auto& then = earlier(all, d).rows[t];
  auto& now = s.rows[t];
  std::vector<const table_rows::value_type*> found;
  for (const auto& r : then) {
    auto at = now.find(r.first);
    if (still_there ? at != now.end() && at->second != r.second : at == now.end())
      found.push_back(&r);
  }
  if (found.empty())
    return false;
  const auto& r = *found[d.roll(found.size())];
  now[r.first] = r.second;
  return true;
}

bool older_row(const box_history& all, box_state& s, dice& d) {
  return put_back(all, s, d, true);
}
bool removed_row(const box_history& all, box_state& s, dice& d) {
  return put_back(all, s, d, false);
}

/// What the keys of one copy fill.
std::size_t used_bytes(const bytes& keyring) {
  std::size_t count = 0;
  for (std::size_t i = 16; i < 20; ++i)
    count = count << 8 | keyring[i];
  return keyring_header_bytes + count * keyring_slot_bytes + 16;
}

bool flip_one_copy(const box_history&, box_state& s, dice& d) {
  auto from = d.roll(2) * keyring_copy_bytes;
  return flip_bit(s.keyring, d, from, from + used_bytes(s.keyring));
}

bool flip_both_copies(const box_history&, box_state& s, dice& d) {
  auto used = used_bytes(s.keyring);
  return flip_bit(s.keyring, d, 0, used) &&
         flip_bit(s.keyring, d, keyring_copy_bytes, keyring_copy_bytes + used);
}

bool flip_behind_keys(const box_history&, box_state& s, dice& d) {
  auto from = d.roll(2) * keyring_copy_bytes;
  return flip_bit(s.keyring, d, from + used_bytes(s.keyring), from + keyring_copy_bytes);
}

bool swap_copies(const box_history&, box_state& s, dice&) {
  auto middle = s.keyring.begin() + static_cast<std::ptrdiff_t>(keyring_copy_bytes);
  std::swap_ranges(s.keyring.begin(), middle, middle);
  return true;
}

bool truncate_keyring(const box_history&, box_state& s, dice& d) {
  s.keyring.resize(d.roll(used_bytes(s.keyring)));
  return true;
}

bool older_copy(const box_history& all, box_state& s, dice& d) {
  const auto& then = earlier(all, d).keyring;
  auto from = static_cast<std::ptrdiff_t>(d.roll(2) * keyring_copy_bytes);
  auto before = s.keyring;
  std::copy_n(then.begin() + from, keyring_copy_bytes, s.keyring.begin() + from);
  return s.keyring != before;
}

std::map<std::string, bytes>::iterator some_blob(box_state& s, dice& d) {
  return std::next(s.blobs.begin(), static_cast<std::ptrdiff_t>(d.roll(s.blobs.size())));
}

bool flip_in_blob(const box_history&, box_state& s, dice& d) {
  auto& content = some_blob(s, d)->second;
  return flip_bit(content, d, 0, content.size());
}

bool swap_blobs(const box_history&, box_state& s, dice& d) {
  auto a = some_blob(s, d), b = some_blob(s, d);
  std::swap(a->second, b->second);
  return a != b;
}

bool delete_blob(const box_history&, box_state& s, dice& d) {
  s.blobs.erase(some_blob(s, d));
  return true;
}

bool truncate_blob(const box_history&, box_state& s, dice& d) {
  auto& content = some_blob(s, d)->second;
  content.resize(d.roll(content.size()));
  return true;
}

bool lengthen_blob(const box_history&, box_state& s, dice& d) {
  auto& content = some_blob(s, d)->second;
  content.resize(content.size() + 1 + d.roll(5'000));
  return true;
}

/// The file of a message whose body was destroyed since.
bool removed_blob(const box_history& all, box_state& s, dice& d) {
  const auto& then = earlier(all, d).blobs;
  std::vector<const std::pair<const std::string, bytes>*> gone;
  for (const auto& b : then)
    if (!s.blobs.contains(b.first))
      gone.push_back(&b);
  return !gone.empty() && s.blobs.insert(*gone[d.roll(gone.size())]).second;
}

} // namespace

std::vector<tampering> row_tamperings() {
  return {{"a bit of a value", flip_in_value},     {"two values swapped", swap_values},
          {"a value at another key", move_value},  {"a row added", add_row},
          {"a row deleted", delete_row},           {"an older version of a row", older_row},
          {"a removed row put back", removed_row}, {"a table cut off", truncate_table}};
}

std::vector<tampering> keyring_tamperings() {
  return {{"keyring: a bit of one copy", flip_one_copy},
          {"keyring: a bit of both copies", flip_both_copies},
          {"keyring: a bit behind the keys", flip_behind_keys},
          {"keyring: copies swapped", swap_copies},
          {"keyring: cut off", truncate_keyring},
          {"keyring: one older copy", older_copy}};
}

std::vector<tampering> blob_tamperings() {
  return {{"file of a message: a bit", flip_in_blob},   {"file of a message: two swapped", swap_blobs},
          {"file of a message: deleted", delete_blob},  {"file of a message: cut off", truncate_blob},
          {"file of a message: longer", lengthen_blob}, {"file of a message: put back", removed_blob}};
}

std::vector<tampering> rollbacks() {
  return {{"all of an older state",
           [](const box_history& all, box_state& s, dice& d) { return s = earlier(all, d), true; }},
          {"the store's older file",
           [](const box_history& all, box_state& s, dice& d) { return s.rows = earlier(all, d).rows, true; }},
          {"the keyring's older file", [](const box_history& all, box_state& s, dice& d) {
             return s.keyring = earlier(all, d).keyring, true;
           }}};
}

std::vector<tampering> table_rollbacks() {
  return {{"an older table", [](const box_history& all, box_state& s, dice& d) {
             auto t = d.table();
             const auto& older = earlier(all, d).rows[t];
             auto other = older != s.rows[t];
             s.rows[t] = older;
             return other;
           }}};
}

} // namespace wardline::fault
