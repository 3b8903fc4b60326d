#pragma once
// Backups of a simulated clinic, and what a restore does to it: the box is lost, and comes back as its newest
// bulk, the newest current table, and what live devices still hold.
#include "daemon_life.hpp"
#include "restoring.hpp"

namespace wardline::sim {

class backups {
public:
  explicit backups(box_disk& disk) : disk_{disk} {}

  /// Before the first one, and until it is durable: from then on nothing is thrown away that a restore would
  /// ask for.
  static void begin(daemon_life& life, time_ms now);
  /// A bulk and its current table, of the same commit; then the daemon is told how much is safe.
  void take_whole(daemon_life& life, time_ms now);
  /// The current table alone; a bulk, too, if keys were turned since: what they sealed is not in the old one.
  void refresh(daemon_life& life, time_ms now);
  [[nodiscard]] bool any() const { return whole_.has_value(); }

  /// The disk as `wardctl restore` leaves it. How many leaves came back; nothing, and `broken` was told why
  /// not.
  std::optional<std::uint64_t> restore(ports::random& dice, time_ms now,
                                       const std::function<void(const std::string&)>& broken);

private:
  struct bulk {
    memory_storage::image rows;
    std::map<std::string, bytes> blobs;
    std::pair<std::uint64_t, ports::key_turn::phase> turn;
  };
  struct current {
    bytes keyring;
    std::vector<kept_row> kept;
    std::optional<checkpoint_note> known;
  };

  box_disk& disk_;
  std::optional<bulk> whole_;
  current current_;
};

} // namespace wardline::sim
