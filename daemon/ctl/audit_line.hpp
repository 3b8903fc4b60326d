#pragma once
// `wardctl audit` on the command line.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace wardline::ctl {

struct audit_options {
  std::string folder;
  std::string out_file;
  std::uint64_t entry = 0;
  std::uint64_t old_size = 0;
};

/// Adds the subcommands; `run` is set to what the parsed line asks for. `config` and `as_json` are read when
/// that runs.
void add_audit(CLI::App& app, audit_options& o, std::string& config, bool& as_json,
               std::function<int()>& run);

} // namespace wardline::ctl
