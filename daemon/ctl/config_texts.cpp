#include "config_texts.hpp"
#include "../config_keys.hpp"
#include "../yaml_file.hpp"
#include <nlohmann/json.hpp>
#include <sstream>

namespace wardline::ctl {

namespace {

using daemon::config_key;
using daemon::key_type;

constexpr std::size_t line_bytes_max = 118;

/// "Absolute path, at most 107 bytes."
std::string range_of(const config_key& key) {
  auto least = std::to_string(key.least), most = std::to_string(key.most), unit = std::string{key.unit};
  switch (key.type) {
  case key_type::path:
    return "Absolute path, at most " + most + " " + unit + ".";
  case key_type::whole_number:
    return "A whole number of " + unit + ", " + least + " to " + most + ".";
  case key_type::address:
    return "At most " + most + " " + unit + ".";
  case key_type::rights:
    return "A list of: " + daemon::rights_listed() + ".";
  case key_type::public_key:
    return "64 hex digits, or none.";
  case key_type::curve_keys:
    break;
  }
  return "A list of at most " + most + " " + unit + ".";
}

std::string when_of(const config_key& key) {
  return key.on_reload ? "A reload applies it." : "A restart applies it.";
}

std::string sentences_of(const config_key& key) {
  return std::string{key.meaning} + (key.more.empty() ? "" : " " + std::string{key.more}) + " " +
         range_of(key) + " " + when_of(key);
}

std::string comment(const std::string& text, const std::string& indent) {
  std::string out;
  std::string line = indent + "#";
  std::istringstream words{text};
  for (std::string word; words >> word;) {
    if (line.size() + 1 + word.size() > line_bytes_max) {
      out += line + "\n";
      line = indent + "#";
    }
    line += " " + word;
  }
  return out + line + "\n";
}

// ---- roff

/// groff_man(7): a hyphen as it is typed, no line that looks like a request.
std::string roff(std::string_view text) {
  std::string out;
  for (char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n'))
      out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string entry(const config_key& key) {
  auto out = ".TP\n.B " + roff(key.name) + "\n" + roff(key.meaning) + "\n";
  if (!key.more.empty())
    out += roff(key.more) + "\n";
  out += roff(range_of(key)) + "\n";
  out += key.initial.empty() ? "It must stand in the file.\n" : "Default: " + roff(key.initial) + ".\n";
  return out + when_of(key) + "\n";
}

std::string refused_forms() {
  return ".SH WHAT IS REFUSED\n"
         "Every problem is said as file:line:column, all of them at once, and the daemon does not start with "
         "any.\n"
         "Refused are keys that nobody knows or that stand there twice, and whatever readers of YAML "
         "understand\n"
         "differently: a number with a zero in front (010), in another base (0x1F), with underscores "
         "(1_000), in\n"
         "sixties (1:30) or as a fraction (1e3), and yes, no, on, off, true or false where something else "
         "belongs.\n"
         "A number stands without quotes.\n"
         "Anchors, aliases, merge keys and tags are refused, so that a small file cannot stand for a large "
         "one.\n"
         "A file has at most " +
         std::to_string(daemon::yaml_bytes_max) + " bytes, " + std::to_string(daemon::yaml_nodes_max) +
         " entries, and " + std::to_string(daemon::yaml_depth_max) + " lists and maps within each other.\n";
}

// ---- JSON Schema

using json = nlohmann::ordered_json;

json schema_of(const config_key& key) {
  json out;
  out["description"] = sentences_of(key);
  switch (key.type) {
  case key_type::path:
    out["type"] = "string";
    out["pattern"] = "^/[^\\u0000-\\u001f\\u007f]*$";
    out["maxLength"] = key.most;
    break;
  case key_type::whole_number:
    out["type"] = "integer";
    out["minimum"] = key.least;
    out["maximum"] = key.most;
    break;
  case key_type::address:
    out["type"] = "string";
    out["pattern"] = "^(ipc:///|tcp://)";
    out["maxLength"] = key.most;
    break;
  case key_type::rights:
    out["type"] = "array";
    out["items"] = {{"enum", daemon::plugin_rights_known}};
    out["maxItems"] = key.most;
    break;
  case key_type::public_key:
    out["type"] = "string";
    out["pattern"] = "^([0-9a-fA-F]{64}|none)$";
    out["maxLength"] = key.most;
    break;
  case key_type::curve_keys:
    out["type"] = "array";
    out["items"] = {{"type", "string"}, {"pattern", "^[0-9a-fA-F]{64}$"}};
    out["uniqueItems"] = true;
    out["maxItems"] = key.most;
    break;
  }
  if (key.type == key_type::whole_number)
    out["default"] = std::stoull(std::string{key.initial});
  else if (key.type == key_type::path || key.type == key_type::public_key)
    out["default"] = key.initial;
  else if (!key.initial.empty())
    out["default"] = json::array();
  return out;
}

json object(const std::string& description) {
  return {{"description", description}, {"type", "object"}, {"additionalProperties", false}};
}

std::string schema(const std::string& title, const std::string& about, std::span<const config_key> keys) {
  json out = {{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  out.update(object(about));
  json properties = json::object();
  json required = json::array();
  for (const auto& key : keys)
    if (daemon::section_of(key.name).empty()) {
      properties[std::string{key.name}] = schema_of(key);
      if (key.initial.empty())
        required.push_back(key.name);
    }
  for (const auto& section : daemon::config_sections()) {
    json inner = json::object();
    for (const auto& key : keys)
      if (daemon::section_of(key.name) == section.name)
        inner[std::string{daemon::name_in_section(key.name)}] = schema_of(key);
    if (inner.empty())
      continue;
    auto& made = properties[std::string{section.name}] = object(std::string{section.meaning});
    made["properties"] = std::move(inner);
  }
  out["properties"] = std::move(properties);
  if (!required.empty())
    out["required"] = std::move(required);
  return out.dump(2) + "\n";
}

} // namespace

std::string config_default_file() {
  std::string out = comment(
      "The box's own settings. What the clinic decides (people, roles, rosters) is not here: it stands "
      "in the store and is changed by signed acts. Every key, its default and its unit; "
      "wardline.yaml(5) says the same. An unknown or repeated key stops the start: try `wardctl config "
      "check` first, and `systemctl reload wardlined` for what a reload applies.",
      "");
  for (const auto& key : daemon::config_keys())
    if (daemon::section_of(key.name).empty())
      out += "\n" + comment(sentences_of(key), "") + std::string{key.name} + ": " + std::string{key.initial} +
             "\n";
  for (const auto& section : daemon::config_sections()) {
    out += "\n" + comment(std::string{section.meaning}, "") + std::string{section.name} + ":\n";
    bool first = true;
    for (const auto& key : daemon::config_keys())
      if (daemon::section_of(key.name) == section.name) {
        out += (first ? "" : "\n") + comment(sentences_of(key), "  ") + "  " +
               std::string{daemon::name_in_section(key.name)} + ": " + std::string{key.initial} + "\n";
        first = false;
      }
  }
  return out;
}

std::string config_manual() {
  std::string out =
      ".TH WARDLINE.YAML 5 \"\" Wardline \"Wardline\"\n"
      ".SH NAME\n"
      "wardline.yaml \\- settings of a Wardline box\n"
      ".SH SYNOPSIS\n"
      ".B /etc/wardline/wardline.yaml\n.br\n"
      ".B /etc/wardline/plugins.d/NAME.yaml\n"
      ".SH DESCRIPTION\n"
      "The box's own settings, as YAML.\n"
      "What the clinic decides, its people, roles and rosters, is not here: it stands in the store and is\n"
      "changed by signed acts.\n"
      "A key that does not stand in the file has its default.\n"
      ".SH SETTINGS\n"
      "A name with a dot is a key within a section: store.map_bytes is map_bytes below store.\n";
  for (const auto& key : daemon::config_keys())
    out += entry(key);
  out += ".SH PLUGINS\n"
         "One file for each plugin; its name is the plugin's, of a\\-z, 0\\-9 and \\-. At most " +
         std::to_string(daemon::plugins_max) + " of them.\n";
  for (const auto& key : daemon::plugin_keys())
    out += entry(key);
  out += refused_forms();
  out += ".SH RELOAD\n"
         ".B systemctl reload wardlined\n"
         "reads the file and the folder of plugins again.\n"
         "If anything in them is wrong, nothing changes: what was in force stays, and the journal and\n"
         ".B wardctl config diff\n"
         "say why.\n"
         ".SH COMMANDS\n"
         ".TP\n.B wardctl config check\nSays everything that is wrong with the file and the plugins' files.\n"
         ".TP\n.B wardctl config show \\-\\-effective \\-\\-origin\nEvery value, and where it comes from.\n"
         ".TP\n.B wardctl config diff\nWhat a reload would change, and what takes a restart.\n"
         ".SH EXAMPLE\n"
         ".nf\nstate_dir: /srv/wardline\nstore:\n  map_bytes: 17179869184\n.fi\n"
         ".SH SEE ALSO\n"
         ".BR systemd.service (5)\n";
  return out;
}

std::string config_schema() {
  return schema("wardline.yaml", "The box's own settings.", daemon::config_keys());
}

std::string plugin_schema() {
  return schema("plugins.d/NAME.yaml", "One plugin that may connect.", daemon::plugin_keys());
}

} // namespace wardline::ctl
