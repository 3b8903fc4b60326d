#pragma once
// Key turns under the same faults as commits: refused, unknown and lost, unknown and kept.
#include "ports/key_turns.hpp"
#include "watched_storage.hpp"

namespace wardline::sim {

class watched_turns final : public ports::key_turns {
public:
  watched_turns(ports::key_turns& below, watched_storage& with) : below_{below}, with_{with} {}

  [[nodiscard]] ports::key_turn current() const override { return below_.current(); }
  [[nodiscard]] ports::commit_result begin(std::span<const ports::row_place> doomed,
                                           bytes_view ticket) override {
    return under_fault([&] { return below_.begin(doomed, ticket); });
  }
  [[nodiscard]] ports::commit_result step() override {
    return under_fault([&] { return below_.step(); });
  }

private:
  template <class Act>
  ports::commit_result under_fault(Act act) {
    auto what = with_.fault();
    if (what == disk_fault::refused)
      return ports::commit_result::refused;
    if (what == disk_fault::unknown_and_lost)
      return ports::commit_result::unknown;
    if (what == disk_fault::lied)
      return ports::commit_result::committed;
    auto result = act();
    return what == disk_fault::unknown_and_kept ? ports::commit_result::unknown : result;
  }

  ports::key_turns& below_;
  watched_storage& with_;
};

} // namespace wardline::sim
