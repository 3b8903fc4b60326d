#pragma once
// The invitation file as text (client/invitation_file.hpp says what stands in it). Hostile: people mail
// these.
#include "client/invitation_file.hpp"
#include "wire/expected.hpp"

namespace wardline::cli {

inline constexpr std::size_t invitation_file_bytes_max = 8'192;

/// The text of the file. Whoever holds it wipes it.
std::string write_invitation_file(const client::invitation_file& file);

/// Refusals: object_too_large, malformed_request (no JSON object, a field missing or of the wrong size),
/// link_malformed (endpoint neither ipc:// nor tcp://).
expected<client::invitation_file> read_invitation_file(std::string_view json);

} // namespace wardline::cli
