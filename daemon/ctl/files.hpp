#pragma once
// Small files that wardctl reads and writes.
#include "wire/expected.hpp"
#include "wire/ids.hpp"
#include <filesystem>
#include <string>

namespace wardline::ctl {

inline constexpr std::size_t small_file_bytes_max = 65'536;

/// Mode 0600, durable, never over an existing file: already_exists, storage_refused.
refusal write_new_file(const std::filesystem::path& file, bytes_view content);
/// not_found, object_too_large.
expected<std::string> read_small_file(const std::filesystem::path& file);

} // namespace wardline::ctl
