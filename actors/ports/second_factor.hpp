#pragma once
#include "wire/ids.hpp"
#include <optional>
#include <string_view>

namespace wardline::ports {

/// Codes of authenticators (security 7.2): RFC 6238 with SHA-1, 30 s, six digits. Actors link no SHA-1.
struct second_factor {
  virtual ~second_factor() = default;
  /// The newest of the steps `step` - 1, `step`, `step` + 1 whose code is `code`; nothing if none is. All
  /// three are compared, each in constant time. From any thread.
  virtual std::optional<std::uint32_t> matched_step(bytes_view secret, std::string_view code,
                                                    std::uint32_t step) = 0;
};

} // namespace wardline::ports
