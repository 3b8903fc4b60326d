#pragma once
// Attachments: sealed files named by random ids. Durable before the row that names them is committed; a file
// without a row is garbage that sweep() removes at start, a row without a file is corruption (security 3).
#include "wire/ids.hpp"
#include <functional>
#include <memory>

namespace wardline::ports {

using blob_id = id<struct blob_tag>;

constexpr std::size_t blob_chunk_bytes_max = 262'160; ///< one attachment chunk of 256 KiB and its tag
constexpr std::uint32_t blob_chunks_max = 401;        ///< 100 MiB and one
constexpr std::size_t blob_key_bytes = 32;            ///< a fresh random key per file, kept in a sealed row

enum class blob_result : std::uint8_t {
  stored,  ///< file and folder are on disk
  refused, ///< disk full, a limit, or the id is taken; nothing is left behind
  failed,  ///< the disk did not say whether it holds it (EIO): name it in no row
};

enum class blob_status : std::uint8_t { found, absent, not_openable };

struct blob_chunk {
  blob_status status = blob_status::absent;
  bytes content;
  bool last = false; ///< no chunk follows
};

/// Writes one file. Dropped without finish(): the file is removed.
struct blob_writer {
  virtual ~blob_writer() = default;
  /// Chunks in order, 1..blob_chunk_bytes_max bytes each. Blocking.
  virtual blob_result append(bytes_view chunk) = 0;
  /// fsync of the file and its folder. Blocking. An empty file is refused.
  virtual blob_result finish() = 0;
};

/// Blocking: only detached workers call it (guides/actors 3.6). Never throws.
struct blobs {
  virtual ~blobs() = default;
  /// Null: refused, the id is taken or the disk is full. `key` has blob_key_bytes; never used for two files.
  virtual std::unique_ptr<blob_writer> create(const blob_id& id, bytes_view key) = 0;
  /// One chunk; each is verified by itself (its place and whether it is the last are authenticated).
  [[nodiscard]] virtual blob_chunk read(const blob_id& id, bytes_view key, std::uint32_t chunk) const = 0;
  /// True also when there was none. Destruction is the death of the file's key, not of the file.
  virtual bool remove(const blob_id& id) = 0;
  /// Removes every file that `wanted` does not know; how many went.
  virtual std::size_t sweep(const std::function<bool(const blob_id&)>& wanted) = 0;
};

} // namespace wardline::ports
