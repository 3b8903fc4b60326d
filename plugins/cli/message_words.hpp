#pragma once
// What the commands about messages share: numbers of a listing, and messages as JSON.
#include "commands.hpp"
#include <variant>

namespace wardline::cli {

nlohmann::json json_of(const client::message_row& m, std::uint32_t number);

/// A line for each file of a message and how to save them, each after a line end; empty without files.
std::string lines_of_files(const wire::content& content);

/// Why a message is opened; with no word: treatment. Nothing: there is no such reason.
std::optional<std::pair<wire::device::purpose, wire::device::off_duty_reason>>
read_reason(const std::string& word);

/// Logs in, and gives the message behind a number: of the last listing, or of the order now if there was
/// none. Otherwise how the command ends; it has been said.
std::variant<client::message_row, int> numbered_message(errand& e, std::uint32_t number);

/// Fetches what came since. Otherwise how the command ends; it has been said.
std::optional<int> catch_up(errand& e);

} // namespace wardline::cli
