#pragma once
// What stands inside a body; plugins/sdk/proto/content.proto says what each field means.
#include "wire/expected.hpp"
#include "wire/ids.hpp"

namespace wardline::wire {

struct content_attachment {
  attachment_id id{};
  std::string name;
  std::string media_type;
  std::uint64_t size = 0; ///< bytes
  hash32 sha256{};
};

struct content {
  std::string text;
  std::vector<content_attachment> attachments;
  message_id reply_to{}; ///< none = no reply
};

/// Nothing when it would be larger than content_bytes_max or breaks a field's limit: content_malformed.
expected<bytes> encode(const content& c);

/// content_malformed on anything that content.proto does not allow.
expected<content> decode_content(bytes_view raw);

} // namespace wardline::wire
