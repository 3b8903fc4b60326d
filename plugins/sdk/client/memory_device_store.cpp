#include "client/memory_device_store.hpp"
#include <sodium.h>

namespace wardline::client {

memory_device_store::memory_device_store() {
  randombytes_buf(instance_.data(), instance_.size());
}

std::optional<bytes> memory_device_store::get(table where, bytes_view key) const {
  auto found = rows_.find({where, to_bytes(key)});
  if (found == rows_.end())
    return std::nullopt;
  return found->second;
}

std::vector<store_row> memory_device_store::scan(table where, bytes_view prefix, bytes_view after,
                                                 std::size_t rows_max) const {
  std::vector<store_row> out;
  auto from = after.empty() ? rows_.lower_bound({where, to_bytes(prefix)})
                            : rows_.upper_bound({where, to_bytes(after)});
  for (auto at = from; at != rows_.end() && at->first.first == where && out.size() < rows_max; ++at) {
    const auto& key = at->first.second;
    if (key.size() < prefix.size() || !std::equal(prefix.begin(), prefix.end(), key.begin()))
      break;
    out.push_back({key, at->second});
  }
  return out;
}

store_result memory_device_store::decide() {
  auto number = commits_++;
  return outcome_of ? outcome_of(number) : store_result::committed;
}

store_result memory_device_store::commit(std::span<const store_change> changes) {
  auto come = decide();
  if (come == store_result::refused || (come == store_result::unknown && !keep_when_unknown))
    return come;
  for (const auto& change : changes) {
    std::pair place{change.where, change.key};
    if (change.value)
      rows_[place] = *change.value;
    else
      rows_.erase(place);
  }
  return come;
}

std::optional<wiped_bytes> memory_device_store::read_cell(secret_cell which) const {
  auto found = cells_.find(which);
  if (found == cells_.end())
    return std::nullopt;
  return wiped_bytes{found->second};
}

store_result memory_device_store::write_cell(secret_cell which, bytes_view content) {
  auto come = decide();
  if (come == store_result::committed || (come == store_result::unknown && keep_when_unknown))
    cells_[which] = to_bytes(content);
  return come;
}

store_result memory_device_store::burn_cell(secret_cell which) {
  auto come = decide();
  if (come == store_result::refused || (come == store_result::unknown && !keep_when_unknown))
    return come;
  if (auto found = cells_.find(which); found != cells_.end()) {
    wipe(found->second);
    cells_.erase(found);
  }
  return come;
}

void memory_device_store::for_each_value(const std::function<void(table, bytes_view)>& visit) const {
  for (const auto& [place, value] : rows_)
    visit(place.first, value);
}

} // namespace wardline::client
