#pragma once
// A device store without a disk: for the simulation, the bench and tests. Deterministic; what was committed
// outlives the `device` that used it, so a crash is: drop the device, keep the store.
#include "client/device_store.hpp"
#include <functional>
#include <map>

namespace wardline::client {

class memory_device_store final : public device_store {
public:
  /// Asked before each commit and each change of a cell, numbered from 0: what shall come of it? `unknown`
  /// happens by `keep_when_unknown`. Unset: everything is committed.
  std::function<store_result(std::uint64_t number)> outcome_of;
  bool keep_when_unknown = false;

  memory_device_store();

  /// Random, and kept by copies: without a disk nobody can tell one from another.
  [[nodiscard]] store_instance instance() const override { return instance_; }
  [[nodiscard]] std::optional<bytes> get(table where, bytes_view key) const override;
  [[nodiscard]] std::vector<store_row> scan(table where, bytes_view prefix, bytes_view after,
                                            std::size_t rows_max) const override;
  store_result commit(std::span<const store_change> changes) override;
  [[nodiscard]] std::optional<wiped_bytes> read_cell(secret_cell which) const override;
  store_result write_cell(secret_cell which, bytes_view content) override;
  store_result burn_cell(secret_cell which) override;

  /// Commits and cell changes so far.
  [[nodiscard]] std::uint64_t commits() const { return commits_; }
  /// Every value held, for scans that look for what must not be in clear.
  void for_each_value(const std::function<void(table, bytes_view)>& visit) const;

private:
  store_result decide();

  store_instance instance_{};
  std::map<std::pair<table, bytes>, bytes> rows_;
  std::map<secret_cell, bytes> cells_;
  std::uint64_t commits_ = 0;
};

} // namespace wardline::client
