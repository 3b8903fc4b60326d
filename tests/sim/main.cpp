// wardline_sim [--seeds N] [--first SEED] [--acts N]: runs simulated clinics, one a seed; a seed that fails
// is printed and replays with --first SEED --seeds 1.
#include "clinic_run.hpp"
#include "hostile_run.hpp"
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>

namespace {

void print(const wardline::sim::run_settings& s, const wardline::sim::run_report& r) {
  std::printf("seed %llu: sent %u, acked %u, opened %u, acknowledged %u, claimed %u, released %u, recalled "
              "%u, files read %u; "
              "further devices %u, stations %u, "
              "grants %u, withdrawals %u, revocations %u, turns %u, races lost %u; ",
              static_cast<unsigned long long>(s.seed), r.sent, r.acked, r.opened, r.acknowledged, r.claimed,
              r.released, r.recalled, r.files_read, r.new_devices, r.stations, r.grants, r.withdrawals,
              r.revocations, r.turns, r.races_lost);
  if (r.held_back > 0)
    std::printf("held back %llu, overtaken %llu%s%s; ", static_cast<unsigned long long>(r.held_back),
                static_cast<unsigned long long>(r.overtaken), r.lie.empty() ? "" : ", lied with ",
                r.lie.c_str());
  if (s.restores_max > 0)
    std::printf("backups %u, restores %u, leaves forgotten %llu; ", r.backups, r.restores,
                static_cast<unsigned long long>(r.forgotten));
  std::printf("crashes %u daemon, %u device; commits refused %u, unknown %u; leaves %llu, bodies read %llu, "
              "steps %llu%s\n",
              r.daemon_crashes, r.device_crashes, r.refused_commits, r.unknown_commits,
              static_cast<unsigned long long>(r.leaves), static_cast<unsigned long long>(r.bodies_read),
              static_cast<unsigned long long>(r.steps), r.broken.empty() ? "" : " FAILED");
  for (const auto& b : r.broken)
    std::printf("  broken: %s\n", b.c_str());
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"Simulated clinics under faults"};
  wardline::sim::run_settings settings;
  unsigned seeds = 100;
  app.add_option("--seeds", seeds, "How many")->capture_default_str();
  app.add_option("--first", settings.seed, "The first one")->capture_default_str();
  app.add_option("--acts", settings.acts, "Sends, opens and acknowledgements of each")->capture_default_str();
  app.add_flag("--rosters", settings.rosters, "Devices, roles and removals change meanwhile");
  app.add_flag("--history", settings.history, "With --rosters: every device must read what it may read");
  app.add_flag("--ended", settings.ended, "Every certificate has ended: that alarms, and stops nothing");
  app.add_option("--restores", settings.restores_max, "Backups and restores of each, at most")
      ->capture_default_str();
  app.add_flag("--hostile", settings.hostile, "The daemon delays, reorders and lies");
  app.add_flag("--lying-disk", settings.lying_disk, "The control: passes if every run notices the lie");
  CLI11_PARSE(app, argc, argv);
  auto folder = std::filesystem::temp_directory_path() / ("wardline_sim-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  unsigned failed = 0;
  for (unsigned i = 0; i < seeds; ++i, ++settings.seed) {
    auto report = settings.hostile ? wardline::sim::run_hostile(settings, folder)
                                   : wardline::sim::run_clinic(settings, folder);
    print(settings, report);
    failed += report.broken.empty() == settings.lying_disk ? 1 : 0;
  }
  std::filesystem::remove_all(folder);
  std::printf("%u passed, %u failed\n", seeds - failed, failed);
  return failed == 0 ? 0 : 1;
}
