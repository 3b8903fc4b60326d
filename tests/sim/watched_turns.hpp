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
    return with_.under_fault([&] { return below_.begin(doomed, ticket); });
  }
  [[nodiscard]] ports::commit_result step() override {
    return with_.under_fault([&] { return below_.step(); });
  }

private:
  ports::key_turns& below_;
  watched_storage& with_;
};

} // namespace wardline::sim
