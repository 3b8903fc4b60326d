#pragma once
// What is written about the settings, made from their one table: the file that is shipped, the manual page
// and JSON Schemas for editors. Tests compare them with the files in etc/.
#include <string>

namespace wardline::ctl {

/// etc/wardline.yaml: every key with its default, its unit and its meaning.
std::string config_default_file();
/// etc/man/wardline.yaml.5, for man(1).
std::string config_manual();
/// etc/schema/wardline.schema.json (JSON Schema, draft-07: what editors of YAML know).
std::string config_schema();
/// etc/schema/plugin.schema.json, for a file of plugins.d.
std::string plugin_schema();

} // namespace wardline::ctl
