#include "watched_storage.hpp"
#include "message_rows.hpp"
#include "rules/audit_entry.hpp"
#include <algorithm>

namespace wardline::sim {

namespace {

std::uint64_t number_at(bytes_view raw, std::size_t at) {
  return *ports::row_number(raw.subspan(at, 8));
}

} // namespace

ports::read_result watched_storage::read(ports::table where, bytes_view key) const {
  auto out = below_.read(where, key);
  if (where == ports::table::log && out)
    check_body(*out);
  return out;
}

std::vector<ports::row> watched_storage::scan(ports::table where, bytes_view prefix, bytes_view after,
                                              std::size_t limit) const {
  auto out = below_.scan(where, prefix, after, limit);
  if (where == ports::table::log)
    for (const auto& row : out)
      check_body(row.value);
  return out;
}

std::optional<ports::row> watched_storage::last(ports::table where, bytes_view prefix) const {
  return below_.last(where, prefix);
}

void watched_storage::check_body(bytes_view value) const {
  auto body = rows::decode<rows::body>(value);
  if (!body)
    return;
  ++bodies_read_;
  auto& leaves = unread_[{body->conversation, body->seq}];
  if (leaves == 0)
    return broken("a body was read without a durable leaf of its own that says that it was opened");
  --leaves;
}

ports::commit_result watched_storage::commit(std::span<const ports::change> changes) {
  bool done = false;
  auto result = under_fault([&] {
    auto below = below_.commit(changes);
    done = below == ports::commit_result::committed;
    return below;
  });
  // Nothing may be released behind a commit that is there and unknown, or that was a lie.
  if (done && result == ports::commit_result::committed)
    for (const auto& c : changes)
      if (c.where == ports::table::entry && c.what == ports::change::kind::put)
        remember_leaf(number_at(c.key, 0), c.value);
  return result;
}

void watched_storage::remember_leaf(std::uint64_t leaf, bytes_view salted_entry) {
  last_leaf_ = std::max(last_leaf_, leaf);
  auto entry = rules::decode_audit_entry(salted_entry.subspan(rules::audit_salt_bytes));
  if (!entry)
    return;
  if (entry->kind ==
      rules::audit_kind::file_opened) // detail: u64 seq | u8 off duty; the file's key is in the body
    ++unread_[{entry->conversation, number_at(entry->detail, 0)}];
  if (entry->kind != rules::audit_kind::opened)
    return;
  opening o{leaf, entry->user, entry->device, entry->conversation, {}};
  // detail of an `opened` leaf: u8 purpose | u64 seq each
  for (std::size_t at = 1; at + 8 <= entry->detail.size(); at += 8) {
    o.seqs.push_back(number_at(entry->detail, at));
    ++unread_[{entry->conversation, o.seqs.back()}];
  }
  opened(o);
}

} // namespace wardline::sim
