#pragma once
// `wardctl backup`, `wardctl restore` and `wardctl recovery-key`.
#include "command_line.hpp"

namespace wardline::ctl {

void add_backup(CLI::App& app, command_line& line);

} // namespace wardline::ctl
