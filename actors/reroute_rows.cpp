#include "reroute_rows.hpp"
#include "row_codec.hpp"

namespace wardline::rows {

bytes key_of_reroute(const user_id& u) {
  auto out = to_bytes(view(reroute_prefix));
  out.insert(out.end(), u.value.begin(), u.value.end());
  return out;
}

bytes encode(const reroute_order& r) {
  auto out = begin();
  out.put(r.user).put(r.device).u64(r.time);
  return out.take();
}

template <>
std::optional<reroute_order> decode<reroute_order>(bytes_view raw) {
  return whole<reroute_order>(raw, [](reader& in, reroute_order& r) {
    r.user = in.id<user_id>();
    r.device = in.id<device_id>();
    r.time = in.u64();
  });
}

} // namespace wardline::rows
