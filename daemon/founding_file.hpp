#pragma once
// What `wardctl setup` leaves for the daemon's first start: founding.txt in the state folder, one "name
// value" a line, bytes in hex. Signed objects, and the salted hash of the first second code; the daemon
// removes it once ingested.
#include "founding.hpp"
#include "wire/expected.hpp"
#include <filesystem>

namespace wardline::daemon {

inline constexpr const char* founding_file_name = "founding.txt";
inline constexpr std::size_t founding_file_bytes_max = 65'536;

/// Mode 0600. storage_refused, already_exists.
refusal write_founding(const std::filesystem::path& file, const founding& f);
/// not_found, malformed_request.
expected<founding> read_founding(const std::filesystem::path& file);

} // namespace wardline::daemon
