#pragma once
// An act that waits for a second registrar, as a file (client::prepared_act says what stands in it). Hostile:
// people mail these. What it does is shown by the second registrar's device, never by the file.
#include "client/device.hpp"

namespace wardline::cli {

/// Bytes of such a file: the largest link (members and seals of 300 devices) in hex, and names.
inline constexpr std::size_t act_file_bytes_max = 131'072;

std::string write_act_file(const client::prepared_act& act);

/// Refusals: object_too_large, malformed_request (no JSON object, a field missing, of another type or beyond
/// what the wire carries).
expected<client::prepared_act> read_act_file(std::string_view json);

} // namespace wardline::cli
