#pragma once
// What wardline-bench measures, one function each. All start a daemon of their own in `folder`, and give an
// object that is printed; a wrong order or count ends the program.
#include "posting.hpp"

namespace wardline::bench {

struct place_of_work {
  std::filesystem::path wardlined;
  std::filesystem::path folder; ///< temporary; emptied by whoever made it
  bool quiet = false;           ///< says nothing while it works
};

void progress(const place_of_work& at, const std::string& what);

struct throughput_plan {
  unsigned pairs = 50;
  unsigned messages = 400; ///< of each author
  unsigned window = 64;    ///< of each author, without an answer
};
/// Pairs of devices under load, beside the bare loop; key turns.
nlohmann::json measure_throughput(const place_of_work& at, const throughput_plan& plan);

struct latency_plan {
  unsigned pairs = 8;
  unsigned messages = 250; ///< of each author and round
  unsigned rounds = 5;
};
/// One message of each author at a time, beside transactions of one message each of the bare loop.
nlohmann::json measure_latency(const place_of_work& at, const latency_plan& plan);

struct growth_plan {
  unsigned pairs = 50;
  std::uint64_t messages = 1'000'000;
};
/// A message's cost while the store grows, and how long the daemon takes to start with all of it.
nlohmann::json measure_growth(const place_of_work& at, const growth_plan& plan);

struct channels_plan {
  unsigned stations = 10'000;
  unsigned people = 200; ///< logged in: each costs a password's work to enrol
};
/// Idle channels of devices that were greeted, as few connections as the daemon allows.
nlohmann::json measure_idle_channels(const place_of_work& at, const channels_plan& plan);

struct recipients_plan {
  unsigned authors = 10;
  unsigned recipients = 10; ///< parties of each message beside its author's, one connected device each
  unsigned messages = 400;  ///< of each author
  unsigned window = 64;
};
/// The same authors writing to one and to many.
nlohmann::json measure_recipients(const place_of_work& at, const recipients_plan& plan);

} // namespace wardline::bench
