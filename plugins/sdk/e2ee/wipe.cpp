#include "e2ee/wipe.hpp"
#include "e2ee/keys.hpp"

namespace wardline::e2ee {

void wipe_fields::write(writer& out) const {
  out.put(order).put(device).value(scope).put(party).put(revocation).put(incarnation).u64(time);
}

wipe_fields wipe_fields::read(reader& in) {
  wipe_fields out;
  out.order = in.fixed_bytes<16>();
  out.device = in.id<device_id>();
  out.scope = in.one_of(wipe_scope::whole_store, wipe_scope::one_party);
  out.party = in.id<party_id>();
  if (static_cast<bool>(out.party) != (out.scope == wipe_scope::one_party))
    in.refuse(refusal::unknown_value);
  out.revocation = in.b32();
  out.incarnation = in.id<incarnation_id>();
  out.time = in.u64();
  return out;
}

bytes wipe_order_signed(bytes_view unsigned_object) {
  auto out = lab(labels::wipe);
  out.insert(out.end(), unsigned_object.begin(), unsigned_object.end());
  return out;
}

refusal check_wipe_order(const wipe_order& o, const device_id& me, const public_key& order_key,
                         const incarnation_id& now) {
  if (o.device != me)
    return refusal::not_for_me;
  if (!verify_signature(order_key, labels::wipe, o.frame.signed_bytes(), o.frame.signature(0)))
    return refusal::bad_signature;
  return o.incarnation == now ? refusal::none : refusal::other_incarnation;
}

} // namespace wardline::e2ee
