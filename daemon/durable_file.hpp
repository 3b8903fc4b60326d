#pragma once
// The few file calls that durability hangs on. All answer true, or false with errno.
#include "wire/ids.hpp"
#include <filesystem>
#include <sys/types.h>

namespace wardline {

/// All of it; goes on after interrupts and short writes.
bool write_at(int fd, bytes_view content, off_t at);

/// Fills `out` whole; false also at the end of the file (errno 0).
bool read_at(int fd, std::span<std::uint8_t> out, off_t at);

/// What stands on the disk itself, past the page cache where the file system can (O_DIRECT), is `content`.
/// Offset and size are multiples of 4 096. EIO if it is something else.
bool disk_holds(int fd, bytes_view content, off_t at);

/// Makes names in the folder durable.
bool sync_folder(const std::filesystem::path& folder);

} // namespace wardline
