#pragma once
// Proof at every start that an endpoint lets no unknown key in. A ZAP handler that is not asked, or says yes
// to all, would otherwise go unnoticed.
#include "wire/ids.hpp"
#include <optional>
#include <string>

namespace wardline::daemon {

/// Milliseconds to wait for the endpoint's verdict.
inline constexpr int self_test_ms_max = 5'000;

/// Where this box reaches an endpoint that is bound as `bound`: a wildcard is no address to connect to.
std::string dialled_address(std::string bound);

/// Connects to the endpoint with a fresh key, which must be turned away. What went wrong in plain words, or
/// nothing.
std::optional<std::string> refuses_strangers(const std::string& plugin, const std::string& address,
                                             bytes_view server_public);

} // namespace wardline::daemon
