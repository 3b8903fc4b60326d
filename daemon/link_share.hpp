#pragma once
// What one key may take of its plugin's endpoint: a token bucket before anything is parsed, and a share of
// the credit (security 6.3). Pure but for the counters, which are given back from any thread.
#include "wire/limits.hpp"
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>

namespace wardline::daemon {

/// Frames and bytes of one key a second, and as many at once.
inline constexpr std::uint64_t user_frames_per_second_max = 4'096;
inline constexpr std::uint64_t user_bytes_per_second_max = 64u << 20;
/// Frames and bytes that one key may have waiting at the house while others use the same endpoint: half of
/// the endpoint's credit, so that there is always some for the others.
inline constexpr std::size_t user_credit_frames_max = wire::credit_frames_max / 2;
inline constexpr std::size_t user_credit_bytes_max = wire::credit_bytes_max / 2;

/// Refills evenly up to one second's worth. May go below nothing by the last thing that was taken.
class token_bucket {
public:
  explicit token_bucket(std::uint64_t per_second) : per_second_{per_second}, milli_{full()} {}

  void refill(std::uint64_t now_ms) {
    // A second fills it whole; more would only overflow.
    auto passed = now_ms > last_ms_ ? std::min<std::uint64_t>(now_ms - last_ms_, 1'000) : 0;
    last_ms_ = std::max(last_ms_, now_ms);
    milli_ = std::min(full(), milli_ + static_cast<std::int64_t>(passed * per_second_));
  }
  void take(std::uint64_t n) { milli_ -= static_cast<std::int64_t>(n * 1'000); }
  [[nodiscard]] bool empty() const { return milli_ <= 0; }
  [[nodiscard]] bool whole() const { return milli_ == full(); }

private:
  [[nodiscard]] std::int64_t full() const { return static_cast<std::int64_t>(per_second_ * 1'000); }

  std::uint64_t per_second_;
  std::int64_t milli_; // tokens, in thousandths
  std::uint64_t last_ms_ = 0;
};

/// Frames and bytes that nobody has dealt with yet.
struct waiting_frames {
  std::atomic<std::size_t> frames{0};
  std::atomic<std::size_t> bytes_held{0};

  void add(std::size_t size) {
    frames += 1;
    bytes_held += size;
  }
  void give_back(std::size_t size) {
    frames -= 1;
    bytes_held -= size;
  }
  [[nodiscard]] bool reach(std::size_t frames_max, std::size_t bytes_max) const {
    return frames.load() >= frames_max || bytes_held.load() >= bytes_max;
  }
};

/// One key at one endpoint.
struct link_user {
  std::size_t peers = 0; ///< connections that have spoken
  token_bucket frames{user_frames_per_second_max};
  token_bucket bytes_taken{user_bytes_per_second_max};
  std::shared_ptr<waiting_frames> waiting = std::make_shared<waiting_frames>();

  void refill(std::uint64_t now_ms) {
    frames.refill(now_ms);
    bytes_taken.refill(now_ms);
  }
  void take(std::size_t size) {
    frames.take(1);
    bytes_taken.take(size);
  }
  [[nodiscard]] bool too_fast() const { return frames.empty() || bytes_taken.empty(); }
  [[nodiscard]] bool over_share() const {
    return too_fast() || waiting->reach(user_credit_frames_max, user_credit_bytes_max);
  }
  /// Nothing is left to remember of it.
  [[nodiscard]] bool forgettable() const {
    return peers == 0 && waiting->frames.load() == 0 && frames.whole() && bytes_taken.whole();
  }
};

} // namespace wardline::daemon
