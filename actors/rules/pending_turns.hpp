#pragma once
// Which parties wait for a new link (e2ee 6.4, 6.7, 6.8): who is entitled and not in, who is in and has to
// go. Derived from the snapshot each time: nothing is stored that could disagree with it.
#include "rules/clinic.hpp"

namespace wardline::rules {

/// Devices of a party (e2ee 5.6).
inline constexpr std::size_t person_party_devices_max = 32; ///< of a user's or a patient's
inline constexpr std::size_t party_devices_max = 300;

struct pending_turn {
  party_id party;
  std::vector<device_id> add;    ///< ascending; no more than fit when the others have gone
  std::vector<device_id> remove; ///< ascending
  bool operator==(const pending_turn&) const = default;
};

/// Of every party that has a link, ascending; parties that nobody has begun are begun by their first device.
/// A member that the snapshot does not know is left alone: nobody could judge it.
std::vector<pending_turn> pending_turns(const clinic& c);

/// The party's head holds this device, nobody gated it, and it still belongs there: it may make the next
/// link.
bool may_turn(const clinic& c, const device_id& d, const party_id& p);

} // namespace wardline::rules
