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
#include "cut_clinic.hpp"
#include "rounds.hpp"
#include <cstdio>

namespace wardline::fault {

namespace {

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

class cut_run {
public:
  explicit cut_run(std::uint64_t seed) : c_{seed}, export_{c_.clinic} {}

  void round() {
    auto roll = [this](std::uint64_t n) { return c_.pair.roll(n); };
    c_.pair.work(200 + static_cast<int>(roll(1'500)));
    if (roll(2) == 0)
      c_.disk.write_some_early(roll);
    c_.cut();
    look_at_the_disk();
    c_.clinic.daemon->start();
    export_.renew();
    c_.pair.settle();
    c_.pair.check();
  }

  void report() const {
    std::printf("%s; %zu steps of escalation were due after the cuts\n", c_.pair.report().c_str(),
                steps_due_);
  }

private:
  void look_at_the_disk() {
    state_at_rest found{c_.clinic};
    for (const auto& what : found.wrong())
      throw std::runtime_error{"as the cut left it: " + what};
    if (auto n = c_.lost(found); n != 0)
      throw std::runtime_error{std::to_string(n) +
                               " acked messages are lost, or the step that waits for them"};
    steps_due_ += found.steps_due();
  }

  cut_clinic c_;
  kept_export export_;
  std::size_t steps_due_ = 0;
};

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
  return run_rounds<cut_run>(order, 1);
}

} // namespace

} // namespace wardline::fault

int main(int argc, char** argv) {
  wardline::fault::rounds_order order{"power_cut_test", "--cuts", 20};
  return order.read(argc, argv) ? wardline::fault::run(order) : 64;
}
