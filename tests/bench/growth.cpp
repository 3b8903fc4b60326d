#include "measures.hpp"
#include <algorithm>

namespace wardline::bench {

namespace {

/// Sizes of the store at which a message's cost is compared.
constexpr std::uint64_t compared_at[] = {1'000, 10'000, 100'000, 1'000'000};
constexpr unsigned parts_compared = 4;
constexpr unsigned window_compared = 16;
constexpr unsigned window_filling = 32;
constexpr double logged_in_again_s = 120; ///< well within the daemon's limit of idleness
constexpr std::uint64_t filling_part = 10'000;
constexpr unsigned starts = 3;
constexpr double back_within_s = 120;

class growing_store {
public:
  growing_store(const place_of_work& at, const growth_plan& plan)
      : at_{at}, daemon_{at.wardlined, at.folder / "clinic"}, registrar_{daemon_}, all_{make_talks(registrar_,
                                                                                                   plan.pairs,
                                                                                                   1)} {}

  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] const nlohmann::json& parts() const { return parts_; }

  /// One more part, with what the store held before it.
  posted_part post(std::uint64_t count, unsigned window) {
    if (now_seconds() > used_at_ + logged_in_again_s) {
      keep_readers_logged_in(all_);
      used_at_ = now_seconds();
    }
    make_posts(all_, static_cast<unsigned>(count / all_.size()));
    auto part = post_and_deliver(all_, window, daemon_);
    auto row = to_json(part);
    row["messages_before"] = messages_;
    row["window"] = window;
    row["own_bytes"] = daemon_.own_bytes();
    row["store_bytes"] = daemon_.store_bytes();
    progress(at_, row.dump()); // a run of half an hour may be cut short
    parts_.push_back(std::move(row));
    messages_ += part.messages;
    return part;
  }

  void fill_to(std::uint64_t target) {
    while (messages_ < target)
      post(std::min(filling_part, target - messages_), window_filling);
  }

  nlohmann::json cost_here() {
    auto before = messages_;
    std::vector<double> cpu, accepted, written, disk, foreign;
    for (unsigned i = 0; i < parts_compared; ++i) {
      auto part = post(40 * all_.size(), window_compared);
      cpu.push_back(part.daemon_cpu_us);
      accepted.push_back(part.accepted_per_second);
      foreign.push_back(part.foreign_cpu_cores);
      if (part.disk_bytes_written)
        disk.push_back(*part.disk_bytes_written);
      if (part.bytes_written)
        written.push_back(*part.bytes_written);
    }
    return {
        {"messages_before", before},
        {"messages_after", messages_},
        {"daemon_cpu_us_per_message", median(cpu)},
        {"daemon_cpu_us_per_message_of_parts", cpu},
        {"accepted_per_second", median(accepted)},
        {"bytes_written_per_message", or_null(written.empty() ? std::optional<double>{} : median(written))},
        {"disk_bytes_written_per_message", or_null(disk.empty() ? std::optional<double>{} : median(disk))},
        {"foreign_cpu_cores", median(foreign)},
        {"own_bytes", daemon_.own_bytes()},
        {"store_bytes", daemon_.store_bytes()}};
  }

  /// Seconds until READY=1, with and without the store's file in the system's memory; then every device comes
  /// back by itself.
  nlohmann::json start_again() {
    std::vector<double> cold, warm, idle, cpu;
    for (unsigned i = 0; i < starts; ++i) {
      daemon_.stop();
      daemon_.forget_cached_store();
      cold.push_back(daemon_.start_until_ready());
      idle.push_back(cold.back() + daemon_.wait_until_idle());
      cpu.push_back(daemon_.cpu_seconds());
      daemon_.stop();
      warm.push_back(daemon_.start_until_ready());
    }
    daemon_.wait_until_idle();
    auto own = daemon_.own_bytes();
    wait_for_devices();
    return {{"messages", messages_},
            {"cold_seconds", median(cold)},
            {"cold_seconds_of_all", cold},
            {"cold_seconds_until_idle", median(idle)}, // inboxes are read behind READY=1
            {"cold_cpu_seconds_until_idle", median(cpu)},
            {"warm_seconds", median(warm)},
            {"own_bytes", own},
            {"store_bytes", daemon_.store_bytes()}};
  }

  double open_everything() { return open_all(all_); }

private:
  void wait_for_devices() {
    auto end = now_seconds() + back_within_s;
    std::vector<std::pair<bench_device*, std::size_t>> away;
    for (auto& t : all_) {
      away.emplace_back(t.author.get(), t.author->welcomes());
      away.emplace_back(t.readers.front().get(), t.readers.front()->welcomes());
    }
    while (!away.empty()) {
      for (auto& [device, before] : away)
        device->turn(1);
      std::erase_if(away, [](const auto& a) { return a.first->welcomes() > a.second; });
      need(now_seconds() < end, "a device does not come back");
    }
  }

  place_of_work at_;
  daemon_process daemon_;
  bench_registrar registrar_;
  std::vector<talk> all_;
  std::uint64_t messages_ = 0;
  double used_at_ = now_seconds();
  nlohmann::json parts_ = nlohmann::json::array();
};

} // namespace

nlohmann::json measure_growth(const place_of_work& at, const growth_plan& plan) {
  auto load = load_average();
  progress(at, "enrolling " + std::to_string(2 * plan.pairs) + " devices");
  growing_store store{at, plan};
  auto costs = nlohmann::json::array();
  auto restarts = nlohmann::json::array();
  std::vector<double> compared;
  for (auto size : compared_at) {
    if (size > plan.messages)
      break;
    progress(at, "filling to " + std::to_string(size));
    store.fill_to(size);
    costs.push_back(store.cost_here());
    compared.push_back(costs.back()["daemon_cpu_us_per_message"].get<double>());
  }
  progress(at, "starting again");
  restarts.push_back(store.start_again());
  progress(at, "going on behind it, opening everything");
  auto behind = store.cost_here();
  auto opened = store.open_everything();
  return {{"load_average", load},
          {"load_average_at_end", load_average()},
          {"pairs", plan.pairs},
          {"messages", store.messages()},
          {"costs", costs},
          {"cost_after_start", behind},
          {"most_over_least_cost", quantile(compared, 1) / quantile(compared, 0)},
          {"starts", restarts},
          {"opened_per_second", opened},
          {"parts", store.parts()}};
}

} // namespace wardline::bench
