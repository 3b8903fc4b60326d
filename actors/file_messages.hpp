#pragma once
// What ATTACHMENTS takes and answers. Included by messages.hpp.
#include "ports/blobs.hpp"
#include "waiting_line.hpp"
#include "wire/device.hpp"
#include "wire/secret.hpp"
#include <caf/allowed_unsafe_message_type.hpp>

namespace wardline {

/// A whole file that no message names yet; its key is written with the message.
struct unnamed_file {
  attachment_id attachment;
  ports::blob_id blob;
  secret32 key;
  hash32 hash{};          ///< of the blob as its device made it
  std::uint64_t size = 0; ///< likewise, bytes
};
using unnamed_files = std::shared_ptr<const std::vector<unnamed_file>>;

/// A chunk that a device uploads ahead of its message; answered by upload, or refused.
struct take_chunk {
  device_id device;
  std::shared_ptr<const wire::device::put_chunk> what;
  line_place place; ///< held until it was dealt with
};
/// How much of it is held.
struct count_chunks {
  device_id device;
  attachment_id attachment;
};
/// What a device's message names: those of them that are whole.
struct find_files {
  device_id device;
  std::vector<attachment_id> wanted;
};
struct files_found {
  unnamed_files files;
};
/// A chunk of a file that a message names.
struct read_chunk {
  ports::blob_id blob;
  std::shared_ptr<const secret32> key;
  std::uint32_t index = 0;
  line_place place;
};
/// Nothing: the file, or this chunk of it, cannot be read.
struct chunk_read {
  std::optional<bytes> sealed;
};
/// Messages are gone: so are their files.
struct sweep_files {};

} // namespace wardline

#define WARDLINE_IN_PROCESS(type) CAF_ALLOW_UNSAFE_MESSAGE_TYPE(wardline::type)
WARDLINE_IN_PROCESS(take_chunk)
WARDLINE_IN_PROCESS(count_chunks)
WARDLINE_IN_PROCESS(find_files)
WARDLINE_IN_PROCESS(files_found)
WARDLINE_IN_PROCESS(read_chunk)
WARDLINE_IN_PROCESS(chunk_read)
WARDLINE_IN_PROCESS(sweep_files)
#undef WARDLINE_IN_PROCESS
