// Key turns (security 5.3). Step 1: new keys beside the old ones. Step 2: survivors move over, chunk by
// chunk; the last transaction removes the rows to destroy and names the new epochs. Step 3: the old keys are
// overwritten in place. A crash anywhere: the row "store/turn" says which step, and every step may be done
// twice. What a backup made before the turn would need (the re-sealed rows, security 5.4) is the backup's
// part: it has to be written between steps 2 and 3 once there are backups.
#include "sealed_storage.hpp"
#include <algorithm>

namespace wardline {

namespace {

using ports::change;
using ports::commit_result;
using ports::row;
using phase = ports::key_turn::phase;

/// Of one look below: sixteen bodies of the largest size fill a step.
constexpr std::size_t look_rows = 16;
constexpr unsigned shard_prefixes = 256 / segment_shards;

bool can_begin(std::span<const ports::row_place> doomed, bytes_view ticket) {
  auto good = [](const ports::row_place& p) { return ports::in_range(ports::del(p.where, p.key)); };
  return !doomed.empty() && doomed.size() <= ports::turn_rows_max &&
         ticket.size() <= ports::turn_ticket_bytes_max && std::all_of(doomed.begin(), doomed.end(), good);
}

} // namespace

refusal sealed_storage::resume_turn() {
  auto stored = read(ports::table::meta, turn_row_key());
  if (stored.status == ports::read_status::not_openable)
    return refusal::value_not_openable;
  if (!stored)
    return refusal::none;
  auto row = decode_turn_row(*stored);
  if (!row)
    return refusal::value_not_openable;
  if (keys_.file_epoch() < row->keyring_epoch)
    return refusal::keyring_older;
  turn_ = std::move(*row);
  doomed_ = {turn_.doomed.begin(), turn_.doomed.end()};
  // Nobody is served while keys of destroyed rows exist (security 5.3).
  return turn_.at != phase::resealed || destroy_old_keys() == commit_result::committed
             ? refusal::none
             : refusal::storage_refused;
}

ports::key_turn sealed_storage::current() const {
  ports::key_turn out;
  out.at = turn_.at;
  out.number = turn_.number;
  out.segments = static_cast<std::uint32_t>(turn_.segments.size());
  out.rows = turn_.rows;
  out.ticket = turn_.ticket;
  out.resealed_rows = resealed_rows_;
  out.skipped_rows = skipped_rows_;
  return out;
}

commit_result sealed_storage::begin(std::span<const ports::row_place> doomed, bytes_view ticket) {
  if (!can_begin(doomed, ticket) || turn_.at == phase::resealing || turn_.at == phase::resealed)
    return commit_result::refused;
  turn_row next;
  next.at = phase::resealing;
  next.number = turn_.number + 1;
  next.ticket = to_bytes(ticket);
  std::set<ports::row_place> places{doomed.begin(), doomed.end()};
  std::set<key_of_segment> touched;
  for (const auto& p : places) {
    auto of = segment_of(p.where, p.key);
    if (!of)
      return commit_result::refused;
    // Without a key nothing was ever sealed there.
    if (auto epoch = keys_.newest_epoch(*of); epoch != 0)
      touched.insert({*of, epoch + 1});
  }
  next.doomed = {places.begin(), places.end()};
  next.rows = static_cast<std::uint32_t>(places.size());
  next.segments = {touched.begin(), touched.end()};
  auto result = commit_turn(std::move(next), {});
  if (result != commit_result::committed)
    return result;
  doomed_ = std::move(places);
  turn_segment_ = 0;
  turn_prefix_ = 0;
  turn_after_.clear();
  resealed_rows_ = skipped_rows_ = 0;
  return result;
}

commit_result sealed_storage::step() {
  if (turn_.at == phase::resealed)
    return destroy_old_keys();
  if (turn_.at != phase::resealing)
    return commit_result::committed;
  auto has_key = [this](const key_of_segment& s) { return keys_.newest_epoch(s.of) >= s.epoch; };
  if (!std::all_of(turn_.segments.begin(), turn_.segments.end(), has_key))
    return keys_.add(turn_.segments); // from here on every new value is sealed under them
  if (turn_segment_ < turn_.segments.size())
    return reseal_some();
  auto next = turn_;
  std::vector<change> gone;
  for (auto& p : next.doomed)
    gone.push_back(ports::del(p.where, std::move(p.key)));
  next.doomed.clear();
  next.at = phase::resealed;
  auto result = commit_turn(std::move(next), std::move(gone));
  if (result == commit_result::committed)
    doomed_.clear();
  return result;
}

/// The row and what belongs to it, in one transaction; memory follows the disk.
commit_result sealed_storage::commit_turn(turn_row next, std::vector<change> with) {
  next.keyring_epoch = keys_.file_epoch();
  with.push_back(ports::put(ports::table::meta, turn_row_key(), encode(next)));
  auto result = commit(with);
  if (result == commit_result::committed)
    turn_ = std::move(next);
  return result;
}

/// The next rows of a segment, as they lie below; none: the segment is through.
std::vector<row> sealed_storage::next_of_segment(const key_of_segment& in) {
  if (ports::is_monotone(in.of.where)) {
    auto first = std::uint64_t{in.of.number} * segment_rows;
    auto after = !turn_after_.empty() ? turn_after_ : first == 0 ? bytes{} : ports::row_key(first - 1);
    auto rows = below_.scan(in.of.where, {}, after, look_rows);
    auto behind = ports::row_key(first + segment_rows);
    std::erase_if(rows, [&](const row& r) { return r.key >= behind; });
    return rows;
  }
  for (; turn_prefix_ < shard_prefixes; ++turn_prefix_, turn_after_.clear()) {
    auto first_byte = static_cast<std::uint8_t>(in.of.number * shard_prefixes + turn_prefix_);
    auto rows = below_.scan(in.of.where, {&first_byte, 1}, turn_after_, look_rows);
    if (!rows.empty())
      return rows;
  }
  return {};
}

commit_result sealed_storage::reseal_some() {
  const auto in = turn_.segments[turn_segment_];
  auto after_before = turn_after_;
  auto prefix_before = turn_prefix_;
  std::vector<change> moved;
  std::size_t looked = 0, size = 0;
  std::uint64_t skipped = 0;
  bool through = false;
  while (!through && looked < ports::turn_step_rows_max && size < ports::turn_step_bytes_max) {
    auto rows = next_of_segment(in);
    through = rows.empty();
    looked += rows.size();
    for (auto& r : rows) {
      turn_after_ = r.key;
      if (!r.openable || key_epoch_of(r.value) >= in.epoch || doomed_.contains({in.of.where, r.key}))
        continue;
      auto value = open(in.of.where, r.key, r.value);
      if (!value) { // a poison row is a state: it was lost before
        ++skipped;
        continue;
      }
      size += r.value.size();
      auto c = ports::put(in.of.where, std::move(r.key), std::move(*value));
      c.value = seal(c);
      moved.push_back(std::move(c));
    }
  }
  auto resealed = moved.size();
  auto result = moved.empty() ? commit_result::committed : commit_sealed(std::move(moved));
  if (result != commit_result::committed) { // once more from where this step began
    turn_after_ = std::move(after_before);
    turn_prefix_ = prefix_before;
    return result;
  }
  resealed_rows_ += resealed;
  skipped_rows_ += skipped;
  if (through) {
    ++turn_segment_;
    turn_prefix_ = 0;
    turn_after_.clear();
  }
  return result;
}

commit_result sealed_storage::destroy_old_keys() {
  if (auto gone = keys_.destroy_before(turn_.segments); gone != commit_result::committed)
    return gone;
  auto next = turn_;
  next.at = phase::over;
  return commit_turn(std::move(next), {});
}

} // namespace wardline
