#pragma once
// libsodium's randomness from a seed, so that a failing run replays. For simulations only.
#include <cstdint>

namespace wardline::sim {

/// From now on everything random in this process follows from the seed; again = a new stream.
void seed_sodium(std::uint64_t seed);

} // namespace wardline::sim
