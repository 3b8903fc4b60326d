#pragma once
// Orders to give back what somebody has whose device was turned out: written in the transaction that closes
// the device's gate, deleted when every waiting message was looked at. Until then each of them has an owner.
#include "stored.hpp"

namespace wardline::rows {

/// table meta, key_of_reroute, stamped: what this person took before the leaf of the stamp.
struct reroute_order {
  user_id user;
  device_id device; ///< the one that was turned out
  time_ms time = 0; ///< ordered
};

inline constexpr std::string_view reroute_prefix = "reroute/";
/// One order a person: a later one covers what an earlier one did.
bytes key_of_reroute(const user_id& u);
bytes encode(const reroute_order& r);

} // namespace wardline::rows
