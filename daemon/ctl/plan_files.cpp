#include "plan_files.hpp"
#include "zone_tables.hpp"
#include <algorithm>
#include <chrono>

namespace wardline::ctl {

namespace {

using admin::file_place;
using admin::placed_name;
using daemon::yaml_file;

constexpr std::uint32_t never = 0;
const std::string wait_units = "smh", shift_units = "hdw";

file_place place_of(const YAML::Node& n) {
  return {static_cast<std::uint32_t>(n.Mark().line + 1), static_cast<std::uint32_t>(n.Mark().column + 1)};
}

placed_name name_at(const yaml_file& yaml, const YAML::Node& n, const std::string& key) {
  auto text = yaml.scalar(n, key, "a name");
  if (text.size() > admin::name_bytes_max)
    yaml.problem(n.Mark(), key + ": expected a name of at most 96 bytes");
  return {std::move(text), place_of(n)};
}

std::vector<placed_name> names_at(const yaml_file& yaml, const YAML::Node& n, const std::string& key) {
  std::vector<placed_name> out;
  if (!n.IsSequence()) {
    yaml.problem(n.Mark(), key + ": expected a list of names");
    return out;
  }
  for (const auto& item : n)
    out.push_back(name_at(yaml, item, key));
  return out;
}

rules::wall_ms wall_at(const yaml_file& yaml, const YAML::Node& n, const std::string& key) {
  auto found = read_wall_time(yaml.scalar(n, key, "a time like 2026-11-23 08:00"));
  if (!found)
    yaml.problem(n.Mark(), key + ": expected a time like 2026-11-23 08:00");
  return found.value_or(0);
}

std::uint32_t seconds_at(const yaml_file& yaml, const YAML::Node& n, const std::string& key,
                         const std::string& units, const std::string& like) {
  auto found = read_seconds(yaml.scalar(n, key, "a time like " + like), units);
  if (!found)
    yaml.problem(n.Mark(), key + ": expected a time like " + like);
  return found.value_or(0);
}

/// A map of lanes to times; what is not named stays as it is.
void lanes_at(const yaml_file& yaml, const YAML::Node& n, const std::string& key, bool may_be_never,
              rules::lane_seconds& out) {
  auto lane = [&](std::size_t i, const std::string& name) {
    return [&, i, name](const YAML::Node& value) {
      bool says_never = may_be_never && value.IsScalar() && value.Scalar() == "never";
      out[i] = says_never ? never
                          : seconds_at(yaml, value, key + "." + name, wait_units,
                                       may_be_never ? "90s, 10m, 2h or never" : "90s, 10m, 2h");
    };
  };
  yaml.each_key(n, key + ".",
                {{"now", lane(0, "now")}, {"urgent", lane(1, "urgent")}, {"today", lane(2, "today")}});
}

void needs(const yaml_file& yaml, const YAML::Node& map, const std::string& path,
           std::initializer_list<const char*> keys) {
  if (map.IsMap())
    for (const auto* key : keys)
      if (!map[key])
        yaml.problem(map.Mark(), path + key + ": is missing");
}

void override_at(const yaml_file& yaml, const YAML::Node& n, const rules::zone& zone,
                 admin::set_roster& out) {
  using kind = rules::duty_override::kind;
  rules::duty_override made;
  admin::set_roster::override_words words{place_of(n), {}};
  unsigned kinds = 0;
  auto people = [&](kind what, const char* key) {
    return [&, what, key](const YAML::Node& value) {
      made.what = what;
      words.people = names_at(yaml, value, std::string{"overrides."} + key);
      ++kinds;
    };
  };
  yaml.each_key(n, "overrides.",
                {{"add", people(kind::add, "add")},
                 {"remove", people(kind::remove, "remove")},
                 {"replace", people(kind::replace, "replace")},
                 {"from",
                  [&](const YAML::Node& value) {
                    made.from = rules::instant_of(zone, wall_at(yaml, value, "overrides.from"),
                                                  rules::occurrence::first);
                  }},
                 {"until", [&](const YAML::Node& value) {
                    made.until = rules::instant_of(zone, wall_at(yaml, value, "overrides.until"),
                                                   rules::occurrence::last);
                  }}});
  needs(yaml, n, "overrides.", {"from", "until"});
  if (n.IsMap() && kinds != 1)
    yaml.problem(n.Mark(), "overrides: expected one of add, remove, replace");
  out.roster.overrides.push_back(made);
  out.overrides.push_back(std::move(words));
}

admin::set_chain::target target_at(const yaml_file& yaml, const YAML::Node& n) {
  using target_kind = admin::set_chain::target_kind;
  const std::string expected =
      "steps.wake: expected on duty, everyone, on duty: ROLE, everyone: ROLE or person: NAME";
  admin::set_chain::target out;
  out.of.at = place_of(n);
  auto word = n.IsScalar() ? n.Scalar() : std::string{};
  if (n.IsMap() && n.size() == 1 && n.begin()->first.IsScalar()) {
    word = n.begin()->first.Scalar();
    out.of = name_at(yaml, n.begin()->second, "steps.wake");
  }
  bool named = !out.of.name.empty();
  if (word == "on duty")
    out.what = target_kind::on_duty;
  else if (word == "everyone")
    out.what = target_kind::everyone;
  else if (word == "person" && named)
    out.what = target_kind::person;
  else
    yaml.problem(n.Mark(), expected);
  return out;
}

void step_at(const yaml_file& yaml, const YAML::Node& n, admin::set_chain& out) {
  admin::set_chain::step step{place_of(n), {}, rules::default_wait_s};
  yaml.each_key(
      n, "steps.",
      {{"wake",
        [&](const YAML::Node& value) {
          if (!value.IsSequence())
            return yaml.problem(value.Mark(), "steps.wake: expected a list");
          for (const auto& target : value)
            step.targets.push_back(target_at(yaml, target));
        }},
       {"wait", [&](const YAML::Node& value) { lanes_at(yaml, value, "steps.wait", false, step.wait_s); }}});
  needs(yaml, n, "steps.", {"wake"});
  out.steps.push_back(std::move(step));
}

/// Each item of a list by `take`.
void each_item(const yaml_file& yaml, const YAML::Node& n, const std::string& key,
               const std::function<void(const YAML::Node&)>& take) {
  if (!n.IsSequence())
    return yaml.problem(n.Mark(), key + ": expected a list");
  for (const auto& item : n)
    take(item);
}

} // namespace

std::optional<rules::wall_ms> read_wall_time(const std::string& text) {
  using namespace std::chrono;
  // "YYYY-MM-DD HH:MM"
  if (text.size() != 16 || text[4] != '-' || text[7] != '-' || text[10] != ' ' || text[13] != ':')
    return std::nullopt;
  auto number = [&](std::size_t at, std::size_t digits) {
    int out = 0;
    for (auto c : std::string_view{text}.substr(at, digits))
      out = c >= '0' && c <= '9' && out >= 0 ? out * 10 + (c - '0') : -1;
    return out;
  };
  int y = number(0, 4), mo = number(5, 2), d = number(8, 2), h = number(11, 2), mi = number(14, 2);
  if (y < 1970 || mo < 1 || d < 1 || h < 0 || h > 23 || mi < 0 || mi > 59)
    return std::nullopt;
  year_month_day day{year{y}, month{static_cast<unsigned>(mo)}, std::chrono::day{static_cast<unsigned>(d)}};
  if (!day.ok())
    return std::nullopt;
  return duration_cast<milliseconds>(sys_days{day}.time_since_epoch() + hours{h} + minutes{mi}).count();
}

std::optional<std::uint32_t> read_seconds(const std::string& text, const std::string& units) {
  if (text.size() < 2 || text.size() > 7 || units.find(text.back()) == std::string::npos)
    return std::nullopt;
  std::uint32_t out = 0;
  for (auto c : std::string_view{text}.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9')
      return std::nullopt;
    out = out * 10 + static_cast<std::uint32_t>(c - '0');
  }
  switch (text.back()) {
  case 'm':
    return out * 60;
  case 'h':
    return out * 3'600;
  case 'd':
    return out > 3'650 ? std::nullopt : std::optional{out * 86'400};
  case 'w':
    return out > 520 ? std::nullopt : std::optional{out * 7 * 86'400};
  default:
    return out;
  }
}

daemon::config_problems read_roster(const std::filesystem::path& file, time_ms now, admin::set_roster& out) {
  daemon::config_problems problems;
  yaml_file yaml{file, problems};
  auto root = yaml.parse();
  if (!root)
    return problems;
  // The zone first: times further up in the file are meant in it too.
  if (root->IsMap() && (*root)["zone"]) {
    auto n = (*root)["zone"];
    auto zone = zone_table(yaml.scalar(n, "zone", "a time zone like Europe/Vienna"), now);
    if (zone)
      out.roster.zone = std::move(*zone);
    else
      yaml.problem(n.Mark(), "zone: there is no time zone with this name; expected one like Europe/Vienna");
  }
  out.rotation_at = place_of(*root);
  yaml.each_key(*root, "",
                {{"role", [&](const YAML::Node& n) { out.role = name_at(yaml, n, "role"); }},
                 {"zone", [](const YAML::Node&) {}},
                 {"start",
                  [&](const YAML::Node& n) {
                    out.roster.rotation.start = wall_at(yaml, n, "start");
                    out.rotation_at = place_of(n);
                  }},
                 {"shift",
                  [&](const YAML::Node& n) {
                    out.roster.rotation.shift_hours =
                        seconds_at(yaml, n, "shift", shift_units, "12h, 1d or 1w") / 3'600;
                  }},
                 {"people", [&](const YAML::Node& n) { out.people = names_at(yaml, n, "people"); }},
                 {"overrides", [&](const YAML::Node& n) {
                    each_item(yaml, n, "overrides",
                              [&](const YAML::Node& item) { override_at(yaml, item, out.roster.zone, out); });
                  }}});
  needs(yaml, *root, "", {"role", "zone", "start", "shift", "people"});
  return problems;
}

daemon::config_problems read_chain(const std::filesystem::path& file, admin::set_chain& out) {
  daemon::config_problems problems;
  yaml_file yaml{file, problems};
  auto root = yaml.parse();
  if (!root)
    return problems;
  out.lapse_s = rules::default_lapse_s;
  yaml.each_key(*root, "",
                {{"role", [&](const YAML::Node& n) { out.role = name_at(yaml, n, "role"); }},
                 {"steps",
                  [&](const YAML::Node& n) {
                    each_item(yaml, n, "steps", [&](const YAML::Node& item) { step_at(yaml, item, out); });
                  }},
                 {"lapse", [&](const YAML::Node& n) { lanes_at(yaml, n, "lapse", true, out.lapse_s); }}});
  needs(yaml, *root, "", {"role", "steps"});
  return problems;
}

} // namespace wardline::ctl
