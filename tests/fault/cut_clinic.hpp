#pragma once
// A clinic under load on a disk whose power can be cut, and what it lost.
#include "cuttable_disk.hpp"
#include "failing_disk.hpp"
#include "state_at_rest.hpp"
#include <algorithm>
#include <cstdio>
#include <memory>

namespace wardline::fault {

class cut_clinic {
public:
  explicit cut_clinic(std::uint64_t seed, habits h = {}) : disk{clinic}, pair{started(), seed, h} {}

  /// Whatever was answered before the cut comes in; then the daemon ends, and the disk is back with what it
  /// holds.
  void cut() {
    disk.cut();
    clinic.run_until([] { return false; }, 50);
    disk.power_again();
  }

  [[nodiscard]] std::size_t acked() const {
    std::size_t n = 0;
    for (const auto& p : pair.promised())
      n += p.seq != 0 ? 1 : 0;
    return n;
  }
  /// Acked messages that are not there whole, or whose step of escalation is not.
  [[nodiscard]] std::size_t lost(const state_at_rest& found) const {
    std::size_t n = 0;
    for (const auto& p : pair.promised())
      n += p.seq != 0 && !found.holds(p) ? 1 : 0;
    return n;
  }

private:
  real_clinic& started() {
    clinic.daemon->start();
    auto connected = [this] {
      return std::all_of(clinic.devices.begin(), clinic.devices.end(),
                         [](const auto& d) { return d->device->settled(); });
    };
    if (!clinic.run_until(connected))
      throw std::runtime_error{"the devices do not come back"};
    return clinic;
  }

public:
  real_clinic clinic;
  cuttable_disk disk;
  busy_pair pair;
};

/// The control of every proof by cuts: two clinics on disks that say they synced and did not. False: nothing
/// was lost, and so such cuts prove nothing.
inline bool control_loses(std::uint64_t seed) {
  constexpr unsigned cuts = 2;
  std::size_t acked = 0, lost = 0;
  for (unsigned i = 0; i < cuts; ++i) {
    std::unique_ptr<cut_clinic> c;
    {
      failing_disk lies{{{"_CALL", "lie"}, {"_BELOW", std::filesystem::temp_directory_path().string()}}};
      c = std::make_unique<cut_clinic>(seed + i);
    }
    c->pair.work(500);
    c->cut();
    acked += c->acked();
    try {
      lost += c->lost(state_at_rest{c->clinic});
    } catch (const std::exception&) { // no store is left at all
      lost += c->acked();
    }
  }
  std::printf("control, disks that lie about syncs: %u cuts, %zu of %zu acked messages lost\n", cuts, lost,
              acked);
  return lost != 0;
}

} // namespace wardline::fault
