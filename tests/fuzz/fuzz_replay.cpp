// The fuzzers' corpus in every build: each file as it is, and seeded mutations of it, through the entries
// that libFuzzer drives. WARDLINE_SEED=n repeats or changes the mutations, WARDLINE_FUZZ_ROUNDS=n their
// number.
#include "entries.hpp"
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <random>

namespace wardline::fuzz {

namespace {

constexpr std::uint64_t rounds_default = 300; ///< mutations of each file
constexpr std::size_t input_bytes_max = 1u << 17;

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

std::map<std::string, bytes> files_of(const std::filesystem::path& folder) {
  std::map<std::string, bytes> out;
  if (!std::filesystem::is_directory(folder))
    return out;
  for (const auto& file : std::filesystem::directory_iterator{folder}) {
    std::ifstream in{file.path(), std::ios::binary};
    out[file.path().filename()] = bytes{std::istreambuf_iterator<char>{in}, {}};
  }
  return out;
}

std::filesystem::path corpus() {
  return std::filesystem::path{WARDLINE_SOURCE_DIR} / "tests/fuzz/corpus";
}

class mutator {
public:
  mutator(std::uint64_t seed, std::vector<bytes> all) : random_{seed}, all_{std::move(all)} {}

  bytes next() {
    auto out = all_[below(all_.size())];
    for (auto steps = 1 + below(4); steps > 0; --steps)
      change(out);
    out.resize(std::min(out.size(), input_bytes_max));
    return out;
  }

private:
  std::size_t below(std::size_t n) { return n == 0 ? 0 : random_() % n; }

  void change(bytes& b) {
    static constexpr std::uint8_t edges[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    auto at = static_cast<std::ptrdiff_t>(below(b.size() + 1));
    auto span = static_cast<std::ptrdiff_t>(
        below(std::min<std::size_t>(b.size() - static_cast<std::size_t>(at), 64)));
    switch (below(8)) {
    case 0:
      if (!b.empty())
        b[below(b.size())] ^= static_cast<std::uint8_t>(1u << below(8));
      break;
    case 1:
      if (!b.empty())
        b[below(b.size())] = edges[below(std::size(edges))];
      break;
    case 2:
      b.insert(b.begin() + at, 1 + below(16), static_cast<std::uint8_t>(below(256)));
      break;
    case 3:
      b.erase(b.begin() + at, b.begin() + at + span);
      break;
    case 4:
      b.resize(static_cast<std::size_t>(at));
      break;
    case 5: { // a block twice
      bytes block(b.begin() + at, b.begin() + at + span);
      b.insert(b.begin() + at, block.begin(), block.end());
      break;
    }
    case 6: { // the head of this, the tail of another
      const auto& other = all_[below(all_.size())];
      b.resize(static_cast<std::size_t>(at));
      b.insert(b.end(), other.begin() + static_cast<std::ptrdiff_t>(below(other.size() + 1)), other.end());
      break;
    }
    default: // lengths live in two or four bytes
      for (auto i = at; i < at + std::min<std::ptrdiff_t>(span, 4); ++i)
        b[static_cast<std::size_t>(i)] = edges[below(std::size(edges))];
    }
  }

  std::mt19937_64 random_;
  std::vector<bytes> all_;
};

} // namespace

TEST_CASE("the committed corpus is what its generator makes") {
  auto made = make_seeds();
  CHECK(made.size() == entries().size());
  for (const auto& [name, files] : made) {
    INFO(name);
    CHECK(find_entry(name) != nullptr);
    auto committed = files_of(corpus() / name);
    for (const auto& [file, raw] : files) {
      INFO("changed or missing: " << file << "; run make_corpus tests/fuzz/corpus");
      CHECK(committed[file] == raw);
    }
  }
}

TEST_CASE("every entry accepts something of its corpus, and survives all of it") {
  for (const auto& entry : entries()) {
    INFO(entry.name);
    bool accepted = false;
    for (const auto& [file, raw] : files_of(corpus() / entry.name))
      accepted = entry.run(raw) || accepted;
    CHECK(accepted);
    (void)entry.run({});
  }
}

TEST_CASE("every entry survives mutations of its corpus") {
  auto seed = number_from_environment("WARDLINE_SEED", 20'240'229);
  auto rounds = number_from_environment("WARDLINE_FUZZ_ROUNDS", rounds_default);
  std::cout << "seed " << seed << ", " << rounds << " mutations of each file\n";
  for (const auto& entry : entries()) {
    std::vector<bytes> all;
    for (auto& [file, raw] : files_of(corpus() / entry.name))
      all.push_back(std::move(raw));
    REQUIRE(!all.empty());
    auto total = rounds * all.size();
    mutator mutations{seed, std::move(all)};
    std::uint64_t refused = 0;
    for (std::uint64_t i = 0; i < total; ++i)
      refused += entry.run(mutations.next()) ? 0 : 1;
    INFO(entry.name);
    CHECK(refused > 0); // a mutator that never breaks anything would prove nothing
  }
}

} // namespace wardline::fuzz
