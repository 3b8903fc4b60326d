#pragma once
// What is looked at in a slip after its ack, by `signatures`, or by its conversation where that has no place.
#include "e2ee/slip.hpp"
#include "rules/clinic.hpp"

namespace wardline {

/// Of a device that nobody knows any more nothing can be said: true.
inline bool has_good_signature(const e2ee::slip& slip, const rules::clinic& clinic) {
  const auto* device = clinic.device(slip.header.author_device);
  return device == nullptr || e2ee::check_slip_signature(slip, device->signing) == refusal::none;
}

} // namespace wardline
