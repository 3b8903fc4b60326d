#pragma once
#include "bare_disk.hpp"
#include <nlohmann/json.hpp>

namespace wardline::bench {

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
                     const message_size& size);

/// A row for one and one for a thousand messages destroyed, in a store of 100 000.
nlohmann::json measure_key_turns(const std::filesystem::path& folder, const message_size& size);
/// The same so often, a line each, as they may be quoted.
void print_key_turns(const std::filesystem::path& folder, unsigned times, bool json);

} // namespace wardline::bench
