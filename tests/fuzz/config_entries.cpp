// What an administrator writes: settings and plugins' files.
#include "config_keys.hpp"
#include "entries.hpp"
#include "wire/text.hpp"
#include "yaml_file.hpp"
#include <algorithm>

namespace wardline::fuzz {

namespace {

/// Every problem has its file in front and is text that may go to a terminal.
void promise_shown(const daemon::config_problems& problems) {
  promise(problems.size() <= 2 * daemon::yaml_problems_max);
  for (const auto& p : problems)
    promise(p.starts_with("f.yaml:") && text_ok(view(p)) && p.size() < 1'024);
}

} // namespace

bool run_config_file(bytes_view input) {
  daemon::config out;
  daemon::config_origins origins;
  auto problems = daemon::read_config_text("f.yaml", std::string{text(input)}, out, &origins);
  promise_shown(problems);
  if (!problems.empty())
    return false;
  for (const auto& key : daemon::config_keys()) {
    auto value = daemon::value_of(out, key);
    promise(!value.empty());
    if (!origins.contains(std::string{key.name}))
      promise(value == key.initial);
    else if (key.type == daemon::key_type::path)
      promise(value.front() == '/' && value.size() <= key.most && text_ok(view(value)));
    else if (key.type == daemon::key_type::public_key)
      promise(value == "none" || value.size() == key.most);
    else
      promise(out.map_bytes >= key.least && out.map_bytes <= key.most);
  }
  return true;
}

bool run_plugin_file(bytes_view input) {
  daemon::plugin_config out;
  auto problems = daemon::read_plugin_text("f.yaml", std::string{text(input)}, out);
  promise_shown(problems);
  if (!problems.empty())
    return false;
  promise(out.address.starts_with("ipc:///") || out.address.starts_with("tcp://"));
  promise(out.rights.size() <= 2 && out.keys.size() <= daemon::plugin_keys_max);
  std::sort(out.keys.begin(), out.keys.end());
  promise(std::adjacent_find(out.keys.begin(), out.keys.end()) == out.keys.end());
  return true;
}

} // namespace wardline::fuzz
