#include "store_batch.hpp"
#include "wire/secret.hpp"
#include <algorithm>

namespace wardline {

namespace {

std::string place(ports::table where, bytes_view key) {
  std::string out;
  out.reserve(key.size() + 1);
  out.push_back(static_cast<char>(where));
  out.append(text(key));
  return out;
}

bytes with_stamp(const stamp& at, bytes_view value) {
  auto out = ports::row_key(at.leaf);
  auto log = ports::row_key(at.log);
  out.reserve(stamp_bytes + value.size());
  out.insert(out.end(), log.begin(), log.end());
  out.insert(out.end(), value.begin(), value.end());
  return out;
}

/// Second factors lie in one of them, lock shares in the other (people_rows.hpp).
bool may_hold_secrets(ports::table where) {
  return where == ports::table::user || where == ports::table::device;
}

bool is_stores_own(ports::table where, bytes_view key) {
  switch (where) {
  case ports::table::log:
  case ports::table::leaf:
  case ports::table::entry:
  case ports::table::node:
    return true;
  case ports::table::meta:
    return text(key).starts_with("store/");
  default:
    return false;
  }
}

refusal check(const act& a) {
  if (a.log.size() > act_log_rows_max)
    return refusal::count_too_large;
  if (a.entry.detail.size() > rules::audit_detail_bytes_max)
    return refusal::object_too_large;
  for (const auto& row : a.log)
    if (row.size() > ports::value_bytes_max)
      return refusal::object_too_large;
  for (const auto& c : a.changes) {
    if (c.change.value.size() > ports::value_bytes_max - stamp_bytes)
      return refusal::object_too_large;
    if (!ports::in_range(c.change) || is_stores_own(c.change.where, c.change.key))
      return refusal::malformed_request;
  }
  for (const auto& p : a.only_if)
    if (!ports::in_range(ports::del(p.where, p.key)))
      return refusal::malformed_request;
  return refusal::none;
}

} // namespace

std::size_t bytes_of(const write& w) {
  std::size_t out = 0;
  for (const auto& a : w.acts) {
    out += 256 + a.entry.detail.size(); // its leaf, entry and their keys
    for (const auto& row : a.log)
      out += 8 + row.size();
    for (const auto& c : a.changes)
      out += c.change.key.size() + c.change.value.size() + stamp_bytes;
  }
  return out;
}

refusal check(const write& w) {
  if (w.acts.empty())
    return refusal::malformed_request;
  if (w.acts.size() > write_acts_max)
    return refusal::count_too_large;
  for (const auto& a : w.acts)
    if (auto why = check(a); why != refusal::none)
      return why;
  return bytes_of(w) > write_bytes_max ? refusal::object_too_large : refusal::none;
}

store_batch::store_batch(const ports::reader& disk, ports::random& dice, store_head from)
    : disk_{disk}, dice_{dice}, head_{std::move(from)} {}

store_batch::~store_batch() {
  for (auto& row : rows_)
    if (may_hold_secrets(row.where))
      wipe(row.value);
}

/// Against the acts of the same write before this one, then this batch, then the disk: the newest word
/// counts.
bool store_batch::holds(const precondition& p, const write& w, std::size_t acts_before,
                        const std::vector<stamp>& stamps) const {
  for (auto i = acts_before; i-- > 0;)
    for (auto c = w.acts[i].changes.rbegin(); c != w.acts[i].changes.rend(); ++c)
      if (c->change.where == p.where && c->change.key == p.key) {
        if (c->change.what == ports::change::kind::del)
          return !p.equals;
        return p.equals &&
               *p.equals == (c->stamped ? with_stamp(stamps[i], c->change.value) : c->change.value);
      }
  if (auto found = newest_.find(place(p.where, p.key)); found != newest_.end()) {
    const auto& c = rows_[found->second];
    if (c.what == ports::change::kind::del)
      return !p.equals;
    return p.equals && *p.equals == c.value;
  }
  auto row = disk_.read(p.where, p.key);
  // A row that cannot be opened is neither absent nor known to be equal: what depends on it does not happen.
  if (!p.equals)
    return row.status == ports::read_status::absent;
  return row && *row == *p.equals;
}

expected<std::vector<stamp>> store_batch::add(write&& w) {
  std::vector<stamp> stamps;
  stamp next{head_.tree.size, head_.next_log};
  for (const auto& a : w.acts) {
    stamps.push_back(next);
    next = {next.leaf + 1, next.log + a.log.size()};
  }
  for (std::size_t i = 0; i < w.acts.size(); ++i)
    for (const auto& p : w.acts[i].only_if)
      if (!holds(p, w, i, stamps))
        return refusal::precondition_failed;
  for (std::size_t i = 0; i < w.acts.size(); ++i) {
    auto& a = w.acts[i];
    add_leaf(a.entry);
    for (auto& row : a.log)
      rows_.push_back(ports::put(ports::table::log, ports::row_key(head_.next_log++), std::move(row)));
    for (auto& c : a.changes) {
      if (c.stamped && c.change.what == ports::change::kind::put) {
        auto plain = std::exchange(c.change.value, with_stamp(stamps[i], c.change.value));
        if (may_hold_secrets(c.change.where))
          wipe(plain);
      }
      append(std::move(c.change));
    }
    for (auto& p : a.only_if)
      if (p.equals && may_hold_secrets(p.where))
        wipe(*p.equals);
  }
  return stamps;
}

void store_batch::add_leaf(const rules::audit_entry& entry) {
  rules::audit_salt salt;
  dice_.fill(salt);
  auto encoded = rules::encode(entry);
  auto leaf = rules::leaf_data_of(entry.kind, salt, encoded);
  auto key = ports::row_key(head_.tree.size);
  bytes salted{salt.begin(), salt.end()};
  salted.insert(salted.end(), encoded.begin(), encoded.end());
  rows_.push_back(ports::put(ports::table::leaf, key, {leaf.begin(), leaf.end()}));
  rows_.push_back(ports::put(ports::table::entry, std::move(key), std::move(salted)));
  rules::append(head_.tree, rules::leaf_hash(leaf), [this](const rules::tree_node& node) {
    rows_.push_back(ports::put(ports::table::node, node_key(node.level, node.index),
                               {node.hash.begin(), node.hash.end()}));
  });
}

void store_batch::add_row(ports::change row) {
  append(std::move(row));
}

void store_batch::append(ports::change row) {
  newest_[place(row.where, row.key)] = rows_.size();
  rows_.push_back(std::move(row));
}

std::span<const ports::change> store_batch::rows() {
  rows_.push_back(ports::put(ports::table::meta, head_row_key(), encode(head_)));
  return rows_;
}

} // namespace wardline
