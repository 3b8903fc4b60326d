#pragma once
// What history packs and key lists share (e2ee 5.7): who signed them, and where history begins. Public half.
#include "e2ee/standing.hpp"
#include <span>

namespace wardline::e2ee {

/// HPKE info of either: lab(label) | the object's bytes before `enc`.
bytes history_info(std::string_view label, bytes_view before_enc);

/// Neither object names its signer. `named`: whom the channel names that it came through (the daemon knows);
/// nobody named: the key of each of `members` is tried, which costs a verification for each. Refuses:
/// `signer_not_member` (the named one is none of them or barred, or nobody's key fits), `needs` (the named
/// one's certificate is not known), `bad_signature` (the named one's key does not fit).
expected<device_id> signer_among(const framed& frame, std::string_view label,
                                 const std::vector<device_id>& members, const std::optional<device_id>& named,
                                 const standing& known);

/// The first epoch that was still the head at the policy date; 0: no history (the date is 0, or there is no
/// link). `link_times`: when each link was made, number n at n - 1. They are their makers' words and need not
/// rise: of several answers the latest epoch is given, because too little history can be given again and too
/// much cannot be taken back.
std::uint32_t first_epoch_for(time_ms history_from, std::span<const time_ms> link_times);

} // namespace wardline::e2ee
