#pragma once
// What the verifier calls bytes. It shares no header with the house: whoever checks the house's proofs must
// not repeat the house's mistakes.
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace verify {

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;
using hash = std::array<std::uint8_t, 32>;

inline bytes_view view(const std::string& s) {
  return {reinterpret_cast<const std::uint8_t*>(s.data()), s.size()};
}

std::string hex(bytes_view raw);

} // namespace verify
