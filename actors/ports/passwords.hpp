#pragma once
#include <optional>
#include <string>

namespace wardline::ports {

/// Argon2id (security 7.1: 64 MiB, t = 3). Blocking, some 170 ms: only the detached password workers call it.
struct passwords {
  virtual ~passwords() = default;
  /// PHC string; nothing if memory ran out.
  virtual std::optional<std::string> hash(const std::string& password) = 0;
  /// `stored` empty = unknown user: does the same work and is always wrong.
  virtual bool verify(const std::string& stored, const std::string& password) = 0;
};

} // namespace wardline::ports
