// What was sent is kept until a backup of the server holds it, and sent once more if the server was restored
// from one that does not (e2ee 6.5, 6.6).
#include "client/outbox.hpp"
#include <algorithm>

namespace wardline::client {

namespace {

/// Rows of one commit while they are dropped.
constexpr std::size_t dropped_per_commit_max = 256;

} // namespace

/// Their files go with the oldest ones first where they are more than may be kept: the message itself stays.
void outbox::trim_files() {
  std::vector<std::pair<std::uint64_t, message_id>> kept; // by order
  std::uint64_t all = 0;
  for (const auto& [id, row] : all_)
    if (row.shown.state == outbox_state::acked && uploads_.has(id)) {
      kept.emplace_back(row.order, id);
      all += uploads_.size_of(id);
    }
  std::sort(kept.begin(), kept.end());
  for (auto oldest = kept.begin(); oldest != kept.end() && all > kept_files_bytes_max; ++oldest) {
    all -= uploads_.size_of(oldest->second);
    uploads_.erase(oldest->second);
  }
}

refusal outbox::offer_again(store_changes& changes) const {
  for (const auto& [id, held] : all_) {
    if (held.shown.state != outbox_state::acked)
      continue;
    const auto* here = messages_.find(id);
    if (here != nullptr && here->recalled != 0) {
      vault::erase(changes, table::outbox, rows::key_of_id(id));
      continue;
    }
    auto row = read(id);
    if (!row)
      return row.why();
    row->state = outbox_state::sent;
    row->seq = row->leaf = 0;
    row->reseals = 0;
    wiped_bytes raw{rows::encode(*row)};
    core_.rows.put(changes, table::outbox, rows::key_of_id(id), raw.value);
  }
  return refusal::none;
}

refusal outbox::drop_safe(std::uint64_t safe_leaves) {
  std::vector<message_id> safe;
  for (const auto& [id, row] : all_)
    if (row.shown.state == outbox_state::acked && row.shown.leaf < safe_leaves)
      safe.push_back(id);
  store_changes gone;
  for (std::size_t i = 0; i < safe.size(); ++i) {
    vault::erase(gone, table::outbox, rows::key_of_id(safe[i]));
    if (gone.size() < dropped_per_commit_max && i + 1 < safe.size())
      continue;
    if (auto why = core_.commit(std::exchange(gone, {})); why != refusal::none)
      return why;
  }
  for (const auto& id : safe) {
    all_.erase(id);
    uploads_.erase(id);
  }
  return refusal::none;
}

} // namespace wardline::client
