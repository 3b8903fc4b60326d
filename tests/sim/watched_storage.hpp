#pragma once
// Stands between the house and the sealed store, sees values in clear, and holds the house to its promises:
// each reading of a body uses up one durable leaf that says that it was opened.
#include "opening_ledger.hpp"
#include "ports/storage.hpp"
#include <functional>

namespace wardline::sim {

/// What the next commit does; asked once per commit.
enum class disk_fault { none, refused, unknown_and_lost, unknown_and_kept, lied };

class watched_storage final : public ports::storage {
public:
  explicit watched_storage(ports::storage& below) : below_{below} {}

  std::function<disk_fault()> fault = [] { return disk_fault::none; };
  std::function<void(const std::string&)> broken;                     ///< a promise was broken: what
  std::function<void(const opening&)> opened = [](const opening&) {}; ///< such a leaf is durable

  [[nodiscard]] ports::read_result read(ports::table where, bytes_view key) const override;
  [[nodiscard]] std::vector<ports::row> scan(ports::table where, bytes_view prefix, bytes_view after,
                                             std::size_t limit) const override;
  [[nodiscard]] std::optional<ports::row> last(ports::table where, bytes_view prefix) const override;
  [[nodiscard]] bool nearly_full() const override { return full || below_.nearly_full(); }
  bool full = false; ///< only the reserve is left
  [[nodiscard]] ports::commit_result commit(std::span<const ports::change> changes) override;

  /// Does what writes, under the next fault: a commit, or a step of a key turn.
  template <class Act>
  ports::commit_result under_fault(Act act) {
    auto what = fault();
    if (what == disk_fault::refused)
      return ports::commit_result::refused;
    if (what == disk_fault::unknown_and_lost)
      return ports::commit_result::unknown;
    if (what == disk_fault::lied)
      return ports::commit_result::committed;
    auto result = act();
    return what == disk_fault::unknown_and_kept ? ports::commit_result::unknown : result;
  }

  [[nodiscard]] std::uint64_t bodies_read() const { return bodies_read_; }
  [[nodiscard]] std::uint64_t last_leaf() const { return last_leaf_; }

private:
  using message_place = std::pair<conversation_id, std::uint64_t>;

  void check_body(bytes_view value) const;
  void remember_leaf(std::uint64_t leaf, bytes_view salted_entry);

  ports::storage& below_;
  /// Durable leaves of this life that no reading has used up. Reading knows no reader; the ledger does.
  mutable std::map<message_place, unsigned> unread_;
  mutable std::uint64_t bodies_read_ = 0;
  std::uint64_t last_leaf_ = 0;
};

} // namespace wardline::sim
