#pragma once
// Small files that wardctl reads and writes, and how it says why something cannot be done.
#include "wire/expected.hpp"
#include "wire/ids.hpp"
#include <filesystem>
#include <string>

namespace wardline::ctl {

inline constexpr std::size_t small_file_bytes_max = 65'536;

/// A refusal for people, of the daemon or of a file.
std::string said(refusal why);

/// Mode 0600, never over an existing file: already_exists, storage_refused. Durable with its name, and never
/// half there under it, also after a crash; what a crash leaves is called FILE.unfinished.
refusal write_new_file(const std::filesystem::path& file, bytes_view content);
/// From one name to another that nobody has, durably: already_exists, storage_refused.
refusal rename_new(const std::filesystem::path& from, const std::filesystem::path& to);
/// not_found, object_too_large.
expected<std::string> read_small_file(const std::filesystem::path& file);

} // namespace wardline::ctl
