#include "bare_loop.hpp"
#include "key_turns.hpp"
#include "measures.hpp"
#include <cstdio>

namespace wardline::bench {

namespace {

constexpr std::size_t messages_per_commit = 512; ///< of the bare loop

/// Posting, delivering, opening; the size of the messages is told to the bare loop.
nlohmann::json under_load(const place_of_work& at, const throughput_plan& plan, message_size& size) {
  daemon_process daemon{at.wardlined, at.folder / "clinic"};
  bench_registrar registrar{daemon};
  auto idle = daemon.resident_bytes();
  progress(at, "enrolling " + std::to_string(2 * plan.pairs) + " devices");
  auto all = make_talks(registrar, plan.pairs, 1);
  auto per_device =
      (static_cast<double>(daemon.resident_bytes()) - static_cast<double>(idle)) / (2.0 * plan.pairs);
  progress(at, "making messages");
  make_posts(all, plan.messages);
  size = size_of_posts(all);
  progress(at, "posting");
  auto posted = post_and_deliver(all, plan.window, daemon);
  progress(at, "opening");
  auto opened = open_all(all);
  auto out = to_json(posted);
  out["pairs"] = plan.pairs;
  out["window"] = plan.window;
  out["opened_per_second"] = opened;
  out["opened_over_accepted"] = opened / posted.accepted_per_second;
  out["resident_bytes_per_idle_device"] = per_device;
  if (!posted.bytes_written)
    out["bytes_written_unknown_because"] =
        "/proc/PID/io of a process that keeps its memory private is open to root alone: run this as root";
  return out;
}

} // namespace

void progress(const place_of_work& at, const std::string& what) {
  if (!at.quiet)
    std::fprintf(stderr, "%s\n", what.c_str());
}

nlohmann::json measure_throughput(const place_of_work& at, const throughput_plan& plan) {
  message_size size;
  auto load = load_average();
  auto out = under_load(at, plan, size);
  out["load_average"] = load;
  progress(at, "bare loop");
  auto bare = bare_loop{at.folder / "bare", size}.run(static_cast<std::uint64_t>(plan.messages) * plan.pairs,
                                                      messages_per_commit);
  out["bare_loop_per_second"] = bare.messages_per_second;
  out["bare_loop_commit_p50_ms"] = bare.commit_p50_ms;
  out["bare_loop_bytes_written_per_message"] = or_null(bare.bytes_written_per_message);
  out["accepted_over_bare_loop"] = out["accepted_per_second"].get<double>() / bare.messages_per_second;
  progress(at, "key turns");
  out["key_turns"] = measure_key_turns(at.folder, size);
  return out;
}

} // namespace wardline::bench
