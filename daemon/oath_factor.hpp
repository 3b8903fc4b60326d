#pragma once
// The second factor's codes by liboath.
#include "ports/second_factor.hpp"

namespace wardline::daemon {

class oath_factor final : public ports::second_factor {
public:
  /// Starts liboath; throws nothing: without it no code ever fits, and log-in is refused.
  oath_factor();
  std::optional<std::uint32_t> matched_step(bytes_view secret, std::string_view code,
                                            std::uint32_t step) override;

private:
  bool ready_ = false;
};

} // namespace wardline::daemon
