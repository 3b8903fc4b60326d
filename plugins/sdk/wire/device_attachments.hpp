#pragma once
// Chunks of attachments on their way (e2ee 5.11), as plain values; part of device.hpp.
#include "wire/ids.hpp"

namespace wardline::wire::device {

// ---------------------------------------------------------------- requests

struct get_upload {
  attachment_id attachment{};
};
struct put_chunk {
  attachment_id attachment{};
  std::uint64_t blob_size = 0; ///< bytes of all chunks
  std::uint32_t index = 0;
  bytes sealed;
};
struct get_chunk {
  conversation_id conversation{};
  std::uint64_t seq = 0;
  attachment_id attachment{};
  std::uint32_t index = 0;
};

// ---------------------------------------------------------------- answers

struct upload {
  std::uint32_t chunks = 0; ///< held, from the first one on
};
struct chunk {
  std::uint64_t leaf = 0;
  bytes sealed;
};

} // namespace wardline::wire::device
