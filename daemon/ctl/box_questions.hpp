#pragma once
// Asks the running daemon about itself.
#include "../config.hpp"
#include "box_words.hpp"

namespace wardline::ctl {

/// The daemon's answer, or why there is none: link_down (nobody answers at the socket), or what it or the
/// answer's decoder says.
expected<admin::status_report> ask_status(const std::filesystem::path& socket);
expected<admin::settings_report> ask_settings(const std::filesystem::path& socket);

/// For people, with what to do next.
std::string not_answered(const std::filesystem::path& socket, refusal why);

} // namespace wardline::ctl
