#pragma once
// What the commands about messages share: numbers of a listing, and messages as JSON.
#include "commands.hpp"

namespace wardline::cli {

nlohmann::json json_of(const client::message_row& m, std::uint32_t number);

/// The message behind a number: of the last listing, or of the order now if there was none.
std::optional<client::message_row> numbered(const client::device& d, std::uint32_t number);
int no_such_number(const errand& e);

} // namespace wardline::cli
