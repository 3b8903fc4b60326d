#pragma once
// The device store on disk: one directory, mode 0700, holding an LMDB file, the secret cells as small files,
// and the lock.
#include "client/device_store.hpp"
#include "wire/expected.hpp"
#include <memory>
#include <string>

namespace wardline::client {

/// Bytes of the sparse map; a store that is full refuses (store_result::refused).
inline constexpr std::size_t device_store_map_bytes = std::size_t{1} << 30;

/// Opens or makes the store in `directory` (made if missing) and locks it for this process. Refusals:
/// store_locked (another process has it), store_not_openable (damaged, not ours, no permission).
expected<std::unique_ptr<device_store>> open_lmdb_device_store(const std::string& directory);

} // namespace wardline::client
