#pragma once
// `wardctl doctor` on the command line.
#include "command_line.hpp"

namespace wardline::ctl {

/// Adds the subcommand; it sets line.run when it is what was asked for.
void add_doctor(CLI::App& app, command_line& line);

} // namespace wardline::ctl
