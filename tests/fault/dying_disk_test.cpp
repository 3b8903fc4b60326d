// The n-th write, or the n-th sync, of the real daemon answers EIO: it stops, or refuses that one thing, and
// acknowledges nothing that is not durable.
//
//   dying_disk_test [--every K] [--seed S]      K > 1: every K-th n only; the seed chooses the load
//
// Each kind of file apart: the store's (n = 1..50), the keyring (1..8), files of messages (1..12). A write
// that fails has put half of itself on the disk before. As soon as the daemon has stopped, or has gone on for
// a while, the disk's power is cut, so that only what is durable is left; then every acked message must be
// there, and after a start without faults devices find everything acked, once, and the log whole. The
// control: disks that lie instead of failing.
#include "cut_clinic.hpp"
#include "rounds.hpp"
#include <algorithm>
#include <csignal>

namespace wardline::fault {

namespace {

constexpr unsigned rounds_of_a_life = 12; ///< then a new clinic
constexpr habits everything{1, 1};

struct kind_of_file {
  const char* name;
  const char* below; ///< the state folder
  unsigned calls;
};

constexpr kind_of_file kinds[] = {
    {"the store's file", "store", 50}, {"keyring", "keyring", 8}, {"files of messages", "blobs", 12}};

/// What the look at a disk says while recalled messages are being destroyed.
constexpr const char* pending = "an order of destruction is still pending";
bool belongs_to_a_destruction(const std::string& what) {
  return what == pending || what == "a recalled message still has its body" ||
         what == "something of a message is there without the rest of it";
}

/// What became of the daemon.
constexpr char did_not_start = '0', stopped = 'x', went_on = '+';

class dying_run {
public:
  explicit dying_run(std::uint64_t seed) : c_{seed, everything} {
    c_.pair.work(500); // something to recall
    c_.clinic.daemon->end(SIGTERM);
  }

  char round(const kind_of_file& k, const char* call, unsigned n) {
    auto came_to = live_until_it_fails(k, call, n);
    c_.cut();
    {
      state_at_rest found{c_.clinic};
      for (const auto& what : found.wrong())
        if (!belongs_to_a_destruction(what))
          throw std::runtime_error{"as the cut left it: " + what};
      if (auto lost = c_.lost(found); lost != 0)
        throw std::runtime_error{std::to_string(lost) +
                                 " acked messages are lost, or the step that waits for them"};
    }
    c_.clinic.daemon->start();
    c_.pair.settle();
    c_.pair.check();
    c_.clinic.daemon->end(SIGTERM);
    return came_to;
  }

  /// With all destructions done nothing at all may be wrong.
  void come_to_rest() {
    for (int tries = 1;; ++tries) {
      c_.clinic.daemon->start();
      c_.clinic.run_until([] { return false; }, 2'000); // a key turn takes ticks
      c_.clinic.daemon->end(SIGTERM);
      auto wrong = state_at_rest{c_.clinic}.wrong();
      if (wrong.empty())
        return;
      if (tries == 10 || wrong.front() != pending)
        throw std::runtime_error{"at rest afterwards: " + wrong.front()};
    }
  }

  [[nodiscard]] std::string report() const { return c_.pair.report(); }

private:
  char live_until_it_fails(const kind_of_file& k, const char* call, unsigned n) {
    auto& daemon = *c_.clinic.daemon;
    auto said = c_.clinic.folder.path / "failed";
    std::filesystem::remove(said);
    auto journal_before = daemon.journal().size();
    auto hit = [&] { return std::filesystem::exists(said); };
    try {
      failing_disk fault{{{"_BELOW", (c_.clinic.state_folder() / k.below).string()},
                          {"_CALL", call},
                          {"_AT", std::to_string(n)},
                          {"_SAID", said.string()}}};
      daemon.start();
    } catch (const std::exception&) {
      if (!hit())
        throw;
      return did_not_start;
    }
    c_.pair.work(30'000, hit);
    if (!hit())
      throw std::runtime_error{"there was no such call"};
    c_.pair.work(300, [&] { return !daemon.alive(); });
    if (daemon.alive())
      return went_on;
    if (daemon.journal().find("what the disk really holds", journal_before) == std::string::npos)
      throw std::runtime_error{"it ended without saying why: " + daemon.journal().substr(journal_before)};
    return stopped;
  }

  cut_clinic c_;
};

/// All n of one kind of file and call; throws with what and where.
class all_runs {
public:
  all_runs(std::uint64_t seed, unsigned every) : seed_{seed}, every_{every} {}

  void run(const kind_of_file& k, const char* call) {
    std::string became(k.calls, '.');
    for (unsigned n = 1; n <= k.calls; n += every_) {
      try {
        if (done_ % rounds_of_a_life == 0)
          next_life();
        became[n - 1] = life_->round(k, call, n);
      } catch (const std::exception& e) {
        throw std::runtime_error{std::string{k.name} + ", " + call + " " + std::to_string(n) + ": " +
                                 e.what()};
      }
      ++done_;
    }
    std::printf("%-18s %-6s %s  %td stopped, %td went on, %td did not start\n", k.name, call, became.c_str(),
                std::count(became.begin(), became.end(), stopped),
                std::count(became.begin(), became.end(), went_on),
                std::count(became.begin(), became.end(), did_not_start));
    std::fflush(stdout);
  }

  /// The last look at this clinic.
  void end() {
    if (!life_)
      return;
    life_->come_to_rest();
    std::printf("%s\n", life_->report().c_str());
  }

  void next_life() {
    end();
    life_ = std::make_unique<dying_run>(seed_ + done_);
  }

  [[nodiscard]] unsigned done() const { return done_; }

private:
  std::uint64_t seed_;
  unsigned every_;
  unsigned done_ = 0;
  std::unique_ptr<dying_run> life_;
};

int run(const rounds_order& order) {
  temp_folder scratch;
  if (auto why = allow_own_mounts(scratch.path); !why.empty())
    return std::printf("SKIPPED: no disk whose power could be cut: %s\n0 passed, 0 failed, 1 skipped\n",
                       why.c_str()),
           0;
  all_runs all{order.seed, static_cast<unsigned>(order.rounds)};
  try {
    if (!control_loses(order.seed))
      throw std::runtime_error{"the control lost nothing"};
    std::printf("for each n from 1 on: %c stopped, %c went on, %c did not start\n", stopped, went_on,
                did_not_start);
    for (const auto& k : kinds)
      for (const char* call : {"write", "sync"})
        all.run(k, call);
    all.end();
  } catch (const std::exception& e) {
    return std::printf("%s\n%u passed, 1 failed\n", e.what(), all.done()), 1;
  }
  std::printf("%u passed, 0 failed\n", all.done() + 1);
  return 0;
}

} // namespace

} // namespace wardline::fault

int main(int argc, char** argv) {
  wardline::fault::rounds_order order{"dying_disk_test", "--every", 1};
  return order.read(argc, argv) ? wardline::fault::run(order) : 64;
}
