#include "store_messages.hpp"

namespace wardline {

std::optional<stamped_value> split_stamp(bytes_view stored) {
  if (stored.size() < stamp_bytes)
    return std::nullopt;
  return stamped_value{{*ports::row_number(stored.first(8)), *ports::row_number(stored.subspan(8, 8))},
                       stored.subspan(stamp_bytes)};
}

} // namespace wardline
