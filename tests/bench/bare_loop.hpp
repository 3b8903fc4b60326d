#pragma once
#include "bare_disk.hpp"
#include <optional>

namespace wardline::bench {

struct bare_loop_report {
  double messages_per_second = 0;
  double commit_p50_ms = 0;
  std::optional<double> bytes_written_per_message; ///< nothing: this user may not know
};

/// The rows of posted messages, committed in batches by one thread that does nothing else: what the disk side
/// alone can do.
class bare_loop {
public:
  bare_loop(const std::filesystem::path& folder, const message_size& size);
  /// Each time behind what is there already.
  bare_loop_report run(std::uint64_t messages, std::size_t batch);

private:
  bare_disk disk_;
  message_size size_;
  std::vector<conversation_id> conversations_;
  std::uint64_t next_ = 0;
};

} // namespace wardline::bench
