#pragma once
// One simulated clinic: the whole house on a sealed store in memory, real devices, virtual time, one seed.
// People write, read, acknowledge and recall while devices, roles and removals come and go; crashes, refused
// commits and commits with unknown outcome fall where the seed says.
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace wardline::sim {

struct run_settings {
  std::uint64_t seed = 1;
  unsigned acts = 40;            ///< sends, opens, acknowledgements
  unsigned crashes_max = 4;      ///< of the daemon; and as many of devices
  unsigned turn_crashes_max = 3; ///< more, while a link is staged and not answered
  bool lying_disk = false; ///< the control: some commits are answered and not kept; every run must notice
  bool rosters = false;    ///< devices, roles and removals change while messages flow
  bool history = false; ///< then every device must read what its parties may read, also from before it came
  bool ended = false;   ///< every certificate, the server's too, ended before the work begins
  unsigned restores_max = 0;         ///< the box is lost so often, and comes back from its backup
  bool hostile = false;              ///< answers and news are held back and let out in another order
  std::uint64_t steps_max = 300'000; ///< a run that needs more is stuck
};

/// What a run did; printed at its end.
struct run_report {
  unsigned sent = 0, acked = 0, opened = 0, acknowledged = 0, claimed = 0, released = 0, recalled = 0,
           files_read = 0;
  unsigned daemon_crashes = 0, device_crashes = 0, refused_commits = 0, unknown_commits = 0;
  unsigned new_devices = 0, stations = 0, grants = 0, withdrawals = 0, revocations = 0;
  unsigned turns = 0;      ///< links behind the first ones of their parties
  unsigned races_lost = 0; ///< links that were staged and did not come to stand: somebody else was faster
  std::uint64_t leaves = 0, steps = 0, bodies_read = 0;
  unsigned backups = 0, restores = 0;
  std::uint64_t forgotten = 0; ///< leaves that no restore brought back
  std::uint64_t held_back = 0,
                overtaken = 0;     ///< by a hostile daemon; and what came before something held back
  std::string lie;                 ///< that it told
  std::vector<std::string> broken; ///< promises; empty = all kept
};

/// Replays exactly: same seed, same report.
run_report run_clinic(const run_settings& settings, const std::filesystem::path& folder);

} // namespace wardline::sim
