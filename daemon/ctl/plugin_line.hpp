#pragma once
// `wardctl plugin` on the command line: who may connect, and with which key.
#include "command_line.hpp"

namespace wardline::ctl {

/// Adds the subcommands; each sets line.run when it is what was asked for.
void add_plugin(CLI::App& app, command_line& line);

} // namespace wardline::ctl
