#pragma once
// What a count proves about a rate: exact one-sided bounds (Clopper and Pearson, 1934).
#include <cstdint>

namespace wardline::ctl {

inline constexpr double bound_confidence = 0.95; ///< of each bound by itself

/// The largest rate that `hits` of `n` does not contradict: no hits of 59 is at most 5.0 %. 1 if n is 0 or
/// hits is n.
double upper_bound(std::uint64_t hits, std::uint64_t n);
/// The smallest one. 0 if n or hits is 0.
double lower_bound(std::uint64_t hits, std::uint64_t n);

} // namespace wardline::ctl
