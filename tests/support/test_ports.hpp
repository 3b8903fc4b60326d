#pragma once
// Clock, dice and journal for tests: time stands still until told, dice are seeded, lines are kept.
#include "ports/clock.hpp"
#include "ports/journal.hpp"
#include "ports/random.hpp"
#include <mutex>
#include <random>

namespace wardline {

struct manual_clock : ports::clock {
  time_ms wall = 1'760'000'000'000; ///< some day in 2025
  std::uint64_t steady = 1'000;

  time_ms now_ms() const override { return wall; }
  std::uint64_t steady_ms() const override { return steady; }

  void advance(std::uint64_t ms) {
    wall += ms;
    steady += ms;
  }
};

struct seeded_random : ports::random {
  explicit seeded_random(std::uint64_t seed = 1) : dice{seed} {}

  void fill(std::span<std::uint8_t> out) override {
    std::lock_guard hold{mutex};
    for (auto& b : out)
      b = static_cast<std::uint8_t>(dice());
  }

private:
  std::mutex mutex;
  std::mt19937_64 dice;
};

struct kept_journal : ports::journal {
  struct line {
    ports::severity how;
    std::string event;
    std::vector<std::pair<std::string, std::string>> fields;
  };

  using journal::write;
  void write(ports::severity how, ports::word event, std::span<const ports::field> fields) override {
    std::lock_guard hold{mutex};
    line l{how, std::string{event.value}, {}};
    for (const auto& f : fields)
      l.fields.emplace_back(f.name.value, f.value);
    lines.push_back(std::move(l));
  }

  [[nodiscard]] std::size_t count(std::string_view event) const {
    std::lock_guard hold{mutex};
    std::size_t n = 0;
    for (const auto& l : lines)
      n += l.event == event ? 1 : 0;
    return n;
  }

  std::vector<line> lines;

private:
  mutable std::mutex mutex;
};

} // namespace wardline
