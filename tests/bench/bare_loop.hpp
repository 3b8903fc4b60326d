#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>

namespace wardline::bench {

struct bare_loop_report {
  double messages_per_second = 0;
  double commit_p50_ms = 0;
  std::optional<double> bytes_written_per_message; ///< nothing: this user may not know
};

/// The rows that one posted message leaves behind (same tables, keys and sizes, sealed under segment keys by
/// the same code), committed in batches by one thread that does nothing else: what the disk side alone can
/// do.
bare_loop_report run_bare_loop(const std::filesystem::path& folder, std::uint64_t messages, std::size_t batch,
                               std::size_t slip_bytes, std::size_t body_bytes);

} // namespace wardline::bench
