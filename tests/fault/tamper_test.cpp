// A stopped clinic's state, tampered with by somebody who has no key: who sees it?
//
//   tamper_test [--tamperings N] [--seed S]      prints the seed, which chooses the tamperings
//
// One change at a time, each judged by the product's own code (tamper_judges.hpp), the first judge who sees
// it is counted. What nobody sees is a failure. The control: without the sum of the rows some would not be
// seen, so the judges before and after it do not see everything by themselves.
#include "busy_pair.hpp"
#include "lmdb_storage.hpp"
#include "rounds.hpp"
#include "state_at_rest.hpp"
#include "tamper_judges.hpp"
#include <algorithm>
#include <csignal>
#include <fstream>

namespace wardline::fault {

namespace {

constexpr int states = 3;
constexpr const char* judge_names[judges] = {"harmless", "sealing",    "start", "reading",
                                             "verifier", "checkpoint", "crash", "NOBODY"};

/// Of 2,000 tamperings.
constexpr std::uint64_t all_shares = 2'000, row_share = 189, file_share = 20, rollback_share = 15,
                        table_share = 42, store_file_share = 161;

struct stopped_clinic {
  box_history states;
  bytes store_file;
  box_secrets secrets;
};

bytes file_bytes(const std::filesystem::path& file) {
  bytes out(std::filesystem::file_size(file));
  std::ifstream{file, std::ios::binary}.read(reinterpret_cast<char*>(out.data()),
                                             static_cast<std::streamsize>(out.size()));
  return out;
}

box_state state_of(const real_clinic& c) {
  box_state out;
  state_at_rest now{c};
  out.rows = now.image();
  out.keyring = file_bytes(c.state_folder() / "keyring");
  for (const auto& entry : std::filesystem::directory_iterator{c.state_folder() / "blobs"})
    out.blobs[entry.path().filename().string()] = file_bytes(entry.path());
  return out;
}

/// Stops the daemon when whatever is to be destroyed is, and nothing is wrong with its disk.
void come_to_rest(real_clinic& c) {
  for (int tries = 1;; ++tries) {
    c.run_until([] { return false; }, 3'000); // key turns, a checkpoint
    c.daemon->end(SIGTERM);
    auto wrong = state_at_rest{c}.wrong();
    if (wrong.empty())
      return;
    if (tries == 10)
      throw std::runtime_error{"the clinic does not come to rest: " + wrong.front()};
    c.daemon->start();
  }
}

/// Lives until something was written, opened, recalled and destroyed; then stops, again and again.
stopped_clinic lived(std::uint64_t seed) {
  stopped_clinic out;
  real_clinic c;
  busy_pair pair{c, seed, {3, 2}};
  for (int i = 0; i < states; ++i) {
    auto acked = pair.acked() + 30;
    auto recalled = pair.recalled() + 6;
    pair.work(60'000, [&] { return pair.acked() >= acked && pair.recalled() >= recalled; });
    pair.settle();
    come_to_rest(c);
    out.states.push_back(state_of(c));
    if (i + 1 < states) {
      c.daemon->start();
      pair.settle();
    }
  }
  out.store_file = file_bytes(c.state_folder() / "store" / "data.mdb");
  std::string problem;
  auto keys = daemon::credentials::load(c.conf.credentials_dir, problem);
  if (!keys)
    throw std::runtime_error{"the box's keys are not readable"};
  out.secrets = {std::move(*keys), c.clinic, hex(c.nurse().device->identity_key())};
  std::printf("%s\n", pair.report().c_str());
  std::fflush(stdout);
  return out;
}

class tamper_run {
public:
  explicit tamper_run(const rounds_order& order)
      : dice_{order.seed}, box_{lived(order.seed)}, court_{box_.states, box_.secrets}, all_{order.rounds} {}

  void run() {
    many(row_tamperings(), row_share);
    many(keyring_tamperings(), file_share);
    many(blob_tamperings(), file_share);
    many(rollbacks(), rollback_share);
    many(table_rollbacks(), table_share);
    control();
    auto& row = counts_["the store's file: bytes"];
    for (auto n = share(store_file_share); n != 0; --n) {
      auto file = box_.store_file;
      for (auto flips = 1 + dice_.roll(16); flips != 0; --flips)
        file[dice_.roll(file.size())] = static_cast<std::uint8_t>(dice_.roll(256));
      ++row[static_cast<std::size_t>(court_.look_at_store_file(file))];
    }
  }

  /// How many failed.
  std::uint64_t report() const {
    std::printf("%-34s", "what was done");
    for (const auto* name : judge_names)
      std::printf("%11s", name);
    for (const auto& [kind, row] : counts_) {
      std::printf("\n%-34s", kind.c_str());
      for (auto n : row)
        std::printf("%11llu", static_cast<unsigned long long>(n));
    }
    std::printf("\n");
    std::uint64_t failed = 0;
    for (const auto& [where, n] : unseen_) {
      failed += n;
      std::printf("nobody sees: %s, %s: %llu\n", where.first.c_str(), where.second.c_str(),
                  static_cast<unsigned long long>(n));
    }
    std::printf("without the sum of the rows nobody saw %llu of %llu\n",
                static_cast<unsigned long long>(unseen_without_sum_),
                static_cast<unsigned long long>(control_rows_));
    return failed + (unseen_without_sum_ == 0 ? 1 : 0);
  }

  [[nodiscard]] std::uint64_t done() const {
    std::uint64_t n = 0;
    for (const auto& [kind, row] : counts_)
      for (auto one : row)
        n += one;
    return n;
  }

private:
  [[nodiscard]] std::uint64_t share(std::uint64_t of) const {
    return std::max<std::uint64_t>(1, of * all_ / all_shares);
  }

  void many(const std::vector<tampering>& kinds, std::uint64_t of) {
    for (const auto& k : kinds)
      for (auto n = share(of); n != 0; --n) {
        auto s = box_.states.back();
        for (int tries = 0; !k.apply(box_.states, s, dice_); ++tries)
          if (tries == 10'000)
            throw std::runtime_error{std::string{k.kind} + ": there is nothing to do it to"};
        auto who = court_.look(s);
        ++counts_[k.kind][static_cast<std::size_t>(who)];
        if (who == judge::nobody)
          ++unseen_[{k.kind, court_.tables_touched(s)}];
      }
  }

  void control() {
    const auto all = row_tamperings();
    for (auto n = control_rows_; n != 0; --n) {
      auto s = box_.states.back();
      if (all[dice_.roll(all.size())].apply(box_.states, s, dice_))
        unseen_without_sum_ += court_.look(s, false) == judge::nobody ? 1 : 0;
    }
  }

  tamper_dice dice_;
  stopped_clinic box_;
  tamper_court court_;
  std::uint64_t all_;
  std::map<std::string, std::array<std::uint64_t, judges>> counts_;
  std::map<std::pair<std::string, std::string>, std::uint64_t>
      unseen_; ///< what was done, and to which tables
  static constexpr std::uint64_t control_rows_ = 60;
  std::uint64_t unseen_without_sum_ = 0;
};

int run(const rounds_order& order) {
  try {
    tamper_run r{order};
    r.run();
    auto failed = r.report();
    std::printf("%llu passed, %llu failed\n",
                static_cast<unsigned long long>(r.done() - std::min(failed, r.done())),
                static_cast<unsigned long long>(failed));
    return failed == 0 ? 0 : 1;
  } catch (const std::exception& e) {
    std::printf("%s\n0 passed, 1 failed\n", e.what());
    return 1;
  }
}

} // namespace

} // namespace wardline::fault

int main(int argc, char** argv) {
  wardline::fault::rounds_order order{"tamper_test", "--tamperings", 2'000};
  return order.read(argc, argv) ? wardline::fault::run(order) : 64;
}
