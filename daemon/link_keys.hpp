#pragma once
// Which CURVE key may connect as which plugin, and the ZAP answers that follow (RFC 27 of ZeroMQ;
// security 6.1).
#include "wire/ids.hpp"
#include <mutex>
#include <unordered_map>

namespace wardline::daemon {

/// Thread-safe: actors allow and forbid, the socket thread asks.
class link_keys {
public:
  /// False: the key is another plugin's, and stays so; to move it, take it back first.
  bool allow(const public_key& key, const std::string& plugin);
  /// True if the key was there.
  bool forbid(const public_key& key);
  [[nodiscard]] std::optional<std::string> plugin_of(const public_key& key) const;

  /// A key of this User-Id may still connect. Asked for every frame: a connection outlives its key's
  /// permission, and nobody tells us which connections of a key have not spoken yet.
  [[nodiscard]] bool knows(const std::string& user) const;

  /// plugin | "/" | first 16 hex digits of the key: ZAP's User-Id, which each later message carries.
  static std::string user_of(const public_key& key, const std::string& plugin);

  /// Six frames for the REP socket. The domain is the endpoint's plugin: a key of one plugin never opens
  /// another's endpoint. Anything malformed or unknown is 400 with one text, so that nothing can be probed.
  [[nodiscard]] std::vector<std::string> zap_reply(const std::vector<bytes>& request) const;

private:
  mutable std::mutex mutex_;
  std::unordered_map<public_key, std::string, hash32_hasher> plugins_;
  std::unordered_map<std::string, std::size_t> users_; // keys of each User-Id; nearly always one
};

} // namespace wardline::daemon
