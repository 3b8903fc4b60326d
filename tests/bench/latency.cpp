#include "bare_loop.hpp"
#include "measures.hpp"

namespace wardline::bench {

namespace {

constexpr std::uint64_t bare_transactions = 500; ///< of each round

} // namespace

/// Rounds of both by turns: what else the machine does then meets both.
nlohmann::json measure_latency(const place_of_work& at, const latency_plan& plan) {
  auto load = load_average();
  daemon_process daemon{at.wardlined, at.folder / "clinic"};
  bench_registrar registrar{daemon};
  progress(at, "enrolling " + std::to_string(2 * plan.pairs) + " devices");
  auto all = make_talks(registrar, plan.pairs, 1);
  make_posts(all, 1);
  bare_loop bare{at.folder / "bare", size_of_posts(all)};
  (void)post_and_deliver(all, 1, daemon); // the first message of a conversation loads it
  std::vector<double> acks, tails, transactions, batches, ratios, per_second, cpu, foreign;
  progress(at, "posting one at a time");
  for (unsigned i = 0; i < plan.rounds; ++i) {
    make_posts(all, plan.messages);
    transactions.push_back(bare.run(bare_transactions, 1).commit_p50_ms);
    batches.push_back(bare.run(bare_transactions, plan.pairs).commit_p50_ms);
    auto part = post_and_deliver(all, 1, daemon);
    acks.push_back(part.ack_p50_ms);
    tails.push_back(part.ack_p99_ms);
    cpu.push_back(part.daemon_cpu_us);
    foreign.push_back(part.foreign_cpu_cores);
    per_second.push_back(part.accepted_per_second);
    ratios.push_back(part.ack_p50_ms / transactions.back());
  }
  return {{"load_average", load},
          {"pairs", plan.pairs},
          {"window", 1},
          {"messages", static_cast<std::uint64_t>(plan.pairs) * plan.messages * plan.rounds},
          {"accepted_per_second", median(per_second)},
          {"ack_p50_ms", median(acks)},
          {"ack_p99_ms", median(tails)},
          {"bare_transaction_p50_ms", median(transactions)},
          {"bare_transaction_of_all_pairs_p50_ms", median(batches)}, // as the daemon may make one of them
          {"ack_over_bare_transaction", median(ratios)},
          {"ack_over_bare_transaction_of_rounds", ratios},
          {"daemon_cpu_us_per_message", median(cpu)},
          {"foreign_cpu_cores_of_rounds", foreign}};
}

} // namespace wardline::bench
