#pragma once
// `wardctl device` on the command line: the administrator's emergency brake.
#include "command_line.hpp"

namespace wardline::ctl {

/// Adds the subcommands; each sets line.run when it is what was asked for.
void add_device(CLI::App& app, command_line& line);

} // namespace wardline::ctl
