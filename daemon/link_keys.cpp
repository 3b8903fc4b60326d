#include "link_keys.hpp"

namespace wardline::daemon {

bool link_keys::allow(const public_key& key, const std::string& plugin) {
  std::lock_guard hold{mutex_};
  auto [at, fresh] = plugins_.try_emplace(key, plugin);
  if (fresh)
    ++users_[user_of(key, plugin)];
  return at->second == plugin;
}

bool link_keys::forbid(const public_key& key) {
  std::lock_guard hold{mutex_};
  auto found = plugins_.find(key);
  if (found == plugins_.end())
    return false;
  auto user = users_.find(user_of(key, found->second));
  if (--user->second == 0)
    users_.erase(user);
  plugins_.erase(found);
  return true;
}

bool link_keys::knows(const std::string& user) const {
  std::lock_guard hold{mutex_};
  return users_.contains(user);
}

std::optional<std::string> link_keys::plugin_of(const public_key& key) const {
  std::lock_guard hold{mutex_};
  auto found = plugins_.find(key);
  if (found == plugins_.end())
    return std::nullopt;
  return found->second;
}

std::string link_keys::user_of(const public_key& key, const std::string& plugin) {
  return plugin + "/" + hex(bytes_view{key}.first(8));
}

std::vector<std::string> link_keys::zap_reply(const std::vector<bytes>& request) const {
  // version, request id, domain, address, routing id, mechanism, credentials
  constexpr std::size_t curve_frames = 7;
  std::string request_id = request.size() > 1 ? std::string{text(request[1])} : "";
  std::vector<std::string> denied{"1.0", request_id, "400", "unknown key", "", ""};
  if (request.size() != curve_frames || text(request[0]) != "1.0" || text(request[5]) != "CURVE")
    return denied;
  auto key = fixed<32>(request[6]);
  if (!key)
    return denied;
  auto plugin = plugin_of(*key);
  if (!plugin || *plugin != text(request[2]))
    return denied;
  return {"1.0", request_id, "200", "OK", user_of(*key, *plugin), ""};
}

} // namespace wardline::daemon
