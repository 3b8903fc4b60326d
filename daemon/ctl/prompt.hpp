#pragma once
#include <string>

namespace wardline::ctl {

/// One line from the terminal.
std::string ask(const std::string& question);
/// The same without showing what is typed.
std::string ask_hidden(const std::string& question);

} // namespace wardline::ctl
