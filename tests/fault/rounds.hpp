#pragma once
// Programs that do one thing to a clinic again and again: their command line, and how they count.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <random>
#include <sodium.h>
#include <string_view>

namespace wardline::fault {

/// After so many rounds a new clinic: each round reads everything that the clinic holds.
constexpr std::uint64_t rounds_of_a_clinic = 50;

struct rounds_order {
  const char* program;
  const char* option; ///< that says how many
  std::uint64_t rounds;
  std::uint64_t seed = std::random_device{}();

  /// False: it has said how it is used.
  bool read(int argc, char** argv) {
    bool good = argc % 2 == 1;
    for (int i = 1; good && i < argc; i += 2) {
      std::string_view what = argv[i];
      good = what == option || what == "--seed";
      (what == option ? rounds : seed) = std::strtoull(argv[i + 1], nullptr, 10);
    }
    if (!good || rounds == 0 || sodium_init() < 0)
      return std::printf("usage: %s [%s N] [--seed S]\n", program, option), false;
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);
    return true;
  }
};

/// `Clinic` is made of a seed, does a round() that throws what is wrong, and reports. The exit code.
template <class Clinic>
int run_rounds(const rounds_order& order, std::uint64_t passed_before = 0) {
  std::uint64_t done = 0;
  try {
    while (done < order.rounds) {
      auto clinic = std::make_unique<Clinic>(order.seed + done / rounds_of_a_clinic);
      do
        clinic->round();
      while (++done < order.rounds && done % rounds_of_a_clinic != 0);
      clinic->report();
      std::fflush(stdout);
    }
  } catch (const std::exception& e) {
    std::printf("in round %llu: %s\n%llu passed, 1 failed\n", static_cast<unsigned long long>(done + 1),
                e.what(), static_cast<unsigned long long>(done + passed_before));
    return 1;
  }
  std::printf("%llu passed, 0 failed\n", static_cast<unsigned long long>(done + passed_before));
  return 0;
}

} // namespace wardline::fault
