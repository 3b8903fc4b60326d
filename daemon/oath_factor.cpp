#include "oath_factor.hpp"
#include <array>
#include <liboath/oath.h>
#include <sodium.h>

namespace wardline::daemon {

namespace {

constexpr unsigned digits = 6;
using code_text = std::array<char, digits + 1>; // liboath ends it with a zero

bool code_of(bytes_view secret, std::uint64_t step, code_text& out) {
  // Its C type has no const; it writes nothing there.
  auto* key = const_cast<char*>(reinterpret_cast<const char*>(secret.data()));
  return oath_hotp_generate(key, secret.size(), step, digits, false, OATH_HOTP_DYNAMIC_TRUNCATION,
                            out.data()) == OATH_OK;
}

} // namespace

oath_factor::oath_factor() : ready_{oath_init() == OATH_OK} {}

std::optional<std::uint32_t> oath_factor::matched_step(bytes_view secret, std::string_view code,
                                                       std::uint32_t step) {
  code_text given{};
  bool whole = ready_ && !secret.empty() && code.size() == digits;
  for (std::size_t i = 0; whole && i < digits; ++i)
    given[i] = code[i];
  std::optional<std::uint32_t> out;
  // From the oldest on, without a way out: which one fits cannot be told by the time it takes.
  for (int offset = -1; offset <= 1; ++offset) {
    auto at = static_cast<std::uint64_t>(static_cast<std::int64_t>(step) + offset);
    code_text made{};
    bool same = code_of(secret, at, made) && sodium_memcmp(made.data(), given.data(), digits) == 0;
    sodium_memzero(made.data(), made.size());
    if (same && whole && at <= UINT32_MAX)
      out = static_cast<std::uint32_t>(at);
  }
  sodium_memzero(given.data(), given.size());
  return out;
}

} // namespace wardline::daemon
