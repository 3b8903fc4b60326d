#pragma once
// `wardctl triage` on the command line.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace wardline::ctl {

struct triage_options {
  std::string file;
  std::string rules;
  std::string identity;
  std::string passphrase_file;
};

/// Adds the subcommands; `run` is set to what the parsed line asks for. `as_json` is read when that runs.
void add_triage(CLI::App& app, triage_options& o, bool& as_json, std::function<int()>& run);

} // namespace wardline::ctl
