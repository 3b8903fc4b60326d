#pragma once
// What a person's authenticator shows, by liboath as the daemon checks it; in whatever time the test says.
#include "ports/second_factor.hpp"
#include "rules/second_factor.hpp"
#include "wire/hash.hpp"
#include "wire/limits.hpp"
#include <array>
#include <liboath/oath.h>
#include <stdexcept>
#include <string>

namespace wardline {

/// RFC 6238, SHA-1, six digits.
inline std::string code_of_step(bytes_view secret, std::uint32_t step) {
  std::array<char, wire::totp_digits + 1> out{};
  auto* key = const_cast<char*>(reinterpret_cast<const char*>(secret.data()));
  if (oath_hotp_generate(key, secret.size(), step, wire::totp_digits, false, OATH_HOTP_DYNAMIC_TRUNCATION,
                         out.data()) != OATH_OK)
    throw std::runtime_error{"liboath makes no code"};
  return out.data();
}

/// One person's authenticator. Each code is shown once: the next one that the window allows, or the clock has
/// to go on.
class authenticator {
public:
  explicit authenticator(std::string_view whose) {
    auto from = sha256(view(whose));
    secret.assign(from.begin(), from.begin() + wire::totp_secret_bytes);
  }

  /// What it shows at this time, used or not.
  [[nodiscard]] std::string shows(time_ms now) const { return code_of_step(secret, rules::step_at(now)); }
  /// The same, given out: fresh() shows later ones.
  std::string gives(time_ms now) {
    last_ = std::max(last_, rules::step_at(now));
    return shows(now);
  }
  /// A code that was not given out before; moves `now` on by steps of 30 s if there is none in the window.
  std::string fresh(time_ms& now) {
    auto step = rules::step_at(now);
    if (step == 0 || last_ >= step + rules::totp_window_steps) {
      now += rules::totp_step_ms;
      step = rules::step_at(now);
    }
    last_ = std::max(last_ + 1, step - rules::totp_window_steps);
    return code_of_step(secret, last_);
  }

  bytes secret;

private:
  std::uint32_t last_ = 0;
};

} // namespace wardline
