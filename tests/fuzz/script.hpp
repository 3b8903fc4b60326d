#pragma once
// Reads an input as a script of small numbers; zeros after its end.
#include "wire/ids.hpp"
#include <algorithm>

namespace wardline::fuzz {

class script {
public:
  explicit script(bytes_view input) : rest_{input} {}

  [[nodiscard]] bool done() const { return rest_.empty(); }
  std::uint8_t u8() {
    if (rest_.empty())
      return 0;
    auto out = rest_[0];
    rest_ = rest_.subspan(1);
    return out;
  }
  std::uint16_t u16() {
    auto high = u8();
    return static_cast<std::uint16_t>(high << 8 | u8());
  }
  bytes_view take(std::size_t n) {
    auto out = rest_.first(std::min(n, rest_.size()));
    rest_ = rest_.subspan(out.size());
    return out;
  }
  bytes_view rest() { return take(rest_.size()); }

private:
  bytes_view rest_;
};

} // namespace wardline::fuzz
