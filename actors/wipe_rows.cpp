#include "wipe_rows.hpp"
#include "row_codec.hpp"

namespace wardline::rows {

bytes key_of_order(std::span<const std::uint8_t, 16> id) {
  auto out = to_bytes(view(order_prefix));
  out.insert(out.end(), id.begin(), id.end());
  return out;
}

bytes encode(const wipe_order& r) {
  auto out = begin();
  out.value(r.what).put(r.id).put(r.conversation).u64(r.body_row).u64(r.time);
  return out.take();
}

template <>
std::optional<wipe_order> decode<wipe_order>(bytes_view raw) {
  return whole<wipe_order>(raw, [](reader& in, wipe_order& r) {
    r.what = in.one_of(wipe_kind::message, wipe_kind::device);
    r.id = in.fixed_bytes<16>();
    r.conversation = in.id<conversation_id>();
    r.body_row = in.u64();
    r.time = in.u64();
  });
}

} // namespace wardline::rows
