#pragma once
// Frames of the plugin link as plain values; plugins/sdk/proto/link.proto says what each field means.
#include "wire/expected.hpp"
#include "wire/ids.hpp"
#include <variant>

namespace wardline::wire::link {

/// The only link protocol there is.
inline constexpr std::uint32_t protocol = 1;

struct hello {
  std::string plugin;
  std::string version;
  std::uint32_t protocol_min = protocol;
  std::uint32_t protocol_max = protocol;
  std::vector<std::string> wants;
};

struct welcome {
  std::uint32_t protocol = 0;
  std::vector<std::string> granted;
  std::uint64_t frame_bytes_max = 0;
  std::uint32_t channels_max = 0;
  std::uint32_t credit_frames_max = 0;
  std::uint64_t credit_bytes_max = 0;
};

struct refused {
  refusal why = refusal::none;
};

struct channel_data {
  std::uint64_t channel = 0;
  bytes payload;
};

struct channel_closed {
  std::uint64_t channel = 0;
  refusal why = refusal::none; ///< none = ordinary end
};

struct event {
  std::string topic;
  bytes id; ///< 16 bytes
};

struct event_ack {
  bytes id; ///< 16 bytes
};

using frame = std::variant<hello, welcome, refused, channel_data, channel_closed, event, event_ack>;

bytes encode(const frame& f);

/// Complete and bounded, or frame_too_large, frame_malformed.
expected<frame> decode(bytes_view raw);

} // namespace wardline::wire::link
