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

/// Destroying messages of a store by a key turn, while one post after the other is committed between its
/// steps.
struct turn_report {
  std::uint64_t messages = 0; ///< in the store
  std::uint64_t destroyed = 0;
  std::uint64_t segments = 0; ///< touched
  std::uint64_t resealed = 0; ///< rows
  double turn_ms = 0;         ///< from the order to the old keys' end, posts between the steps left out
  double longest_step_ms = 0; ///< so long no post is committed
  double longest_post_ms = 0; ///< of the posts between, for comparison
};

/// `destroyed` messages, spread over the whole store.
turn_report run_turn(const std::filesystem::path& folder, std::uint64_t messages, std::uint64_t destroyed,
                     std::size_t slip_bytes, std::size_t body_bytes);

} // namespace wardline::bench
