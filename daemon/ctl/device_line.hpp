#pragma once
// `wardctl device` on the command line: the administrator's emergency brake.
#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace wardline::ctl {

struct device_options {
  std::string device; ///< id, or the name of a person or station
  std::string reason;
};

/// Adds the subcommands; `run` is set to what the parsed line asks for. `config` and `as_json` are read when
/// that runs.
void add_device(CLI::App& app, device_options& o, std::string& config, bool& as_json,
                std::function<int()>& run);

} // namespace wardline::ctl
