#pragma once
// Key turns over a storage in memory: as many steps as asked for, then the rows are gone. What keys do, the
// tests of the real ones prove (tests/daemon).
#include "memory_storage.hpp"
#include "ports/key_turns.hpp"

namespace wardline {

struct memory_turns final : ports::key_turns {
  explicit memory_turns(memory_storage& d) : disk{d} {}

  [[nodiscard]] ports::key_turn current() const override { return turn; }

  [[nodiscard]] ports::commit_result begin(std::span<const ports::row_place> rows,
                                           bytes_view ticket) override {
    bool under_way = turn.at == ports::key_turn::phase::resealing;
    if (next != ports::commit_result::committed || under_way || rows.size() > ports::turn_rows_max)
      return std::exchange(next, under_way ? ports::commit_result::refused : ports::commit_result::committed);
    doomed = {rows.begin(), rows.end()};
    turn = {ports::key_turn::phase::resealing, turn.number + 1, 1, static_cast<std::uint32_t>(rows.size()),
            to_bytes(ticket)};
    left = steps;
    return ports::commit_result::committed;
  }

  [[nodiscard]] ports::commit_result step() override {
    if (next != ports::commit_result::committed)
      return std::exchange(next, ports::commit_result::committed);
    if (turn.at != ports::key_turn::phase::resealing || --left > 0)
      return ports::commit_result::committed;
    std::vector<ports::change> gone;
    for (auto& p : doomed)
      gone.push_back(ports::del(p.where, p.key));
    turn.at = ports::key_turn::phase::over;
    return disk.commit(gone);
  }

  memory_storage& disk;
  ports::key_turn turn;
  std::vector<ports::row_place> doomed;
  std::size_t steps = 3, left = 0;
  ports::commit_result next = ports::commit_result::committed; ///< of the next call
};

} // namespace wardline
