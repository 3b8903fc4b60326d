#pragma once
// What must be true of every disk at rest: nothing half-visible, seqs dense, the audit tree whole.
#include "daemon_life.hpp"

namespace wardline::sim {

/// What must be true of waiting messages at every moment somebody could pull the plug.
void audit_waiting(box_disk& disk, ports::random& random,
                   const std::function<void(const std::string&)>& wrong);

/// Tells everything that is wrong; how many leaves the log has.
std::uint64_t audit_disk(box_disk& disk, ports::random& random,
                         const std::function<void(const std::string&)>& wrong);

} // namespace wardline::sim
