// The power of the real daemon's disk is cut under load, again and again: what was answered before is there
// afterwards, and nothing is there twice.
//
//   power_cut_test [--cuts N] [--seed S]      prints the seed: it chooses the load and the moment of each cut
//
// After each cut the disk is mounted again (its journal is replayed), and before the daemon starts, the store
// is read as it lies there: every acked message with its step of escalation, every row of the log. Then the
// daemon starts, strangers check its log (wardline-verify) and that it has only grown since the cut before,
// and the devices end what was cut off. The control: a disk that says it synced and did not must lose acked
// messages.
#include "busy_pair.hpp"
#include "cuttable_disk.hpp"
#include "failing_disk.hpp"
#include "rounds.hpp"
#include "state_at_rest.hpp"
#include <chrono>
#include <cstdio>
#include <thread>

namespace wardline::fault {

namespace {

constexpr int control_cuts = 2;

/// The newest export of a clinic's log, kept elsewhere.
class kept_export {
public:
  explicit kept_export(real_clinic& c) : clinic_{c} {}

  /// Exports the log of the running daemon; throws unless strangers find it whole, and grown out of the one
  /// before.
  void renew() {
    auto next = clinic_.folder.path / ("export" + std::to_string(++number_));
    auto config = (clinic_.folder.path / "wardline.yaml").string();
    auto identity = hex(clinic_.nurse().device->identity_key());
    must("the export of the log", {WARDCTL, "audit", "export", next.string(), "--config", config});
    must("the check of the export", {WARDLINE_VERIFY, "export", next.string(), "--identity", identity});
    if (!folder_.empty()) {
      auto old = folder_ / "checkpoint";
      auto proof = next / "growth";
      must("the proof of growth",
           {WARDCTL, "audit", "proof", "--from", size_in(old), "--out", proof.string(), "--config", config});
      must("the check that the log only grew",
           {WARDLINE_VERIFY, "growth", proof.string(), "--old", old.string(), "--export", next.string(),
            "--identity", identity});
      std::filesystem::remove_all(folder_);
    }
    folder_ = next;
  }

private:
  /// The second line of a checkpoint.
  static std::string size_in(const std::filesystem::path& checkpoint) {
    auto note = file_text(checkpoint);
    auto from = note.find('\n') + 1;
    return note.substr(from, note.find('\n', from) - from);
  }

  void must(const std::string& what, const std::vector<std::string>& command) {
    auto log = clinic_.folder.path / "strangers.log";
    auto before = file_text(log).size();
    if (run_program(command, log) != 0)
      throw std::runtime_error{what + " fails: " + file_text(log).substr(before)};
  }

  real_clinic& clinic_;
  std::filesystem::path folder_;
  unsigned number_ = 0;
};

/// A clinic on a disk whose power is cut under load.
class cut_clinic {
public:
  explicit cut_clinic(std::uint64_t seed) : disk_{clinic_}, pair_{started(), seed}, export_{clinic_} {}

  void cut_under_load() {
    pair_.work(200 + static_cast<int>(pair_.roll(1'500)));
    if (pair_.roll(2) == 0)
      disk_.write_some_early([this](std::uint64_t n) { return pair_.roll(n); });
    disk_.cut();
    clinic_.run_until([] { return false; }, 50); // answers from before the cut are still on their way
    disk_.power_again();
  }

  void round() {
    cut_under_load();
    {
      state_at_rest found{clinic_};
      for (const auto& what : found.wrong())
        throw std::runtime_error{"as the cut left it: " + what};
      if (auto n = lost(found); n != 0)
        throw std::runtime_error{std::to_string(n) +
                                 " acked messages are lost, or the step that waits for them"};
      steps_due_ += found.steps_due();
    }
    clinic_.daemon->start();
    export_.renew();
    pair_.settle();
    pair_.check();
  }

  void report() const {
    std::printf("%s; %zu steps of escalation were due after the cuts\n", pair_.report().c_str(), steps_due_);
  }

  [[nodiscard]] std::size_t lost(const state_at_rest& found) const {
    std::size_t n = 0;
    for (const auto& p : pair_.promised())
      n += p.seq != 0 && !found.holds(p) ? 1 : 0;
    return n;
  }
  [[nodiscard]] std::size_t acked() const {
    std::size_t n = 0;
    for (const auto& p : pair_.promised())
      n += p.seq != 0 ? 1 : 0;
    return n;
  }
  [[nodiscard]] const real_clinic& clinic() const { return clinic_; }

private:
  real_clinic& started() {
    clinic_.daemon->start();
    return clinic_;
  }

  real_clinic clinic_;
  cuttable_disk disk_;
  busy_pair pair_;
  kept_export export_;
  std::size_t steps_due_ = 0;
};

/// The same on a disk that lies about syncs. False: nothing was lost, and so the cuts prove nothing.
bool control_loses(std::uint64_t seed) {
  std::size_t acked = 0, lost = 0;
  for (int i = 0; i < control_cuts; ++i) {
    std::optional<cut_clinic> c;
    {
      failing_disk lies{{{"_CALL", "lie"}, {"_BELOW", std::filesystem::temp_directory_path().string()}}};
      c.emplace(seed + static_cast<std::uint64_t>(i));
    }
    c->cut_under_load();
    acked += c->acked();
    try {
      state_at_rest found{c->clinic()};
      lost += c->lost(found);
    } catch (const std::exception&) { // no store is left at all
      lost += c->acked();
    }
  }
  std::printf("control, a disk that lies about syncs: %d cuts, %zu of %zu acked messages lost\n",
              control_cuts, lost, acked);
  return lost != 0;
}

int run(const rounds_order& order) {
  temp_folder scratch;
  if (auto why = allow_own_mounts(scratch.path); !why.empty()) {
    std::printf("SKIPPED: no disk whose power could be cut: %s\n0 passed, 0 failed, 1 skipped\n",
                why.c_str());
    return 0;
  }
  try {
    if (!control_loses(order.seed))
      return std::printf("0 passed, 1 failed\n"), 1;
  } catch (const std::exception& e) {
    return std::printf("control: %s\n0 passed, 1 failed\n", e.what()), 1;
  }
  return run_rounds<cut_clinic>(order, 1);
}

} // namespace

} // namespace wardline::fault

int main(int argc, char** argv) {
  wardline::fault::rounds_order order{"power_cut_test", "--cuts", 20};
  return order.read(argc, argv) ? wardline::fault::run(order) : 64;
}
