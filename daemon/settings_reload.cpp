#include "settings_reload.hpp"
#include "box.hpp"
#include "config_keys.hpp"
#include <algorithm>

namespace wardline::daemon {

namespace {

bool holds(const std::vector<public_key>& keys, const public_key& key) {
  return std::find(keys.begin(), keys.end(), key) != keys.end();
}

const plugin_config* find_plugin(const std::vector<plugin_config>& all, const std::string& name) {
  auto found = std::find_if(all.begin(), all.end(), [&](const auto& p) { return p.name == name; });
  return found == all.end() ? nullptr : &*found;
}

bool same_rights(std::vector<std::string> a, std::vector<std::string> b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  return a == b;
}

} // namespace

plugin_changes change_plugins(std::vector<plugin_config>& in_force, const std::vector<plugin_config>& now) {
  plugin_changes out;
  for (auto& held : in_force) {
    const auto* wanted = find_plugin(now, held.name);
    if (wanted != nullptr && (wanted->address != held.address || !same_rights(wanted->rights, held.rights)))
      out.need_restart.push_back(held.name);
    // A plugin whose file is gone keeps its endpoint until the restart, and nobody's key opens it.
    auto keys = wanted == nullptr ? std::vector<public_key>{} : wanted->keys;
    for (const auto& key : held.keys)
      if (!holds(keys, key))
        out.forbidden.push_back(key);
    for (const auto& key : keys)
      if (!holds(held.keys, key))
        out.allowed.push_back({key, held.name});
    held.keys = std::move(keys);
  }
  for (const auto& wanted : now)
    if (find_plugin(in_force, wanted.name) == nullptr)
      out.need_restart.push_back(wanted.name);
  return out;
}

namespace {

void apply_keys(const plugin_changes& changes, ports::link& link) {
  // First what is taken back: a key may move from one plugin to another.
  for (const auto& key : changes.forbidden)
    link.forbid(key);
  for (const auto& k : changes.allowed)
    link.allow(k.key, k.plugin);
}

} // namespace

reload_outcome reload_settings(settings_in_force& in_force, ports::link& link, ports::journal& journal,
                               time_ms now) {
  config next;
  std::vector<plugin_config> plugins;
  auto problems = read_config(in_force.file, next);
  if (problems.empty())
    problems = read_plugins(next.plugins_dir, plugins);
  if (!problems.empty()) {
    for (const auto& p : problems)
      complain(bad_config, p);
    complain(bad_config, "the settings were not read again: what was in force before stays in force");
    journal.write(ports::severity::error, "settings_not_reloaded", {{"problems", problems.size()}});
    return {now, std::move(problems)};
  }
  std::size_t waiting = 0;
  for (const auto& change : changes_between(in_force.conf, next))
    if (!change.on_reload) {
      ++waiting;
      complain(stopped, change.key + ": " + change.to + " takes a restart of wardlined");
    }
  apply_reload(in_force.conf, next);
  auto changes = change_plugins(in_force.plugins, plugins);
  apply_keys(changes, link);
  for (const auto& name : changes.need_restart)
    complain(stopped, "plugin " + name + ": a new plugin, address or right takes a restart of wardlined");
  journal.write(ports::severity::notice, "settings_reloaded",
                {{"allowed", changes.allowed.size()},
                 {"forbidden", changes.forbidden.size()},
                 {"need_restart", changes.need_restart.size() + waiting}});
  return {now, {}};
}

} // namespace wardline::daemon
