#include "config_diff.hpp"
#include "../config_keys.hpp"
#include <algorithm>
#include <map>

namespace wardline::ctl {

namespace {

const std::string nothing = "nothing";

std::string listed(std::vector<std::string> words) {
  std::sort(words.begin(), words.end());
  std::string out;
  for (const auto& word : words)
    out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? nothing : out;
}

std::string count(std::size_t keys) {
  return std::to_string(keys) + (keys == 1 ? " key" : " keys");
}

bool on_reload(std::string_view name) {
  auto keys = daemon::plugin_keys();
  auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.name == name; });
  return found != keys.end() && found->on_reload;
}

void compare(const admin::box_plugin& held, const daemon::plugin_config& wanted,
             std::vector<config_difference>& out) {
  auto name = "plugin " + held.name + ": ";
  if (held.address != wanted.address)
    out.push_back({name + "address", held.address, wanted.address, on_reload("address")});
  if (auto from = listed(held.rights), to = listed(wanted.rights); from != to)
    out.push_back({name + "rights", from, to, on_reload("rights")});
  if (held.keys != wanted.keys.size() || held.keys_hash != admin::hash_of_keys(wanted.keys))
    out.push_back(
        {name + "keys", count(held.keys),
         held.keys == wanted.keys.size() ? count(wanted.keys.size()) + ", others" : count(wanted.keys.size()),
         on_reload("keys")});
}

} // namespace

std::vector<config_difference> differences(const admin::settings_report& running, const daemon::config& conf,
                                           const std::vector<daemon::plugin_config>& plugins) {
  std::vector<config_difference> out;
  std::map<std::string, std::string> in_force;
  for (const auto& s : running.settings)
    in_force[s.key] = s.value;
  for (const auto& key : daemon::config_keys()) {
    auto found = in_force.find(std::string{key.name});
    auto from = found == in_force.end() ? nothing : found->second;
    if (auto to = daemon::value_of(conf, key); from != to)
      out.push_back({std::string{key.name}, from, to, key.on_reload});
  }
  std::map<std::string, std::pair<const admin::box_plugin*, const daemon::plugin_config*>> by_name;
  for (const auto& p : running.plugins)
    by_name[p.name].first = &p;
  for (const auto& p : plugins)
    by_name[p.name].second = &p;
  for (const auto& [name, both] : by_name) {
    auto [held, wanted] = both;
    if (held != nullptr && wanted != nullptr) {
      compare(*held, *wanted, out);
    } else if (wanted != nullptr) {
      out.push_back({"plugin " + name, nothing, wanted->address, false});
    } else {
      if (held->keys != 0)
        out.push_back({"plugin " + name + ": keys", count(held->keys), count(0), true});
      out.push_back({"plugin " + name, held->address, nothing, false});
    }
  }
  return out;
}

} // namespace wardline::ctl
