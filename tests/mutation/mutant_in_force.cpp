// See mutant_in_force.hpp.
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern unsigned wardline_mutant_of(const char* source, bool* reached, std::size_t size);

namespace {

struct reached_sites {
  std::string source;
  const bool* reached;
  std::size_t size;
};

std::vector<reached_sites>& all_reached() {
  static std::vector<reached_sites> all;
  return all;
}

void write_reached() {
  auto* file = std::fopen(std::getenv("WARDLINE_REACHED"), "w");
  if (file == nullptr)
    std::abort();
  for (const auto& r : all_reached())
    for (std::size_t i = 1; i < r.size; ++i)
      if (r.reached[i])
        std::fprintf(file, "%s:%zu\n", r.source.c_str(), i);
  std::fclose(file);
}

} // namespace

unsigned wardline_mutant_of(const char* source, bool* reached, std::size_t size) {
  if (std::getenv("WARDLINE_REACHED") != nullptr) {
    if (all_reached().empty())
      (void)std::atexit(write_reached);
    all_reached().push_back({source, reached, size});
  }
  const auto* wanted = std::getenv("WARDLINE_MUTANT");
  auto prefix = std::string{source} + ":";
  if (wanted == nullptr || std::string{wanted}.rfind(prefix, 0) != 0)
    return 0;
  return static_cast<unsigned>(std::atoi(wanted + prefix.size()));
}
